"""The press of the unique button: the chat that is open already, the recent ticket, or a new one; then the decision."""

from __future__ import annotations

from typing import Any

from desk import words
from desk.actors import Signed
from desk.deciding import decide
from desk.paging import page_admins
from desk.requests import Press
from desk.summaries import chat_summary, contact_summary, summary
from desk.work import Work
from desk.writing import write_message
from routing import chat as moves
from routing import entitlement
from routing.allow import Facts, allow
from routing.errors import BadRequest, NotFound
from routing.ticket import contact_wrote, landing, severity_at_press
from store import candidates, chats, people, tickets
from store.candidates import Way
from store.chats import OpenChat
from store.ids import new_id
from store.people import Contact
from store.tickets import Found, Ticket
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
        found = _recent(work, contact, way) or new_ticket(work, contact, way, "chat", request.text, request.severity)
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


def new_ticket(
    work: Work,
    contact: Contact,
    way: Way,
    channel: str,
    text: str | None,
    severity: int | None,
    linked: str | None = None,
) -> Found:
    """A ticket is born: owned by the named agent while the add-on is valid, also out of hours."""
    judged = severity_at_press(severity, contact.verified)
    at = micros(work.now)
    due = entitlement.due(work.now, way.calendar, way.line.add_on, "verified", "open")
    holds = due.because not in ("not_entitled", "not_started", "expired")
    named = work.agents.get(way.line.named or "") if holds else None
    ticket = Ticket(
        id=new_id(),
        number=tickets.next_number(work.connection),
        customer_id=way.customer_id,
        button_id=way.button_id,
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
        public_seq=0,
        internal_seq=0,
        contact_read=0,
        desk_read=0,
        last_at=at,
        said_at=None,
        linked_id=linked,
        created_at=at,
        solved_at=None,
        closed_at=None,
    )
    tickets.add(work.connection, ticket)
    tickets.add_participant(work.connection, ticket.id, contact.id, at)
    work.audit("ticket", ticket.id, {"customer": way.customer_id, "owner": ticket.owner_id})
    found = work.ticket(ticket.id)
    work.order(f"contact:{contact.id}", "follow", ticket.id)
    if ticket.owner_id is not None:
        work.order(f"agent:{ticket.owner_id}", "follow", ticket.id)
    work.show(found)
    return found


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
