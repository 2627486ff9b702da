"""Who is here, told from process to process through the record, while one of them cannot reach the others in live."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from desk.desk import Desk
from live.base import LEASE_S, Presence
from store import beats
from store.engine import Connection

EVERY_S = 2.0
"""How often each process looks, and is seen."""
ALONE_S = LEASE_S + 2 * EVERY_S
"""For so long a process without the others takes nobody for gone: by then all have been told."""
HERE = timedelta(seconds=LEASE_S)


class Roll:
    """One in every process of a desk of several. Agents only: whom to ring depends on them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._alone_since: float | None = None

    async def look(self) -> None:
        """Once. Tells whom this process knows to be here, when it or another is alone; learns what others told. Raises
        Unavailable."""
        monotonic = self._desk.clock.monotonic()
        mine = await self._desk.live.present("agent")
        if mine.whole:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = monotonic
        told = await self._desk.record.read(self._told)
        if told.alone or not mine.whole:
            await self._desk.record.write(partial(self._tell, mine=mine), name="roll")
            told = await self._desk.record.read(self._told)
        long_enough = self._alone_since is not None and monotonic - self._alone_since >= ALONE_S
        self._desk.elsewhere = Presence(told.here, settled=long_enough)

    def _told(self, connection: Connection) -> beats.Roll:
        return beats.roll(connection, self._desk.clock.real() - HERE)

    def _tell(self, connection: Connection, mine: Presence) -> None:
        now = self._desk.clock.real()
        if not mine.whole:
            beats.alone(connection, now)
        beats.here(connection, mine.people, now)
