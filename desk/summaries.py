"""A ticket in short, as `ready`, `inbox` and lists show it: all that agents see, and the contact's part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from desk import words
from desk.frames import micros_written, written
from store import messages, people
from store.chats import OpenChat
from store.engine import Connection
from store.messages import Last
from store.people import Agent
from store.tickets import Found

INTERNAL_FIELDS = ("internal_seq", "pooled", "asked_severity", "last_at", "starts_at", "in_doubt")
"""`last_at` moves with notes and rings too: to contacts it would tell of them; they have `said_at`. `starts_at`
and `in_doubt` follow from what only agents read."""


def summary(connection: Connection, found: Found, agents: Mapping[str, Agent]) -> dict[str, Any]:
    """One ticket, for agents."""
    return summaries(connection, [found], agents)[0]


def summaries(
    connection: Connection, all_found: Sequence[Found], agents: Mapping[str, Agent] | None = None
) -> list[dict[str, Any]]:
    """Several, for agents, with one query for all last messages and, where `agents` are not known, one for all who are
    named.
    """
    if agents is None:
        agents = people.some(connection, {id for found in all_found for id in _named_in(found)})
    last = messages.last_of(connection, [found.ticket.id for found in all_found])
    return [_summary(connection, found, agents, last.get(found.ticket.id)) for found in all_found]


def _named_in(found: Found) -> list[str]:
    state = None if found.chat is None else found.chat.state
    ids = [found.ticket.owner_id]
    if state is not None and state.state != "ended":
        ids += [state.serving, found.named_id, None if state.ring is None else state.ring.agent]
    return [id for id in ids if id is not None]


def contact_summary(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What contacts may see of it."""
    return {name: value for name, value in fields.items() if name not in INTERNAL_FIELDS}


def _summary(connection: Connection, found: Found, agents: Mapping[str, Agent], last: Last | None) -> dict[str, Any]:
    ticket = found.ticket
    return {
        "ticket": ticket.id,
        "number": f"VD-{ticket.number}",
        "seq": ticket.public_seq,
        "internal_seq": ticket.internal_seq,
        "subject": ticket.subject,
        "status": ticket.status,
        "severity": ticket.severity,
        "asked_severity": ticket.asked_severity,
        "owner": _name(connection, ticket.owner_id, agents),
        "chat": None if found.chat is None else chat_summary(connection, found.chat, agents, found.named_id),
        "due": None,
        "customer": {"id": ticket.customer_id, "name": found.customer_name},
        "contact": {"id": ticket.contact_id, "name": found.contact_name, "verified": found.contact_verified},
        "channel": ticket.channel,
        "technical": bool(ticket.technical),
        "pooled": bool(ticket.pooled),
        "in_doubt": ticket.in_doubt,
        "last_at": micros_written(ticket.last_at),
        "said_at": micros_written(ticket.said_at),
        "starts_at": micros_written(ticket.starts_at),
        "last": None if last is None else {"by_role": last.by_role, "by_name": last.by_name, "text": last.text},
        "read_contact": ticket.contact_read,
        "read_desk": ticket.desk_read,
    }


def chat_summary(
    connection: Connection, chat: OpenChat, agents: Mapping[str, Agent], named_id: str | None
) -> dict[str, Any] | None:
    """The live session in short; None once it has ended."""
    state = chat.state
    if state.state == "ended":
        return None
    serving = None if state.serving is None else _agent(connection, state.serving, agents)
    ringing = None if state.ring is None else _agent(connection, state.ring.agent, agents)
    named = None if named_id is None else _agent(connection, named_id, agents)
    whose = None if named is None else named.name
    return {
        "id": chat.id,
        "state": state.state,
        "serving": None if serving is None else serving.face,
        "ringing": None if ringing is None else ringing.face,
        "expires_at": None if state.ring is None else written(state.ring.expires_at),
        "step": state.step,
        "because": chat.because,
        "waiting_since": written(state.waiting_since),
        "words": "" if serving is None else words.live(chat.language, serving.name, state.step, whose),
    }


def _agent(connection: Connection, id: str, agents: Mapping[str, Agent]) -> Agent | None:
    return agents.get(id) or people.find_agent(connection, id)


def _name(connection: Connection, id: str | None, agents: Mapping[str, Agent]) -> dict[str, str] | None:
    found = None if id is None else _agent(connection, id, agents)
    return None if found is None else {"id": found.id, "name": found.name}
