"""How a ticket is born, by whichever channel."""

from __future__ import annotations

from dataclasses import dataclass

from desk import words
from desk.work import Work
from routing import entitlement
from routing.choose import Line
from routing.hours import Calendar
from routing.ticket import severity_at_press
from store import tickets
from store.candidates import Way
from store.ids import new_id
from store.people import Contact
from store.tickets import Found, Ticket
from store.times import micros


@dataclass(frozen=True)
class Place:
    """By what a ticket comes: whose it is, whom it reaches, in which hours. `button_id`: None for another way."""

    customer_id: str
    button_id: str | None
    line: Line
    calendar: Calendar


def place_of(way: Way) -> Place:
    """A button as a place."""
    return Place(way.customer_id, way.button_id, way.line, way.calendar)


def new_ticket(
    work: Work,
    contact: Contact,
    place: Place,
    channel: str,
    text: str | None,
    severity: int | None,
    linked: str | None = None,
) -> Found:
    """A ticket is born: owned by the named agent while the add-on is valid, also out of hours."""
    judged = severity_at_press(severity, contact.verified)
    at = micros(work.now)
    due = entitlement.due(work.now, place.calendar, place.line.add_on, "verified", "open")
    holds = due.because not in ("not_entitled", "not_started", "expired")
    named = work.agents.get(place.line.named or "") if holds else None
    ticket = Ticket(
        id=new_id(),
        number=tickets.next_number(work.connection),
        customer_id=place.customer_id,
        button_id=place.button_id,
        contact_id=contact.id,
        subject=words.subject(text),
        channel=channel,
        status="new",
        severity=judged.value,
        asked_severity=judged.asked,
        severity_confirmed=0,
        owner_id=named.id if named else None,
        technical=0,
        pooled=0,
        in_doubt=0,
        public_seq=0,
        internal_seq=0,
        contact_read=0,
        desk_read=0,
        last_at=at,
        said_at=None,
        starts_at=None,
        linked_id=linked,
        created_at=at,
        solved_at=None,
        closed_at=None,
    )
    tickets.add(work.connection, ticket)
    tickets.add_participant(work.connection, ticket.id, contact.id, at)
    work.audit("ticket", ticket.id, {"customer": place.customer_id, "owner": ticket.owner_id})
    found = work.ticket(ticket.id)
    work.order(f"contact:{contact.id}", "follow", ticket.id)
    if ticket.owner_id is not None:
        work.order(f"agent:{ticket.owner_id}", "follow", ticket.id)
    work.show(found)
    return found
