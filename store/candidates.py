"""The facts a decision asks for: agents with their load, a button's line and calendar. Deciding: routing.choose."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import and_, bindparam, func, or_, select

from routing.choose import Absence, Candidate, Line
from routing.entitlement import AddOn
from routing.hours import Calendar
from store.calendars import HOLDING, joined
from store.engine import Connection, Row
from store.schema import SERVE, absence, add_on, agent, button, calendar, chat, customer, ring, stand_in
from store.times import instant, micros

_chats = (
    select(func.count())
    .select_from(chat)
    .where(chat.c.serving_id == agent.c.id, chat.c.ended_at.is_(None), chat.c.state.in_(("live", "grace")))
    .correlate(agent)
    .scalar_subquery()
)
_rings = (
    select(func.count())
    .select_from(ring)
    .where(ring.c.agent_id == agent.c.id, ring.c.ended_at.is_(None), ring.c.kind == SERVE)
    .correlate(agent)
    .scalar_subquery()
)
_CANDIDATES = select(agent, (_chats + _rings).label("load")).where(agent.c.active == 1)
_LOAD = select((_chats + _rings).label("load")).where(agent.c.id == bindparam("id"))
_ABSENCES = select(absence.c.agent_id, absence.c.since, absence.c.until).where(absence.c.until > bindparam("now"))
_BUTTON = (
    select(
        button.c.id,
        button.c.key,
        button.c.name,
        button.c.policy,
        button.c.language,
        button.c.customer_id,
        button.c.active,
        customer.c.name.label("customer_name"),
        customer.c.named_id,
        customer.c.zone,
        calendar.c.id.label("calendar_id"),
        calendar.c.document,
        calendar.c.since,
    )
    .join(customer, customer.c.id == button.c.customer_id)
    .join(calendar, calendar.c.id == button.c.calendar_id)
    .where(button.c.id == bindparam("id"), calendar.c.version >= HOLDING)
    .order_by(calendar.c.version)
)
_ADD_ONS = (
    select(add_on.c.since, add_on.c.until)
    .where(add_on.c.customer_id == bindparam("customer"))
    .order_by(add_on.c.since.desc())
)
_STAND_INS = (
    select(stand_in.c.agent_id).where(stand_in.c.customer_id == bindparam("customer")).order_by(stand_in.c.rank)
)
_ACTIVE_BUTTONS = select(button.c.id).where(button.c.active == 1)
_BUTTON_BY_KEY = select(button.c.id).where(
    button.c.active == 1,
    or_(
        button.c.key == bindparam("key"),
        and_(button.c.former_key == bindparam("key"), button.c.former_until > bindparam("now")),
    ),
)


@dataclass(frozen=True)
class Way:
    """Where a button leads: its customer, whom it reaches, when."""

    button_id: str
    key: str
    customer_id: str
    customer_name: str
    policy: str
    language: str
    line: Line
    calendar: Calendar


def candidates(connection: Connection, now: datetime, present: Collection[str] | None) -> dict[str, Candidate]:
    """Every agent as they are now. `present`: who has a lease; None: leases were lost a moment ago, nobody is gone."""
    absences: dict[str, list[Absence]] = {}
    for row in connection.all(_ABSENCES, now=micros(now)):
        absences.setdefault(row.agent_id, []).append(Absence(instant(row.since), instant(row.until)))
    return {row.id: _candidate(row, present, absences) for row in connection.all(_CANDIDATES)}


def _candidate(row: Row, present: Collection[str] | None, absences: dict[str, list[Absence]]) -> Candidate:
    here = present is None or row.id in present
    return Candidate(
        row.id,
        _texts(row.teams),
        row.status if here else "offline",
        row.load,
        row.capacity,
        row.reserved,
        _texts(row.languages),
        tuple(absences.get(row.id, ())),
        None if row.offered_at is None else instant(row.offered_at),
        hours=_calendar(row.hours) if row.hours else None,
    )


def load_of(connection: Connection, agent_id: str) -> int:
    """Chats live or in grace, and serve rings."""
    return int(connection.scalar(_LOAD, id=agent_id) or 0)


def way_of(connection: Connection, button_id: str, now: datetime) -> Way | None:
    """The button's way as of now: the hours that hold and follow, the add-on that holds (else next, else last)."""
    rows = connection.all(_BUTTON, id=button_id, now=micros(now))
    hours = joined((row.document, row.since) for row in rows)
    if hours is None:
        return None
    row = rows[0]
    return Way(
        row.id,
        row.key,
        row.customer_id,
        row.customer_name,
        row.policy,
        row.language,
        line_of(connection, row.customer_id, row.named_id, row.policy, now),
        hours,
    )


def line_of(connection: Connection, customer_id: str, named_id: str | None, policy: str, now: datetime) -> Line:
    """Whom a customer's press reaches."""
    stand_ins = tuple(row.agent_id for row in connection.all(_STAND_INS, customer=customer_id))
    return Line(
        add_on_of(connection, customer_id, now), "verified" if policy == "verified" else "open", named_id, stand_ins
    )


def add_on_of(connection: Connection, customer_id: str, now: datetime) -> AddOn | None:
    """The add-on that holds now; else the next that begins, else the last that ended."""
    found = [
        AddOn(instant(row.since), None if row.until is None else instant(row.until))
        for row in connection.all(_ADD_ONS, customer=customer_id)
    ]
    holding = [each for each in found if each.since <= now and (each.until is None or now < each.until)]
    coming = [each for each in reversed(found) if each.since > now]
    return next(iter((*holding, *coming, *found)), None)


def button_of_key(connection: Connection, key: str, now: datetime) -> str | None:
    """The active button of a public key, also of one rotated away for as long as it still works."""
    found: str | None = connection.scalar(_BUTTON_BY_KEY, key=key, now=micros(now))
    return found


def active_buttons(connection: Connection) -> list[str]:
    """Every button that can be pressed."""
    return [row.id for row in connection.all(_ACTIVE_BUTTONS)]


@lru_cache(maxsize=1024)
def _texts(written: str) -> tuple[str, ...]:
    return tuple(json.loads(written))


@lru_cache(maxsize=256)
def _calendar(document: str) -> Calendar:
    return Calendar.from_json(json.loads(document))
