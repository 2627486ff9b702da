"""Keeps this process' clock where the record says the demo's is; when it moved, what time decides is decided anew."""

from __future__ import annotations

from datetime import timedelta

from desk.clock import SystemClock
from desk.desk import Desk
from desk.work import Work
from store import meta
from store.engine import Record


async def follow_clock(record: Record, clock: SystemClock, desk: Desk) -> None:
    """Once. Raises Unavailable."""
    offset = await record.read(meta.clock_offset)
    if offset != clock.offset:
        clock.offset = offset
        await decide_anew(desk)


async def move(record: Record, clock: SystemClock, desk: Desk, by: timedelta) -> None:
    """Moves the clock of every process on this record forward. Raises Unavailable."""
    offset = clock.offset + by
    await record.write(lambda connection: meta.set_clock_offset(connection, offset), name="move_clock")
    clock.offset = offset
    await decide_anew(desk)


async def decide_anew(desk: Desk) -> None:
    """Opening hours, absences, add-ons: as of now."""

    def moved(work: Work) -> None:
        for kind in ("decide", "promises", "people", "edges"):
            work.job(kind, kind)

    await desk.run("clock_moved", moved, decides=False)
