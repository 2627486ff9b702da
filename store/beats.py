"""Signs of life of the desk's processes, by what they do; the newest of each, by real time, beside what store/meta
keeps of the desk itself."""

from __future__ import annotations

from datetime import datetime

from store import meta
from store.engine import Connection

ROLES = ("web", "mailbox", "clock")


def beat(connection: Connection, role: str, now: datetime) -> None:
    """A process with this role lives."""
    meta.put_instant(connection, f"beat_{role}", now)


def last(connection: Connection, role: str) -> datetime | None:
    """When one beat last; None when none ever did."""
    return meta.instant_of(connection, f"beat_{role}")
