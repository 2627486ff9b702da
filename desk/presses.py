"""The press of the unique button: the chat that is open already, the recent ticket, or a new one; then the decision."""

from __future__ import annotations

from typing import Any

from desk import words
from desk.actors import Signed
from desk.deciding import decide
from desk.paging import page_admins
from desk.requests import Press
from desk.summaries import chat_summary, contact_summary, summary
from desk.tickets import new_ticket, place_of
from desk.work import Work
from desk.writing import write_message
from routing import chat as moves
from routing.allow import Facts, allow
from routing.errors import BadRequest, NotFound
from routing.ticket import contact_wrote, landing
from store import candidates, chats, people, tickets
from store.candidates import Way
from store.chats import OpenChat
from store.ids import new_id
from store.people import Contact
from store.tickets import Found
from store.times import instant, micros


def press(work: Work, signed: Signed, request: Press) -> dict[str, Any]:
    """See PROTOCOL's `press`."""
    if request.message_only and not (request.text or "").strip():
        raise BadRequest("A message needs some text.", field="text")
    way = _way(work, signed)
    contact = people.find_contact(work.connection, signed.actor.id)
    if contact is None:
        raise NotFound
    already = chats.open_of(work.connection, contact.id, way.button_id)
    if already is not None:
        found = work.ticket(already)
        _say(work, found, signed, request)
    else:
        found = _recent(work, contact, way) or new_ticket(
            work, contact, place_of(way), "chat", request.text, request.severity
        )
        _begin(work, found, signed, request, contact, way)
    return {
        "ticket": found.ticket.id,
        "seq": found.ticket.public_seq,
        "chat": None if found.chat is None else chat_summary(work.connection, found.chat, work.agents, found.named_id),
        "summary": contact_summary(summary(work.connection, found, work.agents)),
    }


def _way(work: Work, signed: Signed) -> Way:
    way = None if signed.button_id is None else candidates.way_of(work.connection, signed.button_id, work.now)
    if way is None or not allow(signed.actor, "press", Facts("customer", way.customer_id)).allowed:
        raise NotFound
    return way


def _recent(work: Work, contact: Contact, way: Way) -> Found | None:
    since = micros(work.now - moves.SAME_TICKET)
    id = tickets.recent(work.connection, contact.id, way.button_id, since)
    if id is None:
        return None
    found = work.ticket(id)
    solved_at = None if found.ticket.solved_at is None else instant(found.ticket.solved_at)
    same = found.chat is None and landing(found.ticket.status, solved_at, work.now) == "same"
    return found if same else None


def _begin(work: Work, found: Found, signed: Signed, request: Press, contact: Contact, way: Way) -> None:
    ticket = found.ticket
    ticket.status = contact_wrote(ticket.status)
    if request.technical:
        ticket.technical = 1
    if request.severity is not None and ticket.severity is None and contact.verified:
        ticket.severity = request.severity
    _say(work, found, signed, request)
    if ticket.severity in (1, 2):
        page_admins(work, found)
    if not request.message_only:
        chat = OpenChat(
            id=new_id(),
            ticket_id=ticket.id,
            button_id=way.button_id,
            contact_id=contact.id,
            because=None,
            dedicated=False,
            language=signed.language,
            zone=signed.zone,
            version=0,
            started_at=micros(work.now),
            state=moves.pressed(work.now),
        )
        work.begin_chat(found, chat)
        decide(work, found)
    work.show(found)


def _say(work: Work, found: Found, signed: Signed, request: Press) -> None:
    if request.text is not None and request.text.strip():
        write_message(work, found, signed, request.text, [], rid=request.rid)
        if not found.ticket.subject:
            found.ticket.subject = words.subject(request.text)
            work.show(found)
