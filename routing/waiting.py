"""The order of those who wait, the place of one, and how long it may take; whom they meet then: choose.py."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WAITS_COUNTED = 10
"""The expected wait looks at so many of the last waits."""

WAITS_NEEDED = 3
"""With fewer known waits nothing is said: one wait is no expectation."""


@dataclass(frozen=True)
class Waiting:
    """A chat in the queue. `dedicated` is judged now, not at the press; `severity` is the effective one."""

    id: str
    severity: int | None
    dedicated: bool
    waiting_since: datetime


def order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Severity 1, then 2, then the rest; the dedicated service first; the longest waiting; id."""
    return sorted(waiting, key=_rank)


def place(waiting: Iterable[Waiting], id: str) -> int | None:
    """The place of a chat in the queue, from 1; None when it does not wait."""
    for number, chat in enumerate(order(waiting), start=1):
        if chat.id == id:
            return number
    return None


def expected_wait(place: int, last_waits: Sequence[timedelta]) -> timedelta | None:
    """How long a chat at this place will wait, or None when that is not known.

    `last_waits`: from press to answer of chats that had to wait, oldest first. The mean of the last ten, for the first
    place, times the place: who is third waits for three agents to become free. Never a guess: None below three waits.
    """
    counted = last_waits[-WAITS_COUNTED:]
    if len(counted) < WAITS_NEEDED:
        return None
    else:
        return sum(counted, timedelta()) / len(counted) * place


def _rank(chat: Waiting) -> tuple[int, bool, datetime, str]:
    urgency = chat.severity if chat.severity in (1, 2) else 3
    return (urgency, not chat.dedicated, chat.waiting_since, chat.id)
