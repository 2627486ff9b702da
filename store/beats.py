"""Signs of life of the desk's processes, by what they do; the newest of each, by real time, beside what store/meta
keeps of the desk itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from store import meta
from store.engine import Connection

ROLES = ("web", "mailbox", "clock")
LATE = timedelta(seconds=45)
_ALONE, _HERE = "alone", "here_"


def beat(connection: Connection, role: str, program: str, now: datetime) -> None:
    """A process with this role, of this version of the program, lives."""
    meta.put_instant(connection, f"beat_{role}", now)
    meta.put_instant(connection, f"beat_{role}_{program}", now)


def programs(connection: Connection, now: datetime) -> dict[str, list[str]]:
    """The versions that live, each with the roles it plays."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, at in meta.instants(connection, "beat_").items():
        role, _, program = key.removeprefix("beat_").partition("_")
        if program and now - at <= LATE:
            found[program].append(role)
    return dict(found)


@dataclass(frozen=True)
class Roll:
    """`alone`: some process cannot reach the others. `here`: agents whom some process told to be here."""

    alone: bool
    here: frozenset[str]


def alone(connection: Connection, now: datetime) -> None:
    """A process that cannot reach the others says so."""
    meta.put_instant(connection, _ALONE, now)


def here(connection: Connection, agents: Iterable[str], now: datetime) -> None:
    """These have a line with a process."""
    for agent in sorted(agents):
        meta.put_instant(connection, f"{_HERE}{agent}", now)


def roll(connection: Connection, since: datetime) -> Roll:
    """What was told at that instant or later."""
    said = meta.instant_of(connection, _ALONE)
    told = meta.instants(connection, _HERE)
    return Roll(
        said is not None and said >= since,
        frozenset(key.removeprefix(_HERE) for key, at in told.items() if at >= since),
    )


def last(connection: Connection, role: str) -> datetime | None:
    """When one beat last; None when none ever did."""
    return meta.instant_of(connection, f"beat_{role}")
