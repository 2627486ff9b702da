"""Tells the record that this process lives, so that the health page can say which kind of process is missing."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from desk.clock import Clock
from routing.errors import DeskError
from store import beats
from store.engine import Connection, Record

log = logging.getLogger(__name__)
EVERY_S = 10.0


class Beating:
    """One in every process."""

    def __init__(self, record: Record, clock: Clock, roles: Sequence[str]) -> None:
        self._record = record
        self._clock = clock
        self._roles = roles

    async def run(self) -> None:
        """For ever. Cancelling is harmless."""
        while True:
            try:
                await self.beat()
            except DeskError:
                log.warning("beat.record_unavailable")
            await self._clock.sleep(EVERY_S)

    async def beat(self) -> None:
        """Once. Raises Unavailable."""
        now = self._clock.real()

        def verb(connection: Connection) -> None:
            for role in self._roles:
                beats.beat(connection, role, now)

        await self._record.write(verb, name="beat")
