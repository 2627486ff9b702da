"""The audit as people read it: a page of rows, the newest first. Appending and verifying: audit.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from store.engine import Connection
from store.schema import agent, audit, button, calendar, contact, customer, ticket
from store.times import instant


@dataclass(frozen=True)
class Entry:
    """One row; `detail` holds ids and values."""

    number: int
    at: datetime
    actor_id: str | None
    action: str
    object: str
    detail: dict[str, Any]


_PAGE = (
    select(audit).where(audit.c.number < bindparam("before")).order_by(audit.c.number.desc()).limit(bindparam("most"))
)
_LAST = select(func.max(audit.c.number))
_NAMES = (
    select(agent.c.id, agent.c.name).where(agent.c.id.in_(bindparam("ids", expanding=True))),
    select(customer.c.id, customer.c.name).where(customer.c.id.in_(bindparam("ids", expanding=True))),
    select(contact.c.id, contact.c.name).where(contact.c.id.in_(bindparam("ids", expanding=True))),
    select(button.c.id, button.c.name).where(button.c.id.in_(bindparam("ids", expanding=True))),
    select(calendar.c.id, calendar.c.name).where(calendar.c.id.in_(bindparam("ids", expanding=True))),
)
_NUMBERS = select(ticket.c.id, ticket.c.number).where(ticket.c.id.in_(bindparam("ids", expanding=True)))


def page(connection: Connection, before: int, most: int) -> list[Entry]:
    """Rows with smaller numbers than `before`, the newest first."""
    return [_entry(row) for row in connection.all(_PAGE, before=before, most=most)]


def last(connection: Connection) -> int:
    """Number of the newest row; 0 when there is none."""
    return int(connection.scalar(_LAST) or 0)


def names(connection: Connection, ids: set[str]) -> dict[str, str]:
    """What the desk calls the people and things behind these ids, as far as they are known."""
    wanted = sorted(ids)
    found = {row.id: row.name for statement in _NAMES for row in connection.all(statement, ids=wanted)}
    return found | {row.id: f"VD-{row.number}" for row in connection.all(_NUMBERS, ids=wanted)}


def _entry(row: Any) -> Entry:
    return Entry(row.number, instant(row.at), row.actor_id, row.action, row.object, json.loads(row.detail))
