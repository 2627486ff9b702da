"""Rings: who is asked to pick up what, until when, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import bindparam, insert, select, update

from store.engine import Connection, Row
from store.schema import ring
from store.times import instant, micros

Kind = Literal["serve", "join", "transfer"]
Outcome = Literal["accepted", "declined", "timeout", "given_up"]


@dataclass(frozen=True)
class Ring:
    """A ring; `why` is the decision as JSON; `from_id`: who transfers or escalates."""

    id: str
    kind: Kind
    ticket_id: str
    chat_id: str | None
    agent_id: str
    from_id: str | None
    note: str
    why: str
    hands_owner: bool
    expires_at: datetime
    ended: bool = False


_ADD = insert(ring)
_FIND = select(ring).where(ring.c.id == bindparam("id"))
_OPEN_OF_TICKET = select(ring).where(ring.c.ticket_id == bindparam("ticket"), ring.c.ended_at.is_(None))
_OPEN_OF_AGENTS = (
    select(ring)
    .where(ring.c.agent_id.in_(bindparam("agents", expanding=True)), ring.c.ended_at.is_(None))
    .order_by(ring.c.created_at)
)
_END = (
    update(ring)
    .where(ring.c.id == bindparam("b_id"), ring.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"), outcome=bindparam("result"))
)
_ASKED_TO_JOIN = select(ring.c.agent_id).where(
    ring.c.ticket_id == bindparam("ticket"),
    ring.c.kind == "join",
    ring.c.created_at >= bindparam("since"),
    ring.c.outcome.in_(("declined", "timeout")),
)


def add(connection: Connection, new: Ring, now: datetime) -> None:
    """It rings from now on."""
    connection.run(
        _ADD,
        id=new.id,
        kind=new.kind,
        ticket_id=new.ticket_id,
        chat_id=new.chat_id,
        agent_id=new.agent_id,
        from_id=new.from_id,
        note=new.note,
        why=new.why,
        hands_owner=int(new.hands_owner),
        created_at=micros(now),
        expires_at=micros(new.expires_at),
        ended_at=None,
        outcome=None,
    )


def find(connection: Connection, id: str) -> Ring | None:
    """The ring, also when it has ended."""
    row = connection.one(_FIND, id=id)
    return None if row is None else _ring(row)


def open_of_ticket(connection: Connection, ticket: str) -> list[Ring]:
    """All that ring for a ticket."""
    return [_ring(row) for row in connection.all(_OPEN_OF_TICKET, ticket=ticket)]


def open_of_agents(connection: Connection, agents: Sequence[str]) -> list[Ring]:
    """All that ring for these agents, oldest first."""
    return [_ring(row) for row in connection.all(_OPEN_OF_AGENTS, agents=list(agents))] if agents else []


def end(connection: Connection, id: str, outcome: Outcome, now: datetime) -> bool:
    """What became of it; False: it had ended already."""
    return connection.run(_END, b_id=id, at=micros(now), result=outcome) == 1


def asked_to_join(connection: Connection, ticket: str, since: datetime) -> frozenset[str]:
    """Who declined or let a join ring pass since then."""
    return frozenset(row.agent_id for row in connection.all(_ASKED_TO_JOIN, ticket=ticket, since=micros(since)))


def _ring(row: Row) -> Ring:
    return Ring(
        row.id,
        cast(Kind, row.kind),
        row.ticket_id,
        row.chat_id,
        row.agent_id,
        row.from_id,
        row.note,
        row.why,
        bool(row.hands_owner),
        instant(row.expires_at),
        row.ended_at is not None,
    )
