"""How a ticket's status moves, and who hears of it."""

from __future__ import annotations

from typing import Any

from desk.work import Work
from routing.ticket import closes_at
from store.tickets import Found
from store.times import instant, micros


def set_status(work: Work, found: Found, status: Any, reason: str = "") -> None:
    """Moves the status; says so where it changed."""
    was = found.ticket.status
    found.ticket.status = status
    if status == was:
        return
    found.ticket.solved_at = (
        micros(work.now) if status == "solved" else None if status != "closed" else found.ticket.solved_at
    )
    found.ticket.closed_at = micros(work.now) if status == "closed" else None
    tell_status(work, found, was, reason)
    if status in ("solved", "closed"):
        found.ticket.starts_at = None
    if status == "solved":
        closes_later(work, found)
    work.audit("status", found.ticket.id, {"status": status, "was": was, "reason": reason})


def closes_later(work: Work, found: Found) -> None:
    """A solved ticket becomes closed, unless something happens before."""
    assert found.ticket.solved_at is not None
    due = closes_at(instant(found.ticket.solved_at))
    work.job("close_ticket", f"close:{found.ticket.id}", due, {"ticket": found.ticket.id})


def tell_status(work: Work, found: Found, was: str, reason: str = "") -> None:
    """Says where it changed; a reason is for agents."""
    if found.ticket.status == was:
        return
    if found.ticket.status != "solved" and found.ticket.status != "closed":
        found.ticket.solved_at = found.ticket.closed_at = None
    work.event(found, "status", {"status": found.ticket.status, "was": was})
    if reason:
        work.event(found, "status", {"status": found.ticket.status, "was": was, "reason": reason}, internal=True)
    work.show(found)
