"""Keeps this process' clock where the record says the demo's is; when it moved, what time decides is decided anew."""

from __future__ import annotations

import logging
from datetime import timedelta

from desk.clock import SystemClock
from desk.desk import Desk
from desk.due import schedule_edges
from desk.work import Work
from routing.errors import DeskError
from store import meta
from store.engine import Record

log = logging.getLogger(__name__)
EVERY_S = 1.0


class FollowClock:
    """One in every process."""

    def __init__(self, record: Record, clock: SystemClock, desk: Desk) -> None:
        self._record = record
        self._clock = clock
        self._desk = desk

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.look()
            except DeskError:
                log.warning("clock.record_unavailable")

    async def look(self) -> None:
        """Once. Raises Unavailable."""
        offset = await self._record.read(meta.clock_offset)
        if offset != self._clock.offset:
            self._clock.offset = offset
            await decide_anew(self._desk)


async def move(record: Record, clock: SystemClock, desk: Desk, by: timedelta) -> None:
    """Moves the clock of every process on this record forward. Raises Unavailable."""
    offset = clock.offset + by
    await record.write(lambda connection: meta.set_clock_offset(connection, offset), name="move_clock")
    clock.offset = offset
    await decide_anew(desk)


async def decide_anew(desk: Desk) -> None:
    """Opening hours, absences, add-ons: as of now."""

    def moved(work: Work) -> None:
        for kind in ("decide", "promises", "people"):
            work.job(kind, kind)
        schedule_edges(work)

    await desk.run("clock_moved", moved, decides=False)
