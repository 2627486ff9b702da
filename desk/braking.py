"""Two programs that answer each other open tickets without end: after so many in an hour, one ticket takes the rest.

Mail whose sender is proven is counted by itself: who forges it in somebody's name brakes only what is forged. Who makes
up addresses at a customer's domain is braked by customer: what is not proven, of addresses that nobody knew a day ago.
"""

from __future__ import annotations

from datetime import timedelta

from desk import paging
from desk.mail_people import NOBODYS
from desk.work import Work
from routing.mail import MOST_TICKETS
from store import contacts, outbox, tickets
from store.contacts import Person
from store.tickets import Found
from store.times import micros

HOUR = timedelta(hours=1)
NEW = timedelta(days=1)
"""So long an address is one that nobody knew before, unless something proved it."""
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


def is_crowd(work: Work, customer: str, sender: str) -> bool:
    """Whether unproven mail of addresses that nobody knew, as this one, has opened too many tickets of a customer."""
    if not sender or customer == NOBODYS:  # strangers are all that mail the pool: nobody's name is taken there
        return False
    new_since = micros(work.now - NEW)
    if contacts.is_known(work.connection, customer, sender, new_since):
        return False
    since = micros(work.now - HOUR)
    return tickets.opened_by_strangers(work.connection, customer, new_since, since, MOST_TICKETS) >= MOST_TICKETS


def of_crowd(work: Work, nobody: Person) -> Found | None:
    """The ticket that takes what they send now; None: there is none yet."""
    opened = tickets.opened_by_mail(work.connection, nobody.id, micros(work.now - HOUR), 1, proven=False)
    found = work.ticket(opened[0]) if opened else None
    return None if found is None or found.ticket.status == "closed" else found


def alarm(work: Work, found: Found, person: Person | None, *, proven: bool) -> None:
    """Told once for each ticket that has to take them: to the leads, in their consoles and by mail. None: a crowd."""
    kind = f"alarm:burst:{'crowd' if person is None else person.id}"
    if outbox.was_added(work.connection, kind, found.ticket.id):
        return
    leads = [agent for agent in work.agents.values() if "lead" in agent.roles]
    contact = None if person is None else {"id": person.id, "name": person.name}
    burst = {"contact": contact, "tickets": MOST_TICKETS, "proven": proven}
    work.event(found, "burst", burst, internal=True, by=None)
    fields = {"ticket": found.ticket.id, "subject": found.ticket.subject, "why": "burst"}
    work.tell(tuple(f"agent:{lead.id}" for lead in leads), "alarm", fields)
    for lead in leads:
        paging.mail_agent(
            work,
            found,
            lead,
            kind=kind,
            subject=f"Very many mails from {'new addresses' if person is None else 'one sender'}: "
            f"VD-{found.ticket.number}",
            body=f"{_who(found, person)} opened {MOST_TICKETS} tickets by mail within an hour. More of their mail goes "
            f"into this ticket, and none of it is acknowledged. {_PERHAPS[proven]}",
        )


def _who(found: Found, person: Person | None) -> str:
    return f"Addresses of {found.customer_name} that nobody knew before" if person is None else person.name
