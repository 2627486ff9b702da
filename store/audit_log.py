"""The audit as people read it: pages of rows that a filter lets through. Appending and verifying: audit.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select

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
    hash: str = ""


@dataclass(frozen=True)
class Filter:
    """Which rows; what is None, or empty, lets all through. `since` and `until` (excluded) in microseconds.

    `actors` and `objects`: ids; an empty tuple lets all through, `NOBODY` is the desk itself.
    """

    actors: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    action: str = ""
    since: int | None = None
    until: int | None = None


NOBODY = ""
"""As an actor: the desk itself, as for commands."""
_FAR = 2**62


def _page(by_actor: bool, by_object: bool) -> Select[Any]:
    """One statement for each set of lists, so that each keeps its plan."""
    statement = (
        select(audit)
        .where(
            audit.c.number < bindparam("before"),
            audit.c.at >= bindparam("since"),
            audit.c.at < bindparam("until"),
            (bindparam("any_action") == 1) | (audit.c.action == bindparam("action")),
        )
        .order_by(audit.c.number.desc())
        .limit(bindparam("most"))
    )
    if by_actor:
        named = func.coalesce(audit.c.actor_id, NOBODY).in_(bindparam("actors", expanding=True))
        statement = statement.where(named)
    if by_object:
        statement = statement.where(audit.c.object.in_(bindparam("objects", expanding=True)))
    return statement


_PAGES = {(actor, object): _page(actor, object) for actor in (False, True) for object in (False, True)}
_LAST = select(func.max(audit.c.number))
_ACTIONS = select(audit.c.action).distinct().order_by(audit.c.action)
_NAMED = (agent, customer, contact, button, calendar)
_NAMES = tuple(
    select(table.c.id, table.c.name).where(table.c.id.in_(bindparam("ids", expanding=True))) for table in _NAMED
)
_CALLED = tuple(
    select(table.c.id)
    .where((func.lower(table.c.name) == bindparam("small")) | (table.c.name == bindparam("name")))
    .limit(bindparam("most"))
    for table in _NAMED
)
_NUMBERS = select(ticket.c.id, ticket.c.number).where(ticket.c.id.in_(bindparam("ids", expanding=True)))
_OF_NUMBER = select(ticket.c.id).where(ticket.c.number == bindparam("number"))
MOST_CALLED = 50


def page(connection: Connection, before: int, most: int, only: Filter | None = None) -> list[Entry]:
    """Rows with smaller numbers than `before`, the newest first."""
    only = only or Filter()
    lists = {"actors": list(only.actors), "objects": list(only.objects)}
    rows = connection.all(
        _PAGES[bool(only.actors), bool(only.objects)], before=before, most=most,
        since=0 if only.since is None else only.since, until=_FAR if only.until is None else only.until,
        any_action=int(not only.action), action=only.action,
        **{name: ids for name, ids in lists.items() if ids},
    )  # fmt: skip
    return [_entry(row) for row in rows]


def last(connection: Connection) -> int:
    """Number of the newest row; 0 when there is none."""
    return int(connection.scalar(_LAST) or 0)


def actions(connection: Connection) -> list[str]:
    """Every kind of act that was written down."""
    return [row.action for row in connection.all(_ACTIONS)]


def names(connection: Connection, ids: set[str]) -> dict[str, str]:
    """What the desk calls the people and things behind these ids, as far as they are known."""
    wanted = sorted(ids)
    found = {row.id: row.name for statement in _NAMES for row in connection.all(statement, ids=wanted)}
    return found | {row.id: f"VD-{row.number}" for row in connection.all(_NUMBERS, ids=wanted)}


def called(connection: Connection, name: str) -> tuple[str, ...]:
    """Ids of whom and what the desk calls so, whatever the capitals; the name itself when it is an id."""
    text = name.strip()
    found = [
        row.id
        for statement in _CALLED
        for row in connection.all(statement, small=text.lower(), name=text, most=MOST_CALLED)
    ]
    number = text.upper().removeprefix("VD-")
    if number.isascii() and number.isdigit() and len(number) < 10:
        found += [row.id for row in connection.all(_OF_NUMBER, number=int(number))]
    return tuple(dict.fromkeys((text, *found)))


def _entry(row: Any) -> Entry:
    return Entry(row.number, instant(row.at), row.actor_id, row.action, row.object, json.loads(row.detail), row.hash)
