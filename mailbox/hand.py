"""Hands queued mail on. Where no mail server is set up, the demo's mail view is where it goes."""

from __future__ import annotations

from datetime import datetime

from desk.clock import Clock
from store import jobs, outgoing
from store.engine import Connection, Record
from store.times import micros

KIND = "hand_mail"


async def hand_due(record: Record, clock: Clock) -> int:
    """Once; how many were handed on. Any number of processes may. Raises Unavailable."""
    now = clock.now()
    if await record.read(lambda connection: jobs.due_keys(connection, now, 1, (KIND,))):
        return await record.write(lambda connection: hand(connection, now), name="hand_mail")
    return 0


def hand(connection: Connection, now: datetime) -> int:
    """Everything queued is shown from now on; how many."""
    claimed = jobs.claim(connection, KIND, now)
    waiting = outgoing.queued(connection)
    for id in waiting:
        outgoing.handed(connection, id, micros(now))
    if claimed is not None:
        jobs.done(connection, claimed)
    return len(waiting)
