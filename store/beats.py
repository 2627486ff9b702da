"""Signs of life of the desk's processes, by what they do; the newest of each, by real time."""

from __future__ import annotations

from datetime import datetime

from store import meta
from store.engine import Connection
from store.times import instant, micros

ROLES = ("web", "mailbox", "clock")


def beat(connection: Connection, role: str, now: datetime) -> None:
    """A process with this role lives."""
    meta.put(connection, f"beat_{role}", str(micros(now)))


def last(connection: Connection, role: str) -> datetime | None:
    """When one beat last; None when none ever did."""
    value = meta.get(connection, f"beat_{role}")
    return None if value is None else instant(int(value))
