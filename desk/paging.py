"""Who is called when the desk alone does not do: admins at severity 1 and 2, leads when nobody is there."""

from __future__ import annotations

from desk import posting
from desk.work import Work
from store import outbox
from store.outbox import To
from store.people import Agent
from store.tickets import Found


def page_admins(work: Work, found: Found) -> None:
    """A mail to every admin, and an internal event that says so."""
    admins = [agent for agent in work.agents.values() if "admin" in agent.roles]
    for admin in admins:
        mail_agent(
            work,
            found,
            admin,
            kind="page",
            subject=f"Severity {found.ticket.severity}: VD-{found.ticket.number}",
            body=f"{found.customer_name} reports severity {found.ticket.severity}. "
            "Agents and admins restore service together.",
        )
    if admins:
        told = [{"id": admin.id, "name": admin.name} for admin in admins]
        work.event(found, "paged", {"admins": told, "severity": found.ticket.severity}, internal=True, by=None)


def alert_leads(work: Work, found: Found, chat_id: str) -> bool:
    """Somebody waits and nobody is at the desk: told to every lead's console, and once for each chat by mail, for
    those who have none open. Whether there is a lead at all."""
    leads = [agent for agent in work.agents.values() if "lead" in agent.roles]
    if not leads:
        return False
    topics = tuple(f"agent:{lead.id}" for lead in leads)
    work.tell(topics, "alarm", {"ticket": found.ticket.id, "subject": found.ticket.subject, "why": "nobody"})
    if not outbox.was_added(work.connection, f"alarm:{chat_id}", found.ticket.id):
        for lead in leads:
            mail_agent(
                work,
                found,
                lead,
                kind=f"alarm:{chat_id}",
                subject=f"Nobody is at the desk: VD-{found.ticket.number}",
                body=f"{found.customer_name} waits in the chat, and no agent who could answer is there.",
            )
    return True


def mail_agent(work: Work, found: Found, agent: Agent, *, kind: str, subject: str, body: str) -> None:
    """A mail of the desk to one who works here, about a ticket."""
    details = {"automatic": True, "language": agent.language or "en"}
    posting.post(work, found, kind=kind, to=[To(agent.email, agent.name)], subject=subject, body=body, details=details)
