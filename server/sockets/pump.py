"""Sends what waits on one line: answers and events in order, replays between them, all paced by the peer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from server.sockets.outgoing import Outgoing
from server.sockets.ports import Transport

if TYPE_CHECKING:
    from server.sockets.sockets import Sockets

STUCK_S = 10.0
PROGRESS_BYTES = 4096
PORTION_BYTES = 64 * 1024
MOST_WAITING = 128
Portion = Callable[[], Coroutine[Any, Any, None]]


class Pump:
    """Writes once per turn of the loop what has gathered; a task runs only for a peer that is slow, and for replays.

    `replay` gives the next portion of a replay, or None.
    """

    def __init__(
        self,
        sockets: Sockets,
        transport: Transport,
        fell_behind: Callable[[], None],
        replay: Callable[[], Portion | None],
    ) -> None:
        self.ended = False
        self.held = False
        """Nothing is sent by itself: single requests, whose answer is taken with `next`."""
        self._sockets = sockets
        self._transport = transport
        self._fell_behind = fell_behind
        self._replay = replay
        self._out = Outgoing()
        self._running = False
        """The task runs, or the next turn of the loop will write."""
        self._room: asyncio.Future[None] | None = None
        """Whoever waits until it is not crowded."""
        self._sending_since: float | None = None
        self._unsent = 0

    def answer(self, frame: bytes) -> None:
        """Queues what must not be dropped."""
        self._put(self._out.answer(frame))

    def event(self, frame: bytes) -> None:
        """Queues what can be asked for again."""
        self._put(self._out.event(frame))

    def whisper(self, key: object, frame: bytes) -> None:
        """What is ephemeral: of each key the latest."""
        self._out.whisper(key, frame)
        self.wake()

    def next(self) -> bytes | None:
        return self._out.next()

    def end(self) -> None:
        """Nothing more goes out, and nobody is asked any more."""
        self.ended = True
        self._fell_behind, self._replay = _nothing, _nothing
        self._out.empty()
        self._make_room()

    def sends(self) -> bool:
        """Whether something is still on its way out."""
        return not self.ended and (len(self._out) > 0 or self._sending_since is not None)

    @property
    def crowded(self) -> bool:
        """So much waits to go out that no further request should be read."""
        return len(self._out) > MOST_WAITING and not self.ended

    async def room(self) -> None:
        """Returns when it is not crowded."""
        while self.crowded:
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def stuck(self, now: float) -> bool:
        """The peer has taken next to nothing for STUCK_S."""
        if self._sending_since is None or now - self._sending_since <= STUCK_S:
            return False
        unsent = self._transport.unsent()
        progress = self._unsent - unsent >= PROGRESS_BYTES
        self._sending_since, self._unsent = now, unsent
        return not progress

    def wake(self) -> None:
        """There is something to send, or to replay."""
        if not self._running and not self.ended and not self.held:
            self._running = True
            self._sockets.next_turn(self._flush)

    async def send(self, frame: bytes) -> None:
        """Past the queue, for replays. Raises OSError when the peer is gone."""
        self._sending_since = self._sockets.monotonic()
        self._unsent = self._transport.unsent()
        try:
            await self._transport.send(frame)
        finally:
            self._sending_since = None

    def _put(self, fitted: bool) -> None:
        if not fitted:
            self._fell_behind()
        self.wake()

    def _flush(self) -> None:
        """Everything at once, as long as the peer takes it; the rest by a task that waits for it."""
        while not self.ended and self._transport.takes and (some := self._out.some(PORTION_BYTES)):
            self._make_room()
            self._transport.write(some)
        if not self.ended and (len(self._out) or self._replay() is not None):
            self._sockets.spawn(self._run())
        else:
            self._running = False
            self._sockets.progressed()

    async def _run(self) -> None:
        try:
            while not self.ended:
                frame = self._out.next()
                if frame is not None:
                    self._make_room()
                    await self.send(frame)
                elif (portion := self._replay()) is not None:
                    await portion()
                else:
                    break
        except OSError:
            self.end()  # the reader of this line sees the end as well and takes it away
        finally:
            self._running = False
            self._sockets.progressed()


def _nothing() -> None:
    """Nobody is there to be asked."""
