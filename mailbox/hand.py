"""Hands queued mail on. Where no mail server is set up, the demo's mail view is where it goes."""

from __future__ import annotations

from datetime import datetime

from store import jobs, outgoing
from store.engine import Connection
from store.times import micros

KIND = "hand_mail"


def hand(connection: Connection, now: datetime) -> int:
    """Everything queued is shown from now on; how many."""
    claimed = jobs.claim(connection, KIND, now)
    waiting = outgoing.queued(connection)
    for id in waiting:
        outgoing.handed(connection, id, micros(now))
    if claimed is not None:
        jobs.done(connection, claimed)
    return len(waiting)
