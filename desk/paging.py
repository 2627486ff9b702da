"""Severity 1 and 2: the admins on call are paged, and the ticket shows that they know."""

from __future__ import annotations

from desk.work import Work
from store import outbox
from store.tickets import Found


def page_admins(work: Work, found: Found) -> None:
    """A mail to every admin, and an internal event that says so."""
    admins = [agent for agent in work.agents.values() if "admin" in agent.roles]
    for admin in admins:
        outbox.add(
            work.connection,
            work.now,
            kind="page",
            recipient=admin.email,
            ticket_id=found.ticket.id,
            subject=f"Severity {found.ticket.severity}: VD-{found.ticket.number}",
            body=f"{found.customer_name} reports severity {found.ticket.severity}. "
            "Agents and admins restore service together.",
        )
    if admins:
        work.job("hand_mail", "hand_mail")
        told = [{"id": admin.id, "name": admin.name} for admin in admins]
        work.event(found, "paged", {"admins": told, "severity": found.ticket.severity}, internal=True, by=None)
