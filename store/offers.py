"""Offers: what a contact or agent may answer with yes or no, until they lapse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from store.engine import Connection, Row
from store.schema import offer
from store.times import instant, micros


@dataclass(frozen=True)
class Offer:
    """`answered`: None while it is open, then yes, no or lapsed."""

    id: str
    ticket_id: str
    kind: str
    words: str
    payload: Mapping[str, Any]
    expires_at: datetime
    answered: str | None


_ADD = insert(offer)
_FIND = select(offer).where(offer.c.id == bindparam("id"))
_OPEN = select(offer).where(offer.c.ticket_id.in_(bindparam("tickets", expanding=True)), offer.c.answered.is_(None))
_ANSWER = (
    update(offer)
    .where(offer.c.id == bindparam("b_id"), offer.c.answered.is_(None))
    .values(answered=bindparam("result"))
)
_ANY_OF_KIND = (
    select(offer.c.id)
    .where(
        offer.c.ticket_id == bindparam("ticket"),
        offer.c.kind == bindparam("kind"),
        offer.c.created_at >= bindparam("since"),
    )
    .limit(1)
)


def add(connection: Connection, new: Offer, now: datetime) -> None:
    """The offer stands."""
    connection.run(
        _ADD,
        id=new.id,
        ticket_id=new.ticket_id,
        kind=new.kind,
        words=new.words,
        payload=json.dumps(dict(new.payload)),
        created_at=micros(now),
        expires_at=micros(new.expires_at),
        answered=None,
    )


def find(connection: Connection, id: str) -> Offer | None:
    """The offer, also when it was answered."""
    row = connection.one(_FIND, id=id)
    return None if row is None else _offer(row)


def open_of(connection: Connection, tickets: list[str]) -> list[Offer]:
    """All that wait for an answer on these tickets."""
    return [_offer(row) for row in connection.all(_OPEN, tickets=tickets)] if tickets else []


def answer(connection: Connection, id: str, result: str) -> bool:
    """Yes, no or lapsed; False: it was answered already."""
    return connection.run(_ANSWER, b_id=id, result=result) == 1


def made_since(connection: Connection, ticket: str, kind: str, since: datetime) -> bool:
    """Whether such an offer was made since then, whatever became of it."""
    return connection.one(_ANY_OF_KIND, ticket=ticket, kind=kind, since=micros(since)) is not None


def _offer(row: Row) -> Offer:
    return Offer(
        row.id, row.ticket_id, row.kind, row.words, json.loads(row.payload), instant(row.expires_at), row.answered
    )
