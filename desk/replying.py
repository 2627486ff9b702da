"""Answers that leave as mails: to whom, as the continuation of what, and back again while that can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desk import posting
from desk.actors import Signed
from desk.requests import AgentSay, TakeBack
from desk.work import Work
from routing.errors import BadRequest, Conflict, NotFound
from routing.outgoing import UNDO, goes_by_mail
from routing.ticket import Status
from store import messages, outbox, outgoing, people
from store.engine import Row
from store.outbox import Role, To
from store.people import Contact
from store.receipts import Said
from store.tickets import Found

MOST_QUOTED = 20_000
"""Characters of what is answered that go along."""


@dataclass(frozen=True)
class Answer:
    """`last`: the contact's words that are answered; `to`: who gets the mail."""

    last: Row
    to: Sequence[To]


def by_mail(work: Work, found: Found, copied: Sequence[str] | None) -> Answer | None:
    """What an answer by mail answers, and to whom it goes; None: it does not go by mail.

    Raises BadRequest when somebody is to get a copy who takes no part.
    """
    last = messages.last_of_contact(work.connection, found.ticket.id)
    if last is None or not goes_by_mail(in_chat=found.has_chat, came_by=last.channel):
        return None
    to = _recipients(work, found, last.author_id, copied)
    return Answer(last, to) if to else None


def reply(work: Work, found: Found, signed: Signed, request: AgentSay, said: Said, answer: Answer, was: Status) -> None:
    """Queues it, as the continuation of what came. `was`: how the ticket stood, when the answer is taken back."""
    last = answer.last
    answers, before = outbox.thread(work.connection, found.ticket.id)
    reader = people.find_contact(work.connection, last.author_id)
    mail = posting.post(
        work,
        found,
        kind="reply",
        to=answer.to,
        subject=answer_to(found.ticket.subject),
        body=request.body,
        name=signed.name,
        by_id=signed.actor.id,
        seqs=[said.seq],
        undo=UNDO,
        details={
            "in_reply_to": answers,
            "references": list(before),
            "files": list(request.files),
            "quote": {"name": last.name or "", "at": last.at, "text": last.body[:MOST_QUOTED]},
            "signature": signature(work, signed.actor.id),
            "language": "en" if reader is None else reader.language,
            "was": was,
            "became": found.ticket.status,
        },
    )
    messages.mailed(work.connection, found.ticket.id, [said.seq], mail)


def take_back(work: Work, signed: Signed, request: TakeBack) -> dict[str, Any]:
    """See docs/protocol.md: until it leaves, by whoever wrote it."""
    found = work.allowed(request.ticket, "take_back")
    mail = outgoing.find(work.connection, request.mail)
    if mail is None or mail.ticket_id != found.ticket.id or mail.by_id != signed.actor.id:
        raise NotFound("There is no such mail of yours on this ticket.", field="mail")
    if not posting.withdraw(work, mail):
        raise Conflict("This mail has left already.", field="mail")
    return {"ticket": found.ticket.id, "mail": mail.id, "body": mail.body}


def signature(work: Work, agent_id: str) -> str:
    """What stands under an agent's mails: their own words, else their name and title."""
    agent = work.agent(agent_id)
    return agent.signature or "\n".join(line for line in (agent.name, agent.title) if line)


def answer_to(subject: str) -> str:
    """The subject of an answer (RFC 5322 §3.6.5)."""
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}".rstrip()


def _recipients(work: Work, found: Found, writer: str, copied: Sequence[str] | None) -> list[To]:
    """Whoever wrote last, else who opened the ticket, else the first; the others get a copy, or those who were chosen.
    Nobody, where nobody has an address.
    """
    if copied is not None and not set(copied) <= found.participants:
        raise BadRequest("A copy goes to people who take part in the ticket.", field="cc")
    taking_part = (people.find_contact(work.connection, id) for id in sorted(found.participants))
    able = {each.id: each for each in taking_part if each is not None and each.email}
    if not able:
        return []
    main = next((id for id in (writer, found.ticket.contact_id) if id in able), min(able))
    others = [id for id in able if id != main and (copied is None or id in copied)]
    return [_to(able[main], "to"), *(_to(able[id], "cc") for id in others)]


def _to(contact: Contact, role: Role) -> To:
    return To(str(contact.email), contact.name, role)
