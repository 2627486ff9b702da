"""Who takes part in a ticket beside whoever opened it: people in copy of the customer's own, others by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from desk.actors import Signed
from desk.addresses import EMAIL
from desk.requests import AddPerson, RemovePerson
from desk.work import Work
from routing.errors import BadRequest, Closed, Conflict, NotFound
from store import contacts, tickets
from store.contacts import Person
from store.ids import new_id
from store.tickets import Found
from store.times import micros

MOST_AT_ONCE = 20
"""So many people in copy join by one mail."""


def add_person(work: Work, signed: Signed, request: AddPerson) -> dict[str, Any]:
    """See docs/protocol.md."""
    found = work.allowed(request.ticket, "add_person")
    if found.ticket.status == "closed":
        raise Closed("This ticket is closed.")
    address = request.address.strip().lower()
    if len(address) > 254 or not EMAIL.fullmatch(address):
        raise BadRequest("This is no mail address.", field="address")
    person = known_or_new(work, found.ticket.customer_id, address, request.name)
    join(work, found, person)
    return {"ticket": found.ticket.id, "contact": {"id": person.id, "name": person.name}}


def remove_person(work: Work, signed: Signed, request: RemovePerson) -> dict[str, Any]:
    """See docs/protocol.md."""
    found = work.allowed(request.ticket, "remove_person")
    person = contacts.find(work.connection, request.contact)
    if person is None or person.id not in found.participants:
        raise NotFound("They take no part in this ticket.", field="contact")
    if person.id == found.ticket.contact_id:
        raise Conflict("Whoever opened the ticket stays in it.", field="contact")
    tickets.end_participant(work.connection, found.ticket.id, person.id, micros(work.now))
    found.participants -= {person.id}
    _told(work, found, person, joined=False)
    work.order(f"contact:{person.id}", "rights", found.ticket.id)
    return {"ticket": found.ticket.id, "contact": {"id": person.id, "name": person.name}}


def join_copied(work: Work, found: Found, addresses: Sequence[str], domains: Sequence[str]) -> list[str]:
    """Those in copy who are of the customer's own domains take part from now on; the others' addresses."""
    strangers = []
    for place, address in enumerate(dict.fromkeys(each.lower() for each in addresses)):
        if address.rpartition("@")[2] not in domains or not EMAIL.fullmatch(address) or place >= MOST_AT_ONCE:
            strangers.append(address)
        else:
            join(work, found, known_or_new(work, found.ticket.customer_id, address, ""))
    return strangers


def join(work: Work, found: Found, person: Person) -> None:
    """They take part from now on; nothing when they do already."""
    if person.id in found.participants:
        return
    tickets.add_participant(work.connection, found.ticket.id, person.id, micros(work.now))
    found.participants |= {person.id}
    _told(work, found, person, joined=True)
    work.order(f"contact:{person.id}", "follow", found.ticket.id)


def known_or_new(work: Work, customer: str, address: str, name: str, *, verified: bool = False) -> Person:
    """The contact of a customer with an address; one who is new is proven by nothing, unless the caller knows. All who
    have none are one.
    """
    nobody = f"nobody-of-{customer}"

    def known() -> Person | None:
        if address:
            return contacts.by_address(work.connection, customer, address)
        return contacts.find(work.connection, nobody)

    if (found := known()) is not None:
        return found
    if contacts.one_at_a_time(work.connection, customer) and (found := known()) is not None:
        return found
    shown = name.strip()[:120] or address or "Unknown sender"
    new = Person(new_id() if address else nobody, customer, shown, address or None, None, verified, False)
    contacts.add(work.connection, new, micros(work.now))
    work.audit("contact", new.id, {"by": "mail", "verified": verified})
    return new


def _told(work: Work, found: Found, person: Person, *, joined: bool) -> None:
    work.event(found, "member", {"contact": {"id": person.id, "name": person.name}, "joined": joined}, by=None)
    work.show(found)
