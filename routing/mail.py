"""Where a mail belongs: which ticket it continues, who may by it, when its clock starts. Subjects never decide.

What points to a ticket is either our own signed token (in an address or a Message-ID of ours) or merely the
Message-ID of a mail that came in. A token says *which* ticket, never *who*: the sender has to belong to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from routing.hours import Calendar, next_opening

Pointer = Literal["token", "reference"]
Sender = Literal["participant", "colleague", "stranger"]
"""Takes part in the ticket; is of the same customer, by its domains; neither."""
Review = Literal["stranger", "unproven"]
"""Why somebody has to look: a token came from outside; the sender is not proven."""

MOVED_IN = timedelta(hours=1)
"""A mail so much older than the poll that took it was moved into the folder, when nothing was missed meanwhile."""
MOST_ACKNOWLEDGED = 3
"""Mails of one sender in an hour that are answered by the desk itself."""
MOST_TICKETS = 20
"""Tickets that one sender opens by mail in an hour; the rest goes into the last of them. So many also all new addresses
of one customer together, as far as nothing proves their mail: the rest goes into one ticket of nobody's.
"""


@dataclass(frozen=True)
class Evidence:
    """`pointer`: what names the ticket, None when nothing does. `proven`: DMARC passed, as our own server saw it."""

    pointer: Pointer | None
    sender: Sender
    proven: bool


@dataclass(frozen=True)
class Thread:
    """`joins`: into the ticket that was named. `new_person`: the sender takes part from now on and is shown as new.

    `linked`: a new ticket says which one was meant. `review`: why an agent should look at it.
    """

    joins: bool
    new_person: bool = False
    linked: bool = False
    review: Review | None = None


def thread(evidence: Evidence) -> Thread:
    """The decision for a human mail; where it joins, `routing.ticket.landing` still says whether the ticket is too old.

    A stranger never gets into a ticket, and learns of none: one named by a bare reference is not even linked.
    """
    if evidence.pointer is None:
        return Thread(joins=False)
    if evidence.sender == "stranger":
        token = evidence.pointer == "token"
        return Thread(joins=False, linked=token, review="stranger" if token else None)
    if evidence.pointer == "reference" and not evidence.proven:
        return Thread(joins=False, linked=True, review="unproven")
    return Thread(joins=True, new_person=evidence.sender == "colleague", review=None if evidence.proven else "unproven")


def received(said: datetime, polled: datetime) -> datetime:
    """When the mail counts as come: what the server that took it said, never later than the poll that saw it."""
    return min(said, polled)


def moved_in(said: datetime, polled: datetime, *, current: bool) -> bool:
    """Whether it was moved into the folder: old, although nothing was missed (`current`) until the poll before."""
    return current and polled - said > MOVED_IN


def starts(received_at: datetime, calendar: Calendar) -> datetime | None:
    """When the clock of a mail starts: at the next opening, at once in hours; None when the calendar opens no more."""
    return next_opening(calendar, received_at)


def acknowledges(sender_is_known: bool, lately: int) -> bool:
    """Whether the desk itself answers: only to an address that is proven or known, so that nobody is written to whom
    others named; and not when that address had MOST_ACKNOWLEDGED in the hour before.
    """
    return sender_is_known and lately < MOST_ACKNOWLEDGED
