"""The one answer that the desk writes by itself: out of hours, who sees to a mail and when, and who is there meanwhile.

Once for a ticket, only to people whose address is theirs, few in an hour: no mail of ours ever goes round in a circle
(RFC 3834).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from desk import dates, posting
from desk.letters import Around, Letter
from desk.replying import answer_to
from desk.texts import say, spoken
from desk.work import Work
from routing.choose import planned
from routing.hours import Calendar
from routing.mail import acknowledges
from store import buttons, candidates, mailboxes, outbox
from store.contacts import Person
from store.customers import Customer
from store.outbox import To
from store.tickets import Found
from store.times import instant, micros

HOUR = timedelta(hours=1)


def acknowledge(
    work: Work,
    found: Found,
    person: Person,
    letter: Letter,
    known: bool,
    calendar: Calendar,
    starts_at: int | None,
    around: Around,
) -> None:
    """Tells who wrote when they hear from whom. `known`: somebody verified had this address before."""
    customer = work.customer(found.ticket.customer_id)
    if not person.email or starts_at is None or customer is None:
        return
    before = outbox.sent_to(work.connection, person.email, "ack", micros(work.now - HOUR))
    if not acknowledges(letter.proven or known, before) or outbox.was_added(work.connection, "ack", found.ticket.id):
        return
    language = spoken(customer.language)
    answers, references = outbox.thread(work.connection, found.ticket.id)
    posting.post(
        work,
        found,
        kind="ack",
        to=[To(person.email, person.name)],
        subject=answer_to(found.ticket.subject),
        body=_words(work, found, customer, language, calendar, instant(starts_at), around),
        details={
            "in_reply_to": answers,
            "references": list(references),
            "language": language,
            "automatic": True,
        },
    )


def _words(
    work: Work, found: Found, customer: Customer, language: str, calendar: Calendar, at: datetime, around: Around
) -> str:
    when = dates.both(language, at, customer.zone, calendar.zone)
    who = _who(work, found, at)
    if who is None:
        promise = say(language, "We are back on {when} and see to it then.", when=when)
    elif who == found.ticket.owner_id:
        promise = say(language, "{agent} is back on {when} and sees to it then.", agent=work.agent(who).name, when=when)
    else:
        promise = say(
            language, "{agent} covers for {named} and sees to it on {when}.",
            agent=work.agent(who).name, named=work.agent(str(found.ticket.owner_id)).name, when=when,
        )  # fmt: skip
    arrived = say(language, "Your mail has arrived and is ticket VD-{number}.", number=found.ticket.number)
    return "\n\n".join([f"{arrived} {promise}", *_meanwhile(work, customer, language, around)])


def _who(work: Work, found: Found, at: datetime) -> str | None:
    """The owner, unless they are away then; else the first stand-in who is not; None: whoever is on duty."""
    if found.ticket.owner_id is None:
        return None
    known = candidates.candidates(work.connection, work.now, None)
    line = candidates.line_of(work.connection, found.ticket.customer_id, found.ticket.owner_id, "open", work.now)
    return planned((found.ticket.owner_id, *line.stand_ins), known, at)


def _meanwhile(work: Work, customer: Customer, language: str, around: Around) -> list[str]:
    """How the pool is reached at once."""
    ways = []
    button = next((each for each in buttons.of_customer(work.connection, customer.id) if each.active), None)
    if button is not None and around.home:
        chat = f"{around.home}/b/{button.key}"
        ways.append(say(language, "If it cannot wait, our 24/7 team is in the chat now: {address}", address=chat))
    pool = mailboxes.general(work.connection)
    if pool is not None:
        ways.append(say(language, "Mail to {address} reaches our 24/7 team, too.", address=pool.address))
    return ways
