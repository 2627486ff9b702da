"""On which ticket a mail is said: the one that it names, when its sender belongs to it; else a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from desk import braking, mail_people
from desk.letters import Letter
from desk.tickets import new_ticket
from desk.work import Work
from routing import mail as rules
from routing.hours import Calendar
from routing.mail import Evidence, Thread
from routing.ticket import landing
from store import incoming, tickets
from store.contacts import Person
from store.mailboxes import Mailbox
from store.tickets import Found
from store.times import instant


@dataclass(frozen=True)
class Placed:
    """`joined`: the ticket was there, and the sender belongs to it. `braked`: it takes what is mailed without end, by
    one sender, or `crowded` by addresses that nobody knew before.
    """

    found: Found
    person: Person
    decided: Thread
    joined: bool = False
    braked: bool = False
    crowded: bool = False


def placed(work: Work, box: Mailbox, letter: Letter, calendar: Calendar, *, brakes: bool, proven: bool) -> Placed:
    """The ticket and who speaks on it. `brakes`: a sender without end fills one ticket; `proven`: whether whoever sent
    it is, as its item says.
    """
    named, decided = _named(work, letter)
    if named is not None and decided.joins and not _too_old(work, named):
        return Placed(named, mail_people.joining_person(work, named, letter), decided, joined=True)
    customer = mail_people.customer_of(work, box, letter)
    crowded = brakes and not proven and braking.is_crowd(work, customer.id, letter.sender)
    if crowded:
        letter = replace(letter, sender="", sender_name="")
    person, place = mail_people.by_whom(work, customer, letter, calendar)
    full = braking.of_crowd(work, person) if crowded else braking.burst(work, person, proven=proven) if brakes else None
    if full is not None:
        return Placed(full, person, decided, braked=True, crowded=crowded)
    linked = named.ticket.id if named is not None and (decided.linked or decided.joins) else None
    contact = mail_people.contact_of(person)
    found = new_ticket(work, contact, place, "mail", letter.subject or None, None, linked=linked)
    found.ticket.pooled = int(found.ticket.owner_id is None)
    return Placed(found, person, decided, braked=crowded, crowded=crowded)


def _named(work: Work, letter: Letter) -> tuple[Found | None, Thread]:
    """The ticket that the mail names, our own tokens first, and what that is worth for this sender."""
    for pointer, ids in (("token", letter.tokens), ("reference", _referred(work, letter))):
        for id in ids:
            if tickets.find(work.connection, id) is not None:
                found = work.ticket(id)
                sender = mail_people.relation(work, found, letter.sender)
                return found, rules.thread(
                    Evidence("token" if pointer == "token" else "reference", sender, letter.proven)
                )
    return None, rules.thread(Evidence(None, "stranger", letter.proven))


def _referred(work: Work, letter: Letter) -> Sequence[str]:
    known = incoming.tickets_of(work.connection, letter.references)
    return [known[each] for each in letter.references if each in known]


def _too_old(work: Work, found: Found) -> bool:
    solved_at = None if found.ticket.solved_at is None else instant(found.ticket.solved_at)
    return landing(found.ticket.status, solved_at, work.now) == "linked"
