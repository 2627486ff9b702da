"""What is told of mail that leaves: on its ticket, to its agents, and to who answers for it when that is needed."""

from __future__ import annotations

from typing import Any

from desk.frames import micros_written
from desk.work import Work
from routing.outgoing import State
from store import outgoing
from store.outgoing import Mail
from store.tickets import Found
from store.times import micros


def tell(work: Work, found: Found, mail: Mail, was: State | None, **more: Any) -> None:
    """Everybody on the ticket hears of the mail when it changed, agents of each recipient."""
    if mail.state != was:
        data = {"mail": mail.id, "kind": mail.kind, "state": mail.state, "seqs": mail.details.get("seqs", [])}
        work.event(found, "mail", data, by=None)
    tell_agents(work, found, mail, **more)


def tell_agents(work: Work, found: Found, mail: Mail, **more: Any) -> None:
    """How it stands with each recipient, and with `more` why that is told."""
    recipients = [
        {"address": each.address, "name": each.name, "role": each.role, "state": each.state, "reason": each.reason,
         "at": micros_written(each.at)}
        for each in mail.recipients if each.role != "copy"
    ]  # fmt: skip
    data = {
        "mail": mail.id,
        "kind": mail.kind,
        "state": mail.state,
        "seqs": mail.details.get("seqs", []),
        "recipients": recipients,
        "send_at": micros_written(mail.send_at),
        "accepted_at": micros_written(mail.accepted_at),
        "left": mail.sha256 is not None,
        "asked_at": micros_written(mail.asked_at),
        "vouched": work.agent_name(mail.vouched_by),
    }
    work.event(found, "mail", data | more, internal=True)


def alarm(work: Work, found: Found, mail: Mail, why: str) -> None:
    """To the owner and who wrote it, once; the leads where there is no owner."""
    if mail.alarmed_at is not None and why == "late":
        return
    outgoing.set_state(
        work.connection, mail.id, mail.state, mail.attempts, mail.accepted_at, mail.alarmed_at or micros(work.now)
    )
    tell_agents(work, found, mail, alarm=why)
    _call(work, found, mail, why)
    work.show(found)


def settled(work: Work, found: Found, mail: Mail) -> None:
    """What was alarmed as late is it no more: notices of it go."""
    if mail.alarmed_at is not None:
        _call(work, found, mail, "settled")


def _call(work: Work, found: Found, mail: Mail, why: str) -> None:
    leads = [agent.id for agent in work.agents.values() if "lead" in agent.roles]
    concerned = {id for id in (found.ticket.owner_id, mail.by_id) if id in work.agents} or set(leads)
    fields = {"ticket": found.ticket.id, "subject": found.ticket.subject, "why": why, "mail": mail.id}
    work.tell(tuple(f"agent:{id}" for id in sorted(concerned)), "alarm", fields)
