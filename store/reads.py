"""How far each person has read, and what they rated."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from store.engine import Connection, greatest, upsert
from store.schema import rating, read_mark

_MARK = upsert(read_mark, ("ticket_id", "person_id"), lambda new: {"seq": greatest(read_mark.c.seq, new.seq)})
_MARKS = select(read_mark.c.ticket_id, read_mark.c.seq).where(
    read_mark.c.person_id == bindparam("person"), read_mark.c.ticket_id.in_(bindparam("tickets", expanding=True))
)
_RATE = upsert(rating, ("ticket_id", "contact_id"), lambda new: {"score": new.score, "text": new.text, "at": new.at})
_RATING = select(rating.c.score, rating.c.text).where(rating.c.ticket_id == bindparam("ticket"))


def mark(connection: Connection, ticket: str, person: str, seq: int) -> None:
    """Read up to here, never back."""
    connection.run(_MARK, ticket_id=ticket, person_id=person, seq=seq)


def marks(connection: Connection, person: str, tickets: Sequence[str]) -> dict[str, int]:
    """How far a person has read in each."""
    if not tickets:
        return {}
    return {row.ticket_id: row.seq for row in connection.all(_MARKS, person=person, tickets=list(tickets))}


def rate(connection: Connection, ticket: str, contact: str, score: int, text: str, at: int) -> None:
    """The contact's word; the last one stands."""
    connection.run(_RATE, ticket_id=ticket, contact_id=contact, score=score, text=text, at=at)


def rating_of(connection: Connection, ticket: str) -> dict[str, object] | None:
    """The rating of a ticket."""
    row = connection.one(_RATING, ticket=ticket)
    return None if row is None else {"score": row.score, "text": row.text}
