"""One opened line of one person, whatever carries it: what it follows, what waits to go out, when it is given up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec

from desk.actors import Signed
from live.base import Published
from routing.errors import BadRequest, DeskError, NotFound, SlowDown, Unavailable
from server.sockets import frames
from server.sockets.buckets import Exhausted, Patience
from server.sockets.outgoing import Outgoing
from server.sockets.ports import Audience, Authenticate, Transport
from server.sockets.replay import replay_some
from server.sockets.streams import MOST, Followed, State, streams_of, ticket_of

if TYPE_CHECKING:
    from server.sockets.sockets import Sockets

log = logging.getLogger(__name__)

STUCK_S = 10.0
PROGRESS_BYTES = 4096
SILENT_S = 15.0
MOST_WAITING = 128
LATEST_WINS = frozenset({"typing", "queue", "promise", "people", "viewers", "heartbeat"})
FOR_CONTACTS = frozenset({"typing", "queue", "promise", "inbox"})

performing: ContextVar[Connection | None] = ContextVar("performing", default=None)
"""The connection whose request runs: what the verb publishes reaches it within the same call."""


class _About(msgspec.Struct):
    """What tells two ephemeral frames of one kind apart."""

    ticket: str = ""
    ring: str = ""
    by: msgspec.Raw = msgspec.Raw(b"")


class View(msgspec.Struct):
    """What a single request over HTTP tells this person's streams."""

    ticket: str
    on: bool = True
    seq: int = 0
    internal_seq: int = 0


_about = msgspec.json.Decoder(_About)


class Connection:
    """From `ready` until the close. Everything here runs on the event loop; `receive` and `shut` never wait."""

    def __init__(
        self, sockets: Sockets, audience: Audience, transport: Transport, name: str, authenticate: Authenticate
    ) -> None:
        now = sockets.monotonic()
        self.sockets = sockets
        self.audience = audience
        self.transport = transport
        self.name = name
        self.authenticate = authenticate
        self.signed: Signed | None = None
        self.streams: dict[str, Followed] = {}
        self.own: set[str] = set()
        """Tickets followed by right; others only while they are viewed."""
        self.closed = False
        self.left = False
        self.single = False
        """Only one request: nothing is followed, the answer is taken from the queue."""
        self.ready = False
        self.was_behind = False
        self.busy = False
        self.rings: set[str] = set()
        """Rings this agent was told of; one that is open and not here got lost."""
        self.heard_at = self.asked_at = now
        self.checked_at = now
        self._beaten_at = 0.0
        self._out = Outgoing()
        self._early: list[Published] = []
        self._replays: dict[str, None] = {}
        self._pumping = False
        self._room = asyncio.Event()
        self.patience = Patience(sockets.rate, now)
        self._sending_since: float | None = None
        self._unsent = 0

    @property
    def who(self) -> Signed:
        """Whose line it is. Only after the opening."""
        assert self.signed is not None
        return self.signed

    @property
    def person(self) -> str:
        return self.who.actor.id

    def topics(self) -> tuple[str, ...]:
        """What concerns this person besides streams."""
        if self.audience == "agent":
            return (f"agent:{self.person}", "desk")
        elif self.who.button_id is not None:
            return (f"contact:{self.person}", f"button:{self.who.button_id}")
        else:
            return (f"contact:{self.person}",)

    # Requests -------------------------------------------------------------------------------------------------------

    async def take(self, text: str | None) -> None:
        """One frame of the client; None for one that is no text. Answers by itself; cancelling may lose an answer."""
        now = self.sockets.monotonic()
        await self.alive(now)
        try:
            wait_s = self.patience.take(now)
        except Exhausted:
            self.shut(4029)
            return
        try:
            frame = self._read(text)
        except frames.Unread as unread:
            error = SlowDown(retry_s=round(wait_s, 3)) if wait_s else unread.error
            self.answer(frames.refused(unread.rid, error))
            return
        rid = getattr(frame, "rid", None)
        if wait_s:
            self.answer(frames.refused(rid, SlowDown(retry_s=round(wait_s, 3))))
        else:
            if not isinstance(frame, frames.Pong):
                self.asked_at = now
            await self._run(frame, rid)

    def _read(self, text: str | None) -> Any:
        if text is None:
            raise frames.Unread(None, BadRequest("Frames are text."))
        return frames.read_frame(text, self.sockets.frame_type(self.audience))

    async def _run(self, frame: Any, rid: str | None) -> None:
        token = performing.set(self)
        self.busy = True
        try:
            await self.sockets.answer(self, frame)
        except DeskError as error:
            self.answer(frames.refused(rid, error))
        except Exception:  # the edge: a fault of ours is logged, the client may send it again
            log.exception("socket.request_failed type=%s", type(frame).__name__)
            self.answer(frames.refused(rid, Unavailable()))
        finally:
            self.busy = False
            performing.reset(token)
            self.sockets.progressed()

    async def alive(self, now: float) -> None:
        """The peer gave a sign of life: its lease is renewed, at most once a second."""
        self.heard_at = now
        if self.signed is not None and not self.single and now - self._beaten_at >= 1.0:
            self._beaten_at = now
            await self.sockets.live.beat(self.audience, self.person, self.name)

    async def perform(self, request: Any) -> dict[str, Any]:
        """Runs one verb; `ok` is queued before what the verb publishes. Raises DeskError when refused."""
        given: dict[str, Any] = {}

        def acknowledge(answer: dict[str, Any]) -> None:
            given.update(answer)
            self.answer(frames.ok(request.rid, answer))

        await self.sockets.verbs.perform(self.who, request, acknowledge)
        return given

    # What the connection follows ------------------------------------------------------------------------------------

    def take_single(self, signed: Signed) -> None:
        """For one request over HTTP."""
        self.signed = signed
        self.single = self.ready = True
        self.patience = self.sockets.patience(self.audience, signed.actor.id)

    def follow(self, stream: str, after: int, *, resumed: bool = False, anew: bool = False) -> Followed:
        """Events after `after` are sent; the caller has checked the right. Call `seek` once others know of it."""
        followed = self.streams.get(stream)
        if followed is None:
            if len(self.streams) >= MOST:
                raise BadRequest("This is more than one connection can follow.")
            followed = self.streams[stream] = Followed(stream, after)
            self.sockets.live.follow(stream, self.receive)
        followed.begin(after, resumed=resumed, anew=anew)
        return followed

    def unfollow(self, ticket: str) -> None:
        """Nothing more of this ticket, in either stream."""
        self.own.discard(ticket)
        for stream in streams_of(ticket, internal=True):
            if self.streams.pop(stream, None) is not None:
                self.sockets.live.unfollow(stream, self.receive)
            self._replays.pop(stream, None)

    def seek(self, stream: str) -> None:
        """What the record has beyond the last seq is read and sent, paced by the peer."""
        self._replays[stream] = None
        self._pump_if_needed()

    def follow_ticket(self, ticket: str) -> None:
        """A ticket that became this person's: from its first event."""
        self.own.add(ticket)
        for stream in streams_of(ticket, internal=self.audience == "agent"):
            if stream not in self.streams:
                self.follow(stream, 0)
                self.seek(stream)

    async def resume(self, cursors: dict[str, int]) -> None:
        """Exactly what is missing after each cursor, then `resumed`; `not_found` for what one may not follow."""
        unknown = [stream for stream in cursors if stream not in self.streams]
        allowed = await self.sockets.reading.may_follow(self.who, unknown) if unknown else set()
        asked = [stream for stream in cursors if stream in self.streams or stream in allowed]
        self.own.update(ticket_of(stream) for stream in allowed)
        for stream in cursors:
            if stream in asked:
                self.follow(stream, cursors[stream], resumed=True)
            else:
                self.answer(frames.refused(None, NotFound(), stream=stream))
        await self.sockets.live.announced()
        for stream in asked:
            self.seek(stream)
        if self.audience == "agent" and (self.was_behind or not cursors):
            self.was_behind = False
            await self.repeat_rings()

    async def repeat_rings(self) -> None:
        """Every ring that is open for this agent, once more."""
        opening = await self.sockets.reading.opening(self.who)
        self.rings = {str(ring["ring"]) for ring in opening.rings}
        for ring in opening.rings:
            self.answer(frames.encode({"type": "ring"} | dict(ring)))

    # What comes in through live ---------------------------------------------------------------------------------------

    def receive(self, item: Published) -> None:
        """One published item: passed on, noted, or dropped."""
        if self.closed:
            return
        elif item.stream is not None:
            self._event(item.stream, item)
        elif item.kind == "revoked":
            self.shut(int(item.frame or b"4410"))
        elif item.kind == "pulse":
            if self.transport.streaming:
                self.sockets.spawn(self.alive(self.sockets.monotonic()))
        elif not self.ready:
            self._early.append(item)
        else:
            self._whisper(item)

    def opened(self) -> None:
        """`ready` is queued: what came before it follows."""
        self.ready = True
        early, self._early = self._early, []
        for item in early:
            self.receive(item)

    def _event(self, stream: str, item: Published) -> None:
        followed = self.streams.get(stream)
        if followed is None:
            return
        elif followed.passes(item.seq):
            self._put(self._out.event(item.frame))
        elif followed.lacks():
            followed.begin(followed.last, resumed=False)
            self.seek(stream)

    def _whisper(self, item: Published) -> None:
        match item.kind:
            case "follow":
                if performing.get() is self or self.transport.streaming:
                    self.follow_ticket(item.frame.decode())
            case "unfollow":
                self.unfollow(item.frame.decode())
            case "view":
                if self.transport.streaming:
                    self.sockets.spawn(self._view(item.frame))
            case "typing" if performing.get() is self:
                pass
            case _ if self.audience == "agent" or item.kind in FOR_CONTACTS:
                self.whisper(item)

    def whisper(self, item: Published) -> None:
        """An ephemeral frame; about a ticket that is just being replayed it waits for the end."""
        about = _about.decode(item.frame)
        if item.kind == "ring":
            self.rings.add(about.ring)
        followed = self.streams.get(about.ticket)
        if item.kind == "inbox" and followed is not None and followed.state is State.REPLAYING:
            followed.then.append(item.frame)
            return
        latest = bytes(about.by) if item.kind in LATEST_WINS else item.frame
        self._out.whisper((item.kind, about.ticket, about.ring, latest), item.frame)
        self._pump_if_needed()

    async def look_at(self, ticket: str, seqs: dict[str, Any]) -> None:
        """Follows both streams of a ticket that is looked at, from the seqs of the answer."""
        if self.single:
            self._order(View(ticket=ticket, seq=seqs["seq"], internal_seq=seqs["internal_seq"]))
            return
        public, internal = streams_of(ticket, internal=True)
        after = {public: seqs["seq"], internal: seqs["internal_seq"]}
        new = [stream for stream in after if stream not in self.streams]
        for stream in new:
            self.follow(stream, after[stream])
        await self.sockets.live.announced()
        for stream in new:
            self.seek(stream)

    def look_away(self, ticket: str) -> None:
        """What is followed by right stays followed."""
        if self.single:
            self._order(View(ticket=ticket, on=False))
        elif ticket not in self.own:
            self.unfollow(ticket)

    def _order(self, view: View) -> None:
        """The person's streams over HTTP, wherever they are held, look where their request said."""
        item = Published((f"agent:{self.person}",), msgspec.json.encode(view), kind="view")
        self.sockets.live.publish([item])

    async def _view(self, frame: bytes) -> None:
        view = msgspec.json.decode(frame, type=View)
        if view.on:
            await self.look_at(view.ticket, {"seq": view.seq, "internal_seq": view.internal_seq})
        else:
            self.look_away(view.ticket)

    # Outgoing -------------------------------------------------------------------------------------------------------

    def unsent(self) -> bytes | None:
        """The next frame for a transport that asks for it."""
        return self._out.next()

    def answer(self, frame: bytes) -> None:
        """Queues an answer, or another frame that must not be dropped."""
        self._put(self._out.answer(frame))

    def heartbeat(self, frame: bytes) -> None:
        self._out.whisper("heartbeat", frame)
        self._pump_if_needed()

    def _put(self, fitted: bool) -> None:
        if not fitted:
            self._fall_behind()
        self._pump_if_needed()

    def _fall_behind(self) -> None:
        """The queue was emptied: the streams rest until the client says what it has."""
        log.info("socket.behind person=%s", self.person)
        self.was_behind = True
        for followed in self.streams.values():
            if followed.state is State.LIVE:
                followed.state = State.HELD

    def _pump_if_needed(self) -> None:
        if not self._pumping and not self.closed and not self.single:
            self._pumping = True
            self.sockets.spawn(self._pump())

    async def _pump(self) -> None:
        try:
            while not self.closed:
                frame = self._out.next()
                if frame is not None:
                    self._room.set()
                    await self.send(frame)
                elif self._replays and self.ready:
                    await replay_some(self, next(iter(self._replays)))
                else:
                    break
        except OSError:
            self.closed = True  # the reader of this line sees the end as well and takes it away
        finally:
            self._pumping = False
            self._room.set()
            self.sockets.progressed()

    async def send(self, frame: bytes) -> None:
        """Past the queue: for the pump and for replays, which are paced by it. Raises OSError when the peer is gone."""
        self._sending_since = self.sockets.monotonic()
        self._unsent = self.transport.unsent()
        try:
            await self.transport.send(frame)
        finally:
            self._sending_since = None

    def replayed(self, followed: Followed) -> None:
        """The stream is whole up to its head: live events go out from here on."""
        followed.state = State.LIVE
        self._replays.pop(followed.stream, None)
        if followed.resumed:
            followed.resumed = False
            self.answer(frames.encode({"type": "resumed", "stream": followed.stream, "seq": followed.last}))
        then, followed.then = followed.then, []
        for frame in then:
            self.answer(frame)

    def broken(self, followed: Followed) -> None:
        """The record could not be read."""
        followed.state = State.BROKEN
        self._replays.pop(followed.stream, None)

    def forget_replay(self, stream: str) -> None:
        self._replays.pop(stream, None)

    # Health ---------------------------------------------------------------------------------------------------------

    def missed_ring(self, open_rings: Iterable[str]) -> None:
        """Tells the agent of rings whose frame got lost."""
        if not self.rings.issuperset(open_rings):
            self.sockets.spawn(self.repeat_rings())

    def compare(self, heads: Iterable[tuple[str, int]]) -> None:
        """What the record has of the followed streams: a lost publish is found here."""
        for stream, head in heads:
            followed = self.streams.get(stream)
            if followed is not None:
                followed.head = max(followed.head, head)
                if followed.lacks():
                    followed.begin(followed.last, resumed=followed.resumed)
                    self.seek(stream)

    def give_up_if_dead(self, now: float) -> None:
        """Drops a line whose peer is silent, closes one whose peer does not read."""
        if self._sending_since is not None and now - self._sending_since > STUCK_S:
            unsent = self.transport.unsent()
            if unsent <= self._unsent - PROGRESS_BYTES:
                self._sending_since, self._unsent = now, unsent
            else:
                self.shut(4008)
        elif not self.busy and now - self.heard_at > SILENT_S:
            log.info("socket.silent person=%s", self.person)
            self.closed = True
            self.transport.abort()

    def sends(self) -> bool:
        """Whether something is still on its way out."""
        return not self.closed and (len(self._out) > 0 or self._sending_since is not None)

    async def room(self) -> None:
        """Returns when so little waits to go out that the next request may be read."""
        while len(self._out) > MOST_WAITING and not self.closed:
            self._room.clear()
            await self._room.wait()

    def shut(self, code: int) -> None:
        """Closes with this code."""
        if not self.closed:
            self.closed = True
            self._out.empty()
            self._room.set()
            self.transport.shut(code)

    def leave(self) -> None:
        """Follows nothing any more."""
        self.closed = True
        for stream in list(self.streams):
            self.sockets.live.unfollow(stream, self.receive)
        self.streams.clear()
        self._replays.clear()
        if self.signed is not None:
            for topic in self.topics():
                self.sockets.live.unfollow(topic, self.receive)

