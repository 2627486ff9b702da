"""Tells every line each few seconds what the record has, with one query per process and beat; drops dead lines."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from server.sockets import frames

if TYPE_CHECKING:
    from server.sockets.connection import Connection
    from server.sockets.sockets import Sockets

log = logging.getLogger(__name__)

TICK_S = 0.9
"""While live is away an event is shown within a second: a beat and its way."""
CHECKS_PER_S = 200
PORTION = 100
PORTION_PAUSE_S = 0.01
CHECK_S = 50.0
"""What another process did while live was away for either (a session revoked, a ticket made) is seen within a minute: a
beat comes between."""


class Heartbeat:
    """Beats every `every_s`, each second while live is unhealthy, at once after a gap."""

    def __init__(self, sockets: Sockets, every_s: float) -> None:
        self.every_s = every_s
        self._sockets = sockets
        self._gap = asyncio.Event()
        sockets.live.on_gap(self._gap.set)

    async def run(self) -> None:
        """For ever."""
        beaten_at = self._sockets.monotonic()
        while True:
            gap = await self._pause(min(TICK_S, self.every_s))
            now = self._sockets.monotonic()
            for connection in list(self._sockets.connections):
                connection.give_up_if_dead(now)
            if gap:
                self._check_soon(now)
            if gap or now - beaten_at >= self.every_s or not self._sockets.live.health().ok:
                beaten_at = now
                await self.beat()

    def _check_soon(self, now: float) -> None:
        """Orders may be lost: every line looks for itself, one after the other."""
        for place, connection in enumerate(self._sockets.connections):
            connection.checked_at = min(connection.checked_at, now - CHECK_S + place / CHECKS_PER_S)

    async def _pause(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._gap.wait()
        except TimeoutError:
            return False
        self._gap.clear()
        return True

    async def beat(self) -> None:
        """One heartbeat to everyone. When the record cannot be read, it says only that we are alive."""
        connections = [connection for connection in self._sockets.connections if connection.ready]
        heads, rings = await self._ask(connections)
        for start in range(0, len(connections), PORTION):
            for connection in connections[start : start + PORTION]:
                if not connection.closed:
                    self._tell(connection, heads, rings)
            await asyncio.sleep(PORTION_PAUSE_S)

    async def _ask(
        self, connections: Sequence[Connection]
    ) -> tuple[Mapping[str, int], Mapping[str, Sequence[str]] | None]:
        streams = {stream for connection in connections for stream in connection.following.streams}
        agents = {connection.person for connection in connections if connection.audience == "agent"}
        reading = self._sockets.reading
        try:
            heads = await reading.heads(sorted(streams)) if streams else {}
            rings = await reading.open_rings(sorted(agents)) if agents else {}
        except Exception:  # the lines must not fall because the record is away
            log.exception("heartbeat.record_unread")
            return {}, None
        return heads, rings

    def _tell(
        self, connection: Connection, heads: Mapping[str, int], rings: Mapping[str, Sequence[str]] | None
    ) -> None:
        theirs = {stream: heads[stream] for stream in connection.following.streams if stream in heads}
        frame: dict[str, object] = {"type": "heartbeat", "now": instant(self._sockets), "heads": theirs}
        if connection.audience == "agent" and rings is not None:
            open_rings = rings.get(connection.person, ())
            frame["rings"] = list(open_rings)
            connection.missed_ring(open_rings)
        connection.pump.whisper("heartbeat", frames.encode(frame))
        connection.following.compare(theirs)
        self._check_session(connection)

    def _check_session(self, connection: Connection) -> None:
        now = self._sockets.monotonic()
        if now - connection.checked_at > CHECK_S:
            connection.checked_at = now
            self._sockets.spawn(connection.check(4410))


def instant(sockets: Sockets) -> str:
    """The desk's clock as the wire writes it."""
    return sockets.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
