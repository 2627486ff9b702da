"""Chats: the open one of a ticket, its moves by compare-and-set, who waits, the waits that were. Rings: rings.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, cast

from sqlalchemy import bindparam, insert, select, update

from routing.chat import Chat, Ring, State
from routing.choose import Step
from store.engine import Connection, Row
from store.schema import chat, customer, ticket
from store.times import instant, micros


@dataclass(slots=True)
class OpenChat:
    """An un-ended chat inside one transaction; `state` moves by routing.chat, `save` compares the version."""

    id: str
    ticket_id: str
    button_id: str
    contact_id: str
    because: str | None
    dedicated: bool
    language: str
    zone: str
    version: int
    started_at: int
    state: Chat

    def copy(self) -> OpenChat:
        """As it is now."""
        return OpenChat(*_fields(self))


_fields: Callable[[OpenChat], tuple[Any, ...]] = attrgetter(*OpenChat.__dataclass_fields__)
NOBODY: frozenset[str] = frozenset()
CHAT_COLUMNS = tuple(
    chat.c[name].label(f"chat_{name}")
    for name in chat.c.keys()  # noqa: SIM118  # columns are no mapping
)
_ADD = insert(chat)
_SAVE = (
    update(chat)
    .where(chat.c.id == bindparam("b_id"), chat.c.version == bindparam("b_version"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "state",
                "step",
                "because",
                "serving_id",
                "dedicated",
                "tried",
                "forgiven_at",
                "grace_until",
                "contact_gone_at",
                "version",
                "served_at",
                "ended_at",
                "ended_because",
                "waiting_since",
                "contact_id",
            )
        }
    )
)
_OPEN_OF_CONTACT = select(chat.c.ticket_id).where(
    chat.c.contact_id == bindparam("contact"), chat.c.button_id == bindparam("button"), chat.c.ended_at.is_(None)
)
_CALLED = (
    select(ticket.c.id)
    .outerjoin(chat, chat.c.ticket_id == ticket.c.id)
    .where((ticket.c.number == bindparam("number")) | (ticket.c.id == bindparam("id")) | (chat.c.id == bindparam("id")))
    .limit(1)
)
_WAITING = select(chat.c.ticket_id).where(chat.c.state == "waiting", chat.c.ended_at.is_(None))
_OF_OTHERS = (
    select(chat.c.ticket_id)
    .join(ticket, ticket.c.id == chat.c.ticket_id)
    .join(customer, customer.c.id == ticket.c.customer_id)
    .where(
        chat.c.state == "live",
        chat.c.dedicated == 1,
        customer.c.named_id == bindparam("named"),
        chat.c.serving_id != bindparam("named"),
    )
)
_OF_AGENT = select(chat.c.ticket_id).where(chat.c.serving_id == bindparam("agent"), chat.c.ended_at.is_(None))
_OF_CONTACT = select(chat.c.ticket_id).where(chat.c.contact_id == bindparam("contact"), chat.c.ended_at.is_(None))
_SERVED = (
    select(chat.c.waiting_since, chat.c.served_at)
    .where(chat.c.served_at.is_not(None))
    .order_by(chat.c.served_at.desc())
    .limit(10)
)
_PEOPLE = select(chat.c.contact_id, chat.c.serving_id, chat.c.state, chat.c.contact_gone_at).where(
    chat.c.ended_at.is_(None)
)


def ticket_called(connection: Connection, name: str) -> str | None:
    """The ticket of a number such as VD-12, of its own id or of a chat's."""
    number = name.upper().removeprefix("VD-")
    known = number.isascii() and number.isdigit() and len(number) <= 9
    found: str | None = connection.scalar(_CALLED, number=int(number) if known else 0, id=name)
    return found


def chat_of(row: Row) -> OpenChat:
    """The open chat of a row that has CHAT_COLUMNS, the serve ring and when the ticket's last word was said."""
    ring = None if row.serve_id is None else Ring(row.serve_agent, row.serve_id, instant(row.serve_expires_at))
    state = Chat(
        cast(State, row.chat_state),
        instant(row.chat_waiting_since),
        instant(max(row.chat_started_at, row.said_at or 0)),
        row.chat_serving_id,
        _maybe(row.chat_served_at),
        ring,
        _maybe(row.chat_grace_until),
        cast("Step | None", row.chat_step),
        NOBODY if row.chat_tried == "[]" else frozenset(json.loads(row.chat_tried)),
        _maybe(row.chat_forgiven_at),
        _maybe(row.chat_contact_gone_at),
    )
    return OpenChat(
        row.chat_id,
        row.chat_ticket_id,
        row.chat_button_id,
        row.chat_contact_id,
        row.chat_because,
        bool(row.chat_dedicated),
        row.chat_language,
        row.chat_zone,
        row.chat_version,
        row.chat_started_at,
        state,
    )


def _maybe(value: int | None) -> datetime | None:
    return None if value is None else instant(value)


def _columns(open_chat: OpenChat, ended_at: int | None) -> dict[str, object]:
    state = open_chat.state
    return {
        "state": state.state,
        "step": state.step,
        "because": open_chat.because,
        "serving_id": state.serving,
        "dedicated": int(open_chat.dedicated),
        "tried": json.dumps(sorted(state.tried)),
        "forgiven_at": _micros(state.forgiven_at),
        "grace_until": _micros(state.grace_until),
        "contact_gone_at": _micros(state.gone_since),
        "served_at": _micros(state.served_at),
        "waiting_since": micros(state.waiting_since),
        "ended_at": ended_at,
        "ended_because": state.ended_because,
        "contact_id": open_chat.contact_id,
    }


def _micros(value: datetime | None) -> int | None:
    return None if value is None else micros(value)


def add(connection: Connection, new: OpenChat) -> None:
    """A new chat. Raises Violation when the contact pressed in another window meanwhile."""
    connection.run(
        _ADD,
        id=new.id,
        ticket_id=new.ticket_id,
        button_id=new.button_id,
        language=new.language,
        zone=new.zone,
        version=new.version,
        started_at=new.started_at,
        **_columns(new, None),
    )


def save(connection: Connection, changed: OpenChat, now: int) -> bool:
    """Writes back when nobody else did meanwhile; False: the race is lost."""
    ended_at = now if changed.state.state == "ended" else None
    done = connection.run(
        _SAVE,
        b_id=changed.id,
        b_version=changed.version,
        **(_columns(changed, ended_at) | {"version": changed.version + 1}),
    )
    changed.version += 1
    return done == 1


def open_of(connection: Connection, contact: str, button: str) -> str | None:
    """The ticket of this contact's un-ended chat by this button."""
    return cast("str | None", connection.scalar(_OPEN_OF_CONTACT, contact=contact, button=button))


def waiting(connection: Connection) -> list[str]:
    """Tickets of all chats in the queue, in no order: routing.waiting has it."""
    return [row.ticket_id for row in connection.all(_WAITING)]


def served_by_others(connection: Connection, named: str) -> list[str]:
    """Tickets of the live dedicated chats of this named agent's customers that somebody else serves."""
    return [row.ticket_id for row in connection.all(_OF_OTHERS, named=named)]


def served_by(connection: Connection, agent: str) -> list[str]:
    """Tickets of the un-ended chats an agent serves."""
    return [row.ticket_id for row in connection.all(_OF_AGENT, agent=agent)]


def open_with(connection: Connection, contact: str) -> list[str]:
    """Tickets of a contact's un-ended chats."""
    return [row.ticket_id for row in connection.all(_OF_CONTACT, contact=contact)]


def last_waits(connection: Connection) -> list[timedelta]:
    """From press to answer, of the last ten chats that were answered after having waited, oldest first."""
    rows = connection.all(_SERVED)
    waits = [timedelta(microseconds=row.served_at - row.waiting_since) for row in rows]
    return [wait for wait in reversed(waits) if wait > timedelta(seconds=30)]


@dataclass(frozen=True)
class People:
    """Who is in an un-ended chat."""

    contact: str
    serving: str | None
    state: str
    gone_at: int | None


def people_of_open(connection: Connection) -> list[People]:
    """Contact and serving agent of every un-ended chat."""
    return [People(row.contact_id, row.serving_id, row.state, row.contact_gone_at) for row in connection.all(_PEOPLE)]
