"""Office calendars: every version is kept as it was; of those that have begun the newest holds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, insert, or_, select

from routing.hours import Calendar
from store.engine import Connection, Row
from store.schema import button, calendar, chat, contact, customer, ticket
from store.times import instant, micros


@dataclass(frozen=True)
class Version:
    """One version; `document` as routing.hours.Calendar reads it, with the `names` of holidays.

    `since` (microseconds): from then on it holds, whatever older versions said.
    """

    id: str
    version: int
    name: str
    document: dict[str, Any]
    since: int = 0


@dataclass(frozen=True)
class Saved:
    """When a version was made and from when it holds (microseconds), and by whom."""

    version: int
    since: int
    at: int
    by: str | None


@dataclass(frozen=True)
class Use:
    """A button that keeps these hours; `named_id`: who answers its customer."""

    button_id: str
    button: str
    active: bool
    customer_id: str
    customer: str
    policy: str
    named_id: str | None


@dataclass(frozen=True)
class Promised:
    """An open ticket of such a button; `state`: of its chat, if one goes on."""

    number: int
    customer: str
    button_id: str
    severity: int | None
    state: str | None
    verified: bool


_newest = select(calendar.c.id, func.max(calendar.c.version).label("version")).group_by(calendar.c.id).subquery()
_ALL = (
    select(calendar)
    .join(_newest, (calendar.c.id == _newest.c.id) & (calendar.c.version == _newest.c.version))
    .order_by(calendar.c.name)
)
_ONE = select(calendar).where(calendar.c.id == bindparam("id")).order_by(calendar.c.version.desc()).limit(1)
_HISTORY = (
    select(calendar.c.version, calendar.c.since, calendar.c.created_at, calendar.c.by_id)
    .where(calendar.c.id == bindparam("id"))
    .order_by(calendar.c.version.desc())
    .limit(bindparam("most"))
)
_VERSION = select(calendar).where(calendar.c.id == bindparam("id"), calendar.c.version == bindparam("version"))
_begun = calendar.alias("begun")
HOLDING = (
    select(func.max(_begun.c.version))
    .where(_begun.c.id == calendar.c.id, _begun.c.since <= bindparam("now"))
    .correlate(calendar)
    .scalar_subquery()
)
"""The version that holds now, for statements over `calendar`."""
_FROM_NOW_ON = (
    select(calendar.c.document, calendar.c.since)
    .where(calendar.c.id == bindparam("id"), calendar.c.version >= HOLDING)
    .order_by(calendar.c.version)
)
_USES = (
    select(
        button.c.id, button.c.name, button.c.active, button.c.customer_id, button.c.policy,
        customer.c.name.label("customer"), customer.c.named_id,
    )
    .join(customer, customer.c.id == button.c.customer_id)
    .where(button.c.calendar_id == bindparam("id"))
    .order_by(customer.c.name, button.c.name)
)  # fmt: skip
_OPEN_TICKETS = (
    select(
        ticket.c.number, ticket.c.status, ticket.c.severity, button.c.id.label("button"),
        customer.c.name.label("customer"), contact.c.verified, chat.c.state, chat.c.waiting_since,
    )
    .join(button, button.c.id == ticket.c.button_id)
    .join(customer, customer.c.id == ticket.c.customer_id)
    .join(contact, contact.c.id == ticket.c.contact_id)
    .outerjoin(chat, (chat.c.ticket_id == ticket.c.id) & chat.c.ended_at.is_(None))
    .where(
        button.c.calendar_id == bindparam("id"),
        or_(ticket.c.status.in_(("new", "open")), chat.c.id.is_not(None)),
    )
    .order_by(ticket.c.number)
    .limit(bindparam("most"))
)  # fmt: skip
_ADD = insert(calendar)


def every(connection: Connection) -> list[Version]:
    """The newest version of each calendar, by name."""
    return [_version(row) for row in connection.all(_ALL)]


def find(connection: Connection, id: str) -> Version | None:
    """The newest version."""
    row = connection.one(_ONE, id=id)
    return None if row is None else _version(row)


def history(connection: Connection, id: str, most: int = 10) -> list[Saved]:
    """The last versions, the newest first."""
    return [
        Saved(row.version, row.since, row.created_at, row.by_id) for row in connection.all(_HISTORY, id=id, most=most)
    ]


def version(connection: Connection, id: str, number: int) -> Version | None:
    """One version as it was saved."""
    row = connection.one(_VERSION, id=id, version=number)
    return None if row is None else _version(row)


def at(connection: Connection, id: str, now: datetime) -> Calendar | None:
    """The hours that hold now, with those that follow."""
    return joined((row.document, row.since) for row in connection.all(_FROM_NOW_ON, id=id, now=micros(now)))


def joined(rows: Iterable[tuple[str, int]]) -> Calendar | None:
    """Documents and when they begin, by version, from the one that holds: a later one ends all that it precedes."""
    kept: list[tuple[str, int]] = []
    for document, since in rows:
        while len(kept) > 1 and kept[-1][1] >= since:
            kept.pop()
        kept.append((document, since))
    return _joined(tuple(kept)) if kept else None


def uses(connection: Connection, id: str) -> list[Use]:
    """The buttons that keep these hours, by customer."""
    return [
        Use(row.id, row.name, bool(row.active), row.customer_id, row.customer, row.policy, row.named_id)
        for row in connection.all(_USES, id=id)
    ]


def open_tickets(connection: Connection, id: str, most: int) -> list[Promised]:
    """What was begun by those buttons and the desk still owes an answer, or is talking about now."""
    return [
        Promised(row.number, row.customer, row.button, row.severity, row.state, bool(row.verified))
        for row in connection.all(_OPEN_TICKETS, id=id, most=most)
    ]


def put(connection: Connection, new: Version, at: int, by: str | None) -> None:
    """A new version. Raises Violation when somebody else wrote the same one."""
    connection.run(
        _ADD, id=new.id, version=new.version, name=new.name, document=json.dumps(new.document), since=new.since,
        created_at=at, by_id=by,
    )  # fmt: skip


def _version(row: Row) -> Version:
    return Version(row.id, row.version, row.name, json.loads(row.document), row.since)


@lru_cache(maxsize=256)
def _joined(rows: tuple[tuple[str, int], ...]) -> Calendar:
    (document, _since), *rest = rows
    known = json.loads(document)
    if rest:
        first_day = instant(rest[0][1]).astimezone(ZoneInfo(known["tz"])).date()
        return replace(Calendar.from_json(known), following=(first_day, _joined(tuple(rest))))
    else:
        return Calendar.from_json(known)
