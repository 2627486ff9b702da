"""Agents as the administration makes and changes them, and what signing in asks; look-ups of verbs: people.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import bindparam, delete, insert, select, update

from store.engine import Connection, Row
from store.schema import absence, agent, chat, customer, stand_in, ticket


@dataclass(frozen=True)
class Profile:
    """All that is kept of an agent but secrets and the present state."""

    id: str
    name: str
    email: str
    title: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    languages: tuple[str, ...]
    zone: str
    capacity: int
    reserved: int
    ring_seconds: int
    photo: str | None = None
    active: bool = True


@dataclass(frozen=True)
class Login:
    """What a sign-in is checked against."""

    id: str
    password_hash: str | None
    totp_secret: str | None
    totp_step: int


@dataclass(frozen=True)
class Leave:
    """An absence; instants in microseconds."""

    id: str
    agent_id: str
    since: int
    until: int
    reason: str


@dataclass(frozen=True)
class Owned:
    """A ticket that is not done, whose owner this agent is; `live`: they talk in it now."""

    id: str
    number: int
    subject: str
    customer_name: str
    live: bool


_ALL = select(agent).order_by(agent.c.name)
_ONE = select(agent).where(agent.c.id == bindparam("id"))
_BY_EMAIL = select(agent).where(agent.c.email == bindparam("email"))
_OWNED = (
    select(ticket.c.id, ticket.c.number, ticket.c.subject, customer.c.name, chat.c.id.label("chat_id"))
    .join(customer, customer.c.id == ticket.c.customer_id)
    .outerjoin(
        chat,
        (chat.c.ticket_id == ticket.c.id) & chat.c.ended_at.is_(None) & (chat.c.serving_id == bindparam("serving")),
    )
    .where(ticket.c.owner_id == bindparam("owner"), ticket.c.status.in_(("new", "open", "waiting")))
    .order_by(ticket.c.number)
)
_SERVING = select(chat.c.ticket_id).where(chat.c.serving_id == bindparam("agent"), chat.c.ended_at.is_(None))
_NAMED_FOR = select(customer.c.id).where(customer.c.named_id == bindparam("agent")).order_by(customer.c.name)
_LOGIN = select(agent.c.id, agent.c.password_hash, agent.c.totp_secret, agent.c.totp_step).where(
    agent.c.email == bindparam("email"), agent.c.active == 1
)
_ADD = insert(agent)
_CHANGED = ("name", "email", "title", "roles", "teams", "languages", "zone", "capacity", "reserved", "ring_seconds")
_CHANGE = update(agent).where(agent.c.id == bindparam("b_id")).values({name: bindparam(name) for name in _CHANGED})
_PASSWORD = update(agent).where(agent.c.id == bindparam("b_id")).values(password_hash=bindparam("hash"))
_TOTP_STEP = (
    update(agent)
    .where(agent.c.id == bindparam("b_id"), agent.c.totp_step < bindparam("step"))
    .values(totp_step=bindparam("step"))
)
_PHOTO = update(agent).where(agent.c.id == bindparam("b_id")).values(photo=bindparam("photo"))
_BRING_BACK = update(agent).where(agent.c.id == bindparam("b_id")).values(active=1)
_RETIRE = update(agent).where(agent.c.id == bindparam("b_id")).values(active=0, status="offline")
_UNNAME = update(customer).where(customer.c.named_id == bindparam("b_from")).values(named_id=bindparam("to"))
_RANKS = select(stand_in).where(stand_in.c.customer_id.in_(
    select(stand_in.c.customer_id).where(stand_in.c.agent_id == bindparam("agent"))
)).order_by(stand_in.c.customer_id, stand_in.c.rank)  # fmt: skip
_ABSENCES = select(absence).where(absence.c.until > bindparam("after")).order_by(absence.c.since)
_ABSENCE = select(absence).where(absence.c.id == bindparam("id"))
_ADD_ABSENCE = insert(absence)
_END_ABSENCE = delete(absence).where(absence.c.id == bindparam("id"))


def every(connection: Connection) -> list[Profile]:
    """All agents, also those who left, by name."""
    return [_profile(row) for row in connection.all(_ALL)]


def find(connection: Connection, id: str) -> Profile | None:
    """One agent."""
    row = connection.one(_ONE, id=id)
    return None if row is None else _profile(row)


def by_email(connection: Connection, email: str) -> Profile | None:
    """Who has this address, also somebody who left."""
    row = connection.one(_BY_EMAIL, email=email)
    return None if row is None else _profile(row)


def login(connection: Connection, email: str) -> Login | None:
    """What signing in as this address needs; None when nobody who works here has it."""
    row = connection.one(_LOGIN, email=email)
    return None if row is None else Login(row.id, row.password_hash, row.totp_secret, row.totp_step)


def add(connection: Connection, new: Profile, password_hash: str | None, at: int) -> None:
    """A new agent. Raises Violation when the address is taken."""
    connection.run(
        _ADD,
        id=new.id,
        password_hash=password_hash,
        photo=new.photo,
        active=int(new.active),
        created_at=at,
        **_columns(new),
    )


def change(connection: Connection, changed: Profile) -> None:
    """Writes the profile. Raises Violation when the address is taken."""
    connection.run(_CHANGE, b_id=changed.id, **_columns(changed))


def set_password(connection: Connection, id: str, hash: str) -> None:
    """A new password; `hash` is argon2's."""
    connection.run(_PASSWORD, b_id=id, hash=hash)


def use_totp_step(connection: Connection, id: str, step: int) -> bool:
    """True when this time step was not used before: each code works once."""
    return connection.run(_TOTP_STEP, b_id=id, step=step) > 0


def set_photo(connection: Connection, id: str, photo: str | None) -> None:
    """The re-encoded picture's hash."""
    connection.run(_PHOTO, b_id=id, photo=photo)


def retire(connection: Connection, id: str) -> None:
    """No longer works here; the row stays, because events name it."""
    connection.run(_RETIRE, b_id=id)


def bring_back(connection: Connection, id: str) -> None:
    """Works here again."""
    connection.run(_BRING_BACK, b_id=id)


def owned(connection: Connection, id: str) -> list[Owned]:
    """What would have no owner any more without them, the oldest first."""
    rows = connection.all(_OWNED, owner=id, serving=id)
    return [Owned(row.id, row.number, row.subject, row.name, row.chat_id is not None) for row in rows]


def serving(connection: Connection, id: str) -> list[str]:
    """Tickets in whose chat they talk."""
    return [row.ticket_id for row in connection.all(_SERVING, agent=id)]


def named_for(connection: Connection, id: str) -> list[str]:
    """Customers whose named agent this is."""
    return [row.id for row in connection.all(_NAMED_FOR, agent=id)]


def replace_named(connection: Connection, gone: str, successor: str | None) -> int:
    """Everybody who named one now names the other; how many."""
    return connection.run(_UNNAME, b_from=gone, to=successor)


def lists_with(connection: Connection, id: str) -> dict[str, list[str]]:
    """Stand-in lists, by customer, in which this agent stands."""
    found: dict[str, list[str]] = {}
    for row in connection.all(_RANKS, agent=id):
        found.setdefault(row.customer_id, []).append(row.agent_id)
    return found


def absences(connection: Connection, after: int) -> list[Leave]:
    """Absences that are not over."""
    rows = connection.all(_ABSENCES, after=after)
    return [Leave(row.id, row.agent_id, row.since, row.until, row.reason) for row in rows]


def find_absence(connection: Connection, id: str) -> Leave | None:
    """One absence."""
    row = connection.one(_ABSENCE, id=id)
    return None if row is None else Leave(row.id, row.agent_id, row.since, row.until, row.reason)


def add_absence(connection: Connection, new: Leave) -> None:
    """An agent will not be there."""
    connection.run(_ADD_ABSENCE, id=new.id, agent_id=new.agent_id, since=new.since, until=new.until, reason=new.reason)


def end_absence(connection: Connection, id: str) -> bool:
    """It was not so, or is over."""
    return connection.run(_END_ABSENCE, id=id) > 0


def _columns(profile: Profile) -> dict[str, object]:
    listed = {name: json.dumps(list(cast("Sequence[str]", getattr(profile, name)))) for name in _LISTS}
    return {name: getattr(profile, name) for name in _CHANGED if name not in _LISTS} | listed


_LISTS = ("roles", "teams", "languages")


def _profile(row: Row) -> Profile:
    return Profile(
        row.id, row.name, row.email, row.title, tuple(json.loads(row.roles)), tuple(json.loads(row.teams)),
        tuple(json.loads(row.languages)), row.zone, row.capacity, row.reserved, row.ring_seconds, row.photo,
        bool(row.active),
    )  # fmt: skip
