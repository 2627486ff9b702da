"""What is said on a ticket: by contacts, by agents in public, by agents among themselves."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec

from desk import replying, words
from desk.actors import Signed
from desk.deciding import end_chat
from desk.frames import micros_written
from desk.requests import AgentSay, ContactSay
from desk.statuses import set_status, tell_status
from desk.tickets import new_ticket, place_of
from desk.work import Work
from desk.writing import write_message
from routing import chat as moves
from routing.chat import UNREAD_MAIL
from routing.errors import BadRequest, Closed, Stale, TooLarge
from routing.ticket import answered, contact_wrote, default_next, landing
from store import candidates, events, people
from store.receipts import Said
from store.tickets import Found
from store.times import instant

MOST_BYTES = 16 * 1024
UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Spaces, control signs and signs without width: of them alone no message is made."""


def answer_said(signed: Signed, said: Said) -> dict[str, Any]:
    """The answer to `say`, also when its rid comes again."""
    answer = {"ticket": said.ticket_id, "seq": said.seq, "at": micros_written(said.at)}
    return answer | ({"stream": said.stream} if signed.actor.kind == "agent" else {})


def say_as_contact(work: Work, signed: Signed, request: ContactSay) -> dict[str, Any]:
    """See PROTOCOL's `say` of contacts."""
    _check(request.body, request.files)
    found = work.allowed(request.ticket, "say")
    found = _landed(work, found, signed, request)
    was = found.ticket.status
    found.ticket.status = contact_wrote(was)
    said = write_message(work, found, signed, request.body, request.files, rid=request.rid)
    tell_status(work, found, was)
    if not found.ticket.subject:
        found.ticket.subject = words.subject(request.body)
        work.show(found)
    return answer_said(signed, said)


def _landed(work: Work, found: Found, signed: Signed, request: ContactSay) -> Found:
    """The ticket itself, or, when it is closed or solved for long, a new one linked to it."""
    solved_at = None if found.ticket.solved_at is None else instant(found.ticket.solved_at)
    if landing(found.ticket.status, solved_at, work.now) == "same":
        return found
    contact = people.find_contact(work.connection, signed.actor.id)
    button = found.ticket.button_id or signed.button_id
    way = None if button is None else candidates.way_of(work.connection, button, work.now)
    if contact is None or way is None:
        raise Closed("This ticket is closed.")
    return new_ticket(work, contact, place_of(way), found.ticket.channel, request.body, None, linked=found.ticket.id)


def say_as_agent(work: Work, signed: Signed, request: AgentSay) -> dict[str, Any]:
    """See PROTOCOL's `say` of agents: `stale` when somebody else said something the writer has not seen."""
    _check(request.body, request.files)
    found = work.allowed(request.ticket, "say")
    if request.visibility == "internal":
        said = write_message(work, found, signed, request.body, request.files, rid=request.rid, internal=True)
        return answer_said(signed, said)
    if found.ticket.status == "closed":
        raise Closed("This ticket is closed.")
    _check_fresh(work, found, signed, request)
    answer = replying.by_mail(work, found, request.cc)
    channel = None if answer is None else "mail"
    said = write_message(work, found, signed, request.body, request.files, rid=request.rid, channel=channel)
    was = found.ticket.status
    found.ticket.starts_at = None
    next = request.next or default_next(found.ticket.severity)
    set_status(work, found, answered(was, next))
    if next == "solved" and found.chat is not None:
        end_chat(work, found, moves.ended(found.chat.state, "solved"))
    if answer is None:
        work.job("unread_mail", f"unread:{found.ticket.id}", UNREAD_MAIL, {"ticket": found.ticket.id})
    else:
        replying.reply(work, found, signed, request, said, answer, was)
    return answer_said(signed, said)


def _check_fresh(work: Work, found: Found, signed: Signed, request: AgentSay) -> None:
    if request.anyway:
        return
    if request.base_seq is None:
        raise BadRequest("A public reply names the last event that its writer saw.", field="base_seq")
    later = messages_of_others(work, found, signed, request.base_seq)
    if later:
        raise Stale("Somebody wrote in the meantime.", events=later)


def messages_of_others(work: Work, found: Found, signed: Signed, seq: int) -> list[Any]:
    """Public messages behind a seq that somebody else wrote, ready to be sent."""
    found_later = events.messages_after(work.connection, found.ticket.id, seq)
    return [msgspec.json.decode(frame) for frame, by in found_later if by != signed.actor.id]


def _check(body: str, files: list[str]) -> None:
    if not files and all(unicodedata.category(sign) in UNSEEN for sign in body):
        raise BadRequest("A message needs some text or a file.", field="body")
    if len(body.encode()) > MOST_BYTES:
        raise TooLarge("The text is longer than 16 KiB.", field="body")
    if "\x00" in body:
        raise BadRequest("The text contains a character that is no text.", field="body")
