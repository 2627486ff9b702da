"""A visitor is verified in mid-chat: ticket and chat stay what they are, the person behind them gets a name."""

from __future__ import annotations

from desk.deciding import decide, end_chat, freed
from desk.handing import offer_change
from desk.ringing import refused
from desk.work import Work
from routing import chat as moves
from routing import choose
from routing.choose import Request
from routing.errors import NotFound
from store import candidates, chats, contacts, people, rings, tickets
from store.people import Contact
from store.tickets import Found
from store.times import micros


def verified(work: Work, visitor_id: str, contact_id: str) -> None:
    """Everything the visitor takes part in is the contact's from now on. Raises NotFound."""
    contact = people.find_contact(work.connection, contact_id)
    if contact is None:
        raise NotFound
    contacts.became(work.connection, visitor_id, contact_id)
    for id in tickets.of_contact(work.connection, visitor_id):
        found = work.ticket(id)
        _hand_over(work, found, visitor_id, contact)
        if found.chat is not None and found.chat.contact_id == contact_id:
            _decide_again(work, found)
    work.audit("verified", contact_id, {"visitor": visitor_id})
    freed(work)


def _hand_over(work: Work, found: Found, visitor_id: str, contact: Contact) -> None:
    at = micros(work.now)
    if contact.id not in found.participants:
        tickets.add_participant(work.connection, found.ticket.id, contact.id, at)
    tickets.end_participant(work.connection, found.ticket.id, visitor_id, at)
    found.participants = found.participants - {visitor_id} | {contact.id}
    if found.ticket.contact_id == visitor_id:
        found.ticket.contact_id, found.contact_name, found.contact_verified = contact.id, contact.name, contact.verified
    if found.chat is not None and found.chat.contact_id == visitor_id:
        already = chats.open_of(work.connection, contact.id, found.chat.button_id)
        if already is None:
            found.chat.contact_id = contact.id
        else:  # they are in a chat under their own name already: that one goes on
            end_chat(work, found, moves.left(found.chat.state))
    work.event(found, "member", {"contact": {"id": contact.id, "name": contact.name}, "joined": True}, by=None)
    work.order(f"contact:{contact.id}", "follow", found.ticket.id)
    work.show(found)


def _decide_again(work: Work, found: Found) -> None:
    """Never worse: who waits is asked for anew, a ring gives way only to the dedicated service, who speaks stays."""
    assert found.chat is not None
    state = found.chat.state
    if state.state == "waiting":
        decide(work, found)
    elif state.state == "ringing" and not found.chat.dedicated and _would_be_dedicated(work, found):
        ring = next(each for each in rings.open_of_ticket(work.connection, found.ticket.id) if each.kind == "serve")
        refused(work, found, ring, "given_up", "")
    elif state.state == "live" and found.named_id is not None and found.named_id != state.serving:
        known = candidates.candidates(work.connection, work.now, work.present)
        named = known.get(found.named_id)
        if named is not None and named.status == "available" and named.load < named.capacity:
            offer_change(work, found, found.named_id)


def _would_be_dedicated(work: Work, found: Found) -> bool:
    assert found.chat is not None
    way = candidates.way_of(work.connection, found.chat.button_id, work.now)
    assert way is not None, "a chat's button never goes away"
    known = candidates.candidates(work.connection, work.now, work.present)
    request = Request(found.ticket.severity, bool(found.ticket.technical), "verified", found.chat.language)
    decision = choose.decide(work.now, way.calendar, way.line, known, request)
    return decision.action == "ring" and decision.dedicated
