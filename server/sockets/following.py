"""The streams that one line follows: events in order, gaps and cursors filled from the record."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from live.base import Published
from routing.errors import BadRequest, NotFound
from server.sockets import frames
from server.sockets.pump import Portion
from server.sockets.replay import replay_some
from server.sockets.streams import MOST, Followed, State, streams_of, ticket_of

if TYPE_CHECKING:
    from server.sockets.connection import Connection


class Following:
    """Which events go out on the line, and when."""

    def __init__(self, connection: Connection) -> None:
        self.streams: dict[str, Followed] = {}
        self.own: set[str] = set()
        """Tickets followed by right; others only while they are looked at."""
        self._connection: Connection = weakref.proxy(connection)  # whose part this is
        self._replays: dict[str, None] = {}

    # Beginning and ending ---------------------------------------------------------------------------------------------

    def follow(self, stream: str, after: int, *, resumed: bool = False, anew: bool = False) -> None:
        """Events after `after` are due; the caller has checked the right, and calls `seek` once others know of it."""
        followed = self.streams.get(stream)
        if followed is None:
            if len(self.streams) >= MOST:
                raise BadRequest("This is more than one connection can follow.")
            followed = self.streams[stream] = Followed(stream, after)
            self._connection.sockets.live.follow(stream, self._connection.receive)
        followed.begin(after, resumed=resumed, anew=anew)

    def seek(self, stream: str) -> None:
        """What the record has beyond the last seq is read and sent."""
        self._replays[stream] = None
        self._connection.pump.wake()

    async def follow_from(self, cursors: Mapping[str, int], *, resumed: bool = False) -> None:
        """Follows first, then seeks what was committed before others knew."""
        for stream, after in cursors.items():
            self.follow(stream, after, resumed=resumed)
        await self._connection.sockets.live.announced()
        for stream in cursors:
            self.seek(stream)

    def follow_ticket(self, ticket: str) -> None:
        """A ticket that became this person's: from its first event."""
        self.own.add(ticket)
        streams = streams_of(ticket, internal=self._connection.audience == "agent")
        new = {stream: 0 for stream in streams if stream not in self.streams}
        for stream in new:
            self.follow(stream, 0)  # at once: what the same verb publishes next is noted
        self._connection.sockets.spawn(self._seek_announced(list(new)))

    async def _seek_announced(self, streams: list[str]) -> None:
        await self._connection.sockets.live.announced()
        for stream in streams:
            if stream in self.streams:
                self.seek(stream)

    def unfollow(self, ticket: str) -> None:
        """Nothing more of this ticket, in either stream."""
        self.own.discard(ticket)
        for stream in streams_of(ticket, internal=True):
            followed = self.streams.pop(stream, None)
            if followed is not None:
                followed.turn += 1  # a replay that is under way stops
                self._connection.sockets.live.unfollow(stream, self._connection.receive)
            self._replays.pop(stream, None)

    def leave(self) -> None:
        """Nothing more at all."""
        for stream in self.streams:
            self._connection.sockets.live.unfollow(stream, self._connection.receive)
        self.streams.clear()
        self._replays.clear()

    async def resume(self, cursors: Mapping[str, int]) -> None:
        """Exactly what is missing after each cursor, then `resumed`; `not_found` for what one may not follow."""
        reading = self._connection.sockets.reading
        unknown = [stream for stream in cursors if stream not in self.streams]
        allowed = await reading.may_follow(self._connection.who, unknown) if unknown else set()
        self.own.update(ticket_of(stream) for stream in allowed)
        for stream in unknown:
            if stream not in allowed:
                self._connection.refuse(None, NotFound(), stream=stream)
        known = {stream: seq for stream, seq in cursors.items() if stream in self.streams or stream in allowed}
        await self.follow_from(known, resumed=True)

    # Events -----------------------------------------------------------------------------------------------------------

    def event(self, stream: str, item: Published) -> None:
        """A live event: sent when it is the next one, else noted or dropped."""
        followed = self.streams.get(stream)
        if followed is None:
            return
        elif followed.passes(item.seq):
            self._connection.pump.event(item.frame)
        elif followed.lacks():
            followed.begin(followed.last, resumed=False)
            self.seek(stream)

    def waits(self, ticket: str, frame: bytes) -> bool:
        """True when the ticket is just being replayed: the ephemeral frame about it comes after that."""
        followed = self.streams.get(ticket)
        if followed is None or followed.state is not State.REPLAYING:
            return False
        followed.then.append(frame)
        return True

    def rest(self) -> None:
        """The queue was emptied: nothing until the client says what it has."""
        for followed in self.streams.values():
            if followed.state is State.LIVE:
                followed.state = State.HELD

    def compare(self, heads: Mapping[str, int]) -> None:
        """What the record has: a lost publish is found here."""
        for stream, head in heads.items():
            followed = self.streams.get(stream)
            if followed is not None:
                followed.head = max(followed.head, head)
                if followed.lacks():
                    followed.begin(followed.last, resumed=followed.resumed)
                    self.seek(stream)

    # Replays ----------------------------------------------------------------------------------------------------------

    def next_portion(self) -> Portion | None:
        """The next portion to be sent, for the pump."""
        for stream in list(self._replays):
            if stream in self.streams:
                return partial(replay_some, self._connection, self.streams[stream])
            del self._replays[stream]
        return None

    def replayed(self, followed: Followed) -> None:
        """The stream is whole up to its head: live events go out from here on."""
        followed.state = State.LIVE
        self._replays.pop(followed.stream, None)
        if followed.resumed:
            followed.resumed = False
            answer = {"type": "resumed", "stream": followed.stream, "seq": followed.last}
            self._connection.answer(frames.encode(answer))
        then, followed.then = followed.then, []
        for frame in then:
            self._connection.answer(frame)

    def broken(self, followed: Followed) -> None:
        """The record could not be read: the next heartbeat tries again."""
        followed.state = State.BROKEN
        self._replays.pop(followed.stream, None)
