"""Tells the record that this process lives, so that the health page can say which kind of process is missing."""

from __future__ import annotations

from collections.abc import Sequence

from desk.clock import Clock
from server.program import VERSION
from store import beats
from store.engine import Connection, Record


async def beat(record: Record, clock: Clock, roles: Sequence[str]) -> None:
    """Once. Raises Unavailable."""
    now = clock.real()

    def verb(connection: Connection) -> None:
        for role in roles:
            beats.beat(connection, role, VERSION, now)

    await record.write(verb, name="beat")
