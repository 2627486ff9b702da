"""How far each person has read, and what they rated."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, func, select

from store.engine import Connection, greatest, upsert
from store.schema import message, rating, read_mark

_MARK = upsert(read_mark, ("ticket_id", "person_id"), lambda new: {"seq": greatest(read_mark.c.seq, new.seq)})
_UNREAD = (
    select(message.c.stream, func.count().label("others"))
    .outerjoin(read_mark, and_(read_mark.c.ticket_id == message.c.stream, read_mark.c.person_id == bindparam("person")))
    .where(
        message.c.stream.in_(bindparam("tickets", expanding=True)),
        message.c.seq > func.coalesce(read_mark.c.seq, 0),
        func.coalesce(message.c.author_id, "") != bindparam("person"),
    )
    .group_by(message.c.stream)
)
_RATE = upsert(rating, ("ticket_id", "contact_id"), lambda new: {"score": new.score, "text": new.text, "at": new.at})
_RATING = select(rating.c.score, rating.c.text).where(rating.c.ticket_id == bindparam("ticket"))


def mark(connection: Connection, ticket: str, person: str, seq: int) -> None:
    """Read up to here, never back."""
    connection.run(_MARK, ticket_id=ticket, person_id=person, seq=seq)


def unread(connection: Connection, person: str, tickets: Sequence[str]) -> dict[str, int]:
    """How many public messages of others are newer than what a person read, where there are any."""
    if not tickets:
        return {}
    return {row.stream: row.others for row in connection.all(_UNREAD, person=person, tickets=list(tickets))}


def rate(connection: Connection, ticket: str, contact: str, score: int, text: str, at: int) -> None:
    """The contact's word; the last one stands."""
    connection.run(_RATE, ticket_id=ticket, contact_id=contact, score=score, text=text, at=at)


def rating_of(connection: Connection, ticket: str) -> dict[str, object] | None:
    """The rating of a ticket."""
    row = connection.one(_RATING, ticket=ticket)
    return None if row is None else {"score": row.score, "text": row.text}
