"""Messages: what was said, by whom, where; unique by author and rid for ever. The frames: events.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, case, func, insert, or_, select, update

from store.engine import Connection, Row
from store.schema import agent, contact, mail_item, message, outgoing_mail, ticket

_ADD = insert(message)
_newest = (
    select(message.c.stream, func.max(message.c.seq).label("seq"))
    .where(message.c.stream.in_(bindparam("streams", expanding=True)))
    .group_by(message.c.stream)
    .subquery()
)
_LAST = (
    select(
        message.c.ticket_id,
        message.c.author_role,
        message.c.body,
        func.coalesce(agent.c.name, contact.c.name).label("author_name"),
    )
    .join(_newest, and_(_newest.c.stream == message.c.stream, _newest.c.seq == message.c.seq))
    .outerjoin(agent, agent.c.id == message.c.author_id)
    .outerjoin(contact, contact.c.id == message.c.author_id)
)
_ASKED = (
    select(message.c.body)
    .where(message.c.stream == bindparam("stream"), message.c.author_role == "contact")
    .order_by(message.c.seq.desc())
    .limit(1)
)
_LAST_OF_CONTACT = (
    select(message.c.seq, message.c.channel, message.c.author_id, message.c.body, message.c.at, contact.c.name)
    .outerjoin(contact, contact.c.id == message.c.author_id)
    .outerjoin(mail_item, and_(mail_item.c.ticket_id == message.c.ticket_id, mail_item.c.seq == message.c.seq))
    .where(message.c.stream == bindparam("stream"), message.c.author_role == "contact")
    .order_by(case((mail_item.c.kind.in_(("auto", "bulk")), 1), else_=0), message.c.seq.desc())
    .limit(1)
)
_UNREAD = (
    select(message.c.seq, message.c.body, message.c.at, agent.c.name)
    .join(ticket, ticket.c.id == message.c.ticket_id)
    .join(agent, agent.c.id == message.c.author_id)
    .where(message.c.stream == bindparam("stream"), message.c.seq > ticket.c.contact_read, message.c.mailed.is_(None))
    .order_by(message.c.seq)
)
_SENT = (
    select(message.c.body)
    .where(message.c.stream == bindparam("stream"), message.c.author_role == "agent", message.c.body != "")
    .order_by(message.c.seq.desc())
    .limit(bindparam("most"))
)
_ANSWER = (
    select(func.max(message.c.seq).label("seq"))
    .outerjoin(outgoing_mail, outgoing_mail.c.id == message.c.mailed)
    .where(
        message.c.stream == bindparam("stream"),
        message.c.author_role == "agent",
        or_(outgoing_mail.c.id.is_(None), outgoing_mail.c.state.not_in(("bounced", "withdrawn"))),
    )
)
_MAILED = (
    update(message)
    .where(message.c.stream == bindparam("of"), message.c.seq.in_(bindparam("seqs", expanding=True)))
    .values(mailed=bindparam("mail"))
)
_SEARCH = (
    select(message.c.ticket_id)
    .where(func.lower(message.c.body).like(bindparam("pattern"), escape="\\"))
    .distinct()
    .limit(200)
)


@dataclass(frozen=True)
class Last:
    """The newest message of a ticket in short."""

    by_role: str
    by_name: str | None
    text: str


def add(connection: Connection, **columns: Any) -> None:
    """A message. Raises Violation when the author used this rid before."""
    connection.run(_ADD, **columns)


def last_of(connection: Connection, tickets: Sequence[str]) -> dict[str, Last]:
    """The newest public message of each ticket."""
    if not tickets:
        return {}
    return {
        row.ticket_id: Last(row.author_role, row.author_name, row.body[:120])
        for row in connection.all(_LAST, streams=list(tickets))
    }


def asked_last(connection: Connection, ticket_id: str) -> str:
    """What the contact wrote last, in short; empty when they wrote nothing."""
    row = connection.one(_ASKED, stream=ticket_id)
    return str(row.body)[:120] if row else ""


def sent_on(connection: Connection, ticket_id: str, most: int = 50) -> list[str]:
    """What agents wrote there in public, the newest first."""
    return [row.body for row in connection.all(_SENT, stream=ticket_id, most=most)]


def last_of_contact(connection: Connection, ticket_id: str) -> Row | None:
    """The newest public message that a contact wrote: seq, channel, author_id, body, at, name. What their program wrote
    counts only where there is nothing else.
    """
    return connection.one(_LAST_OF_CONTACT, stream=ticket_id)


def last_answer(connection: Connection, ticket_id: str) -> int:
    """The seq of the last that agents said in public and that was not taken back, nor lost on its way; 0: nothing."""
    row = connection.one(_ANSWER, stream=ticket_id)
    return 0 if row is None else row.seq or 0


def unread_of(connection: Connection, ticket_id: str) -> list[Row]:
    """Agents' public messages the contact has not read and was not mailed: seq, body, at, name."""
    return connection.all(_UNREAD, stream=ticket_id)


def mailed(connection: Connection, ticket_id: str, seqs: Sequence[int], mail: str) -> None:
    """These public messages went out in that mail."""
    connection.run(_MAILED, of=ticket_id, seqs=list(seqs), mail=mail)


def search(connection: Connection, words: str) -> list[str]:
    """Tickets in which these words were said."""
    pattern = words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [row.ticket_id for row in connection.all(_SEARCH, pattern=f"%{pattern}%")]
