"""All lines of this process: admits them, runs their work, drains them. One object, made in server/wiring.py."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from live.base import Live
from server.sockets import agent, contact, frames
from server.sockets.addresses import Addresses
from server.sockets.buckets import Patience, Rate
from server.sockets.connection import Connection
from server.sockets.gate import Gate
from server.sockets.heartbeat import Heartbeat
from server.sockets.ports import Audience, Identity, Reading, Verbs

log = logging.getLogger(__name__)

MOST_PER_PERSON = 8
FINISH_S = 5.0
FLUSH_S = 2.0
RETURNS_PER_S = 200
"""After a drain the other processes get so many sockets a second."""
MOST_REMEMBERED = 10_000

Answering = Callable[[Connection, Any], Coroutine[Any, Any, None]]


class Sockets:
    """Composition of the wire: `run` must be running while there are connections."""

    def __init__(
        self,
        *,
        verbs: Verbs,
        reading: Reading,
        identity: Identity,
        live: Live,
        origins: frozenset[str],
        session_of: Callable[[Mapping[str, str]], str | None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        rate: Rate | None = None,
        lines_per_address: int = 0,
        heartbeat_s: float = 5.0,
        hello_s: float = 5.0,
    ) -> None:
        """`session_of` finds an agent's session among the cookies; `origins` are the desk's own."""
        self.verbs = verbs
        self.reading = reading
        self.identity = identity
        self.live = live
        self.origins = origins
        self.session_of = session_of
        self.now = now
        self.monotonic = monotonic
        self.rate = rate or Rate()
        self.addresses = Addresses(lines_per_address)
        self.gate = Gate()
        self.hello_s = hello_s
        self.heartbeat = Heartbeat(self, heartbeat_s)
        self.connections: set[Connection] = set()
        self.draining = False
        self._people: dict[tuple[Audience, str], list[Connection]] = {}
        self._posting: dict[tuple[Audience, str], Patience] = {}
        self._progress = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """For ever: the heartbeat, and all work of connections. Cancelling drops what is under way."""
        async with asyncio.TaskGroup() as self._tasks:
            await self.heartbeat.run()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs beside; a fault in it is logged and costs nobody else anything."""
        assert self._tasks is not None, "Sockets.run is not running"
        return self._tasks.create_task(_supervised(work))

    def next_turn(self, work: Callable[[], None]) -> None:
        """Runs when everything that is ready now has run."""
        asyncio.get_running_loop().call_soon(work)

    # Requests -------------------------------------------------------------------------------------------------------

    async def answer(self, connection: Connection, frame: Any) -> None:
        """Hands the frame to its `on_<type>`. Raises DeskError when the desk refuses."""
        answering = (agent.ANSWERING if connection.audience == "agent" else contact.ANSWERING)[type(frame)]
        await answering(connection, frame)

    def patience(self, audience: Audience, person: str) -> Patience:
        """The bucket of a person's single requests over HTTP."""
        if len(self._posting) > MOST_REMEMBERED:
            self._posting.clear()
        return self._posting.setdefault((audience, person), Patience(self.rate, self.monotonic()))

    # Coming and going -----------------------------------------------------------------------------------------------

    def admit(self, connection: Connection) -> None:
        """Counts the line; a person's ninth costs them the one that asked nothing for longest."""
        lines = self._people.setdefault((connection.audience, connection.person), [])
        open_lines = [line for line in lines if not line.closed]  # one that is shut takes a while to leave
        if len(open_lines) >= MOST_PER_PERSON:
            min(open_lines, key=lambda line: line.asked_at).shut(4409)
        lines.append(connection)
        self.connections.add(connection)

    async def left(self, connection: Connection, *, clean: bool) -> None:
        """The line is closed. When the peer said good-bye on the last one, or was signed out, the desk hears it now."""
        connection.leave()
        if connection.left or connection.signed is None:
            return
        connection.left = True
        self.connections.discard(connection)
        key = (connection.audience, connection.person)
        lines = self._people.get(key, [])
        if connection in lines:
            lines.remove(connection)
        if not lines:
            self._people.pop(key, None)
        if (clean or connection.over) and not self.draining and await self.live.gone(*key, connection.name):
            await self.verbs.person_gone(*key)

    # Drain ----------------------------------------------------------------------------------------------------------

    async def drain(self) -> None:
        """No new work; what was accepted is committed; everyone is told when to come back, and closed. Within 8 s."""
        self.draining = True
        await self._until_none(lambda connection: connection.busy, FINISH_S)
        spread_ms = min(10_000, max(1000, len(self.connections) * 1000 // RETURNS_PER_S))
        for connection in list(self.connections):
            connection.answer(frames.encode({"type": "moving", "retry_ms": random.randint(0, spread_ms)}))  # noqa: S311
        await self._until_none(lambda connection: connection.pump.sends(), FLUSH_S)
        for connection in list(self.connections):
            connection.shut(1012)
        log.info("sockets.drained")

    def restart(self) -> None:
        """Everyone is sent away and comes back at once: what they knew is no longer true."""
        for connection in list(self.connections):
            connection.answer(frames.encode({"type": "moving", "retry_ms": random.randint(0, 500)}))  # noqa: S311
            connection.shut(1012)

    def progressed(self) -> None:
        """A connection answered something or sent everything: a drain looks again."""
        self._progress.set()

    async def _until_none(self, holds: Callable[[Connection], bool], seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(holds(connection) for connection in self.connections):
                    self._progress.clear()
                    await self._progress.wait()


async def _supervised(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # supervisor
        log.exception("sockets.task_failed")
