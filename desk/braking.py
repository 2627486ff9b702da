"""Two programs that answer each other open tickets without end: after so many in an hour, one ticket takes the rest.

Mail whose sender is proven is counted by itself: who forges it in somebody's name brakes only what is forged.
"""

from __future__ import annotations

from datetime import timedelta

from desk import paging
from desk.work import Work
from routing.mail import MOST_TICKETS
from store import outbox, tickets
from store.contacts import Person
from store.tickets import Found
from store.times import micros

HOUR = timedelta(hours=1)
_PERHAPS = {
    True: "Perhaps two programs answer each other.",
    False: "Nothing proves that these mails are theirs: perhaps somebody else writes in their name. Mail of theirs "
    "that is proven comes in as always.",
}


def burst(work: Work, person: Person, *, proven: bool) -> Found | None:
    """The ticket that takes what they send now; None: they opened few, by mail that is as `proven` as this one."""
    since = micros(work.now - HOUR)
    opened = tickets.opened_by_mail(work.connection, person.id, since, MOST_TICKETS, proven=proven)
    if len(opened) < MOST_TICKETS:
        return None
    found = work.ticket(opened[0])
    return None if found.ticket.status == "closed" else found


def alarm(work: Work, found: Found, person: Person, *, proven: bool) -> None:
    """Told once for each ticket that has to take them: to the leads, in their consoles and by mail."""
    kind = f"alarm:burst:{person.id}"
    if outbox.was_added(work.connection, kind, found.ticket.id):
        return
    leads = [agent for agent in work.agents.values() if "lead" in agent.roles]
    burst = {"contact": {"id": person.id, "name": person.name}, "tickets": MOST_TICKETS, "proven": proven}
    work.event(found, "burst", burst, internal=True, by=None)
    fields = {"ticket": found.ticket.id, "subject": found.ticket.subject, "why": "burst"}
    work.tell(tuple(f"agent:{lead.id}" for lead in leads), "alarm", fields)
    for lead in leads:
        paging.mail_agent(
            work,
            found,
            lead,
            kind=kind,
            subject=f"Very many mails from one sender: VD-{found.ticket.number}",
            body=f"{person.name} opened {MOST_TICKETS} tickets by mail within an hour. More of their mail goes into "
            f"this ticket, and none of it is acknowledged. {_PERHAPS[proven]}",
        )
