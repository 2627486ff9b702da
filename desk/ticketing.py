"""Verbs on the ticket itself: severity, status, what was read, how it was, links to files, who looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from desk.actors import Signed
from desk.deciding import decide, end_chat, give_up_serve_ring
from desk.frames import written
from desk.holding_back import expect_harmless
from desk.paging import page_admins
from desk.requests import AskSeverity, Link, Rate, Read, SetSeverity, SetStatus, View
from desk.statuses import closes_later
from desk.statuses import set_status as move_status
from desk.work import Work
from routing import chat as moves
from routing.allow import allow
from routing.errors import BadRequest, Closed, Forbidden, NotFound
from routing.ticket import closed_by_time, closes_at, effective_severity, set_by_agent, set_by_lead
from store import attachments, events, jobs, people, reads
from store.tickets import Found
from store.times import instant, micros

LINK_LASTS = timedelta(minutes=10)
READ_PAUSE = timedelta(seconds=1)


def ask_severity(work: Work, signed: Signed, request: AskSeverity) -> dict[str, Any]:
    """A verified contact's word holds until an agent has confirmed one; else, and after that, it is a request."""
    found = work.allowed(request.ticket, "ask_severity")
    if found.ticket.status == "closed":
        raise Closed("This ticket is closed.")
    contact = people.find_contact(work.connection, signed.actor.id)
    holds = contact is not None and contact.verified and not found.ticket.severity_confirmed
    if holds:
        found.ticket.asked_severity = None
        _change(work, found, request.severity, {"mode": "asked", "reason": request.reason})
    else:
        found.ticket.asked_severity = request.severity
        data = {"asked": request.severity, "severity": found.ticket.severity, "reason": request.reason, "mode": "asked"}
        work.event(found, "severity", data, internal=True)
        work.show(found)
    return {"ticket": found.ticket.id, "severity": found.ticket.severity}


def set_severity(work: Work, signed: Signed, request: SetSeverity) -> dict[str, Any]:
    """The situation changed, or it was wrong from the start (leads; any agent once for an unset one)."""
    found = work.allowed(request.ticket, "set_severity")
    if found.ticket.status == "closed":
        raise Closed("This ticket is closed.")
    if not request.reason.strip():
        raise BadRequest("A change of severity needs its reason.", field="reason")
    corrects = request.mode == "correction" and found.ticket.severity is not None
    if corrects and not allow(signed.actor, "correct_severity", found.facts).allowed:
        raise Forbidden("Only a lead corrects a severity that was set.", field="mode")
    found.ticket.severity_confirmed, found.ticket.asked_severity = 1, None
    _change(work, found, request.severity, {"mode": request.mode, "reason": request.reason})
    return {"ticket": found.ticket.id, "severity": found.ticket.severity}


def _change(work: Work, found: Found, severity: int, why: dict[str, Any]) -> None:
    was, found.ticket.severity = found.ticket.severity, severity
    work.event(found, "severity", {"severity": severity, "was": was})
    work.event(found, "severity", {"severity": severity, "was": was} | why, internal=True)
    work.audit("severity", found.ticket.id, {"severity": severity, "was": was} | why)
    if severity in (1, 2) and effective_severity(was) > 2:
        page_admins(work, found)
    if found.chat is not None and found.chat.state.state == "waiting":
        decide(work, found)
    work.show(found)
    work.job("queue", "queue")


def set_status(work: Work, signed: Signed, request: SetStatus) -> dict[str, Any]:
    """By hand; solved and closed end the chat."""
    found = work.allowed(request.ticket, "set_status")
    if allow(signed.actor, "close", found.facts).allowed:
        wanted = set_by_lead(found.ticket.status, request.status)
    else:
        wanted = set_by_agent(found.ticket.status, request.status)
    move_status(work, found, wanted, request.reason)
    if found.chat is not None and wanted in ("solved", "closed"):
        if found.chat.state.ring is not None:
            give_up_serve_ring(work, found)
        end_chat(work, found, moves.ended(found.chat.state, "solved"))
    return {"ticket": found.ticket.id, "status": found.ticket.status}


def close_by_time(work: Work, ticket_id: str) -> None:
    """Solved and untouched for 14 days; if it was solved anew since, it is looked at again."""
    found = work.ticket(ticket_id)
    if found.ticket.status != "solved" or found.ticket.solved_at is None:
        return
    solved_at = instant(found.ticket.solved_at)
    if work.now < closes_at(solved_at):
        closes_later(work, found)
    else:
        move_status(work, found, closed_by_time(found.ticket.status, solved_at, work.now))


def rate(work: Work, signed: Signed, request: Rate) -> dict[str, Any]:
    """How it was; the last word stands."""
    found = work.allowed(request.ticket, "rate")
    reads.rate(work.connection, found.ticket.id, signed.actor.id, request.score, request.text[:2000], micros(work.now))
    work.event(found, "rating", {"score": request.score, "text": request.text[:2000]}, internal=True)
    return {"ticket": found.ticket.id}


def link(work: Work, signed: Signed, request: Link) -> dict[str, Any]:
    """Whether the file is of what they see of the ticket; the address itself is made by whoever serves it."""
    found = work.allowed(request.ticket, "link")
    carried = attachments.is_of if signed.actor.kind == "agent" else attachments.is_shown
    if not carried(work.connection, request.file, found.ticket.id):
        raise NotFound("This file is not there.", field="file")
    expect_harmless(work.connection, request.file)
    until = work.now + LINK_LASTS
    return {"file": request.file, "preview": request.preview, "until": written(until)}


def view(work: Work, signed: Signed, request: View) -> dict[str, Any]:
    """Where the streams stand, for who begins to look."""
    found = work.allowed(request.ticket, "view")
    return {"ticket": found.ticket.id, "seq": found.ticket.public_seq, "internal_seq": found.ticket.internal_seq}


# Read marks -------------------------------------------------------------------------------------------------------


def read(work: Work, signed: Signed, request: Read) -> dict[str, Any]:
    """Read up to a seq: the watermark of the side, told at most once a second.

    A read mark is not read itself: else two who look would tell each other for ever that they saw the other's mark.
    """
    found = work.allowed(request.ticket, "read")
    seq = events.last_but(work.connection, found.ticket.id, "read", request.seq)
    reads.mark(work.connection, found.ticket.id, signed.actor.id, seq)
    side = "contact" if signed.actor.kind == "contact" else "desk"
    moved = _mark(found, side, seq)
    if moved and not jobs.exists(work.connection, _read_key(found, side)):
        _tell_read(work, found, side, seq)
    return {"ticket": found.ticket.id, "seq": seq}


def tell_read(work: Work, ticket_id: str, side: str, told: int) -> None:
    """The second is over: what was read meanwhile is told."""
    found = work.ticket(ticket_id)
    seq = found.ticket.contact_read if side == "contact" else found.ticket.desk_read
    if seq > told:
        _tell_read(work, found, side, seq)


def _mark(found: Found, side: str, seq: int) -> bool:
    if side == "contact" and seq > found.ticket.contact_read:
        found.ticket.contact_read = seq
    elif side == "desk" and seq > found.ticket.desk_read:
        found.ticket.desk_read = seq
    else:
        return False
    return True


def _tell_read(work: Work, found: Found, side: str, seq: int) -> None:
    work.event(found, "read", {"by_side": side, "seq": seq}, by=None)
    work.job("tell_read", _read_key(found, side), READ_PAUSE, {"ticket": found.ticket.id, "side": side, "told": seq})


def _read_key(found: Found, side: str) -> str:
    return f"read:{found.ticket.id}:{side}"
