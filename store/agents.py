"""Agents as the administration makes and changes them, and what signing in asks; look-ups of verbs: people.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import bindparam, delete, func, insert, select, update

from store.engine import Connection, Row
from store.schema import absence, agent, chat, customer, stand_in, ticket
from store.seeking import Listing, Page, folded, holds


@dataclass(frozen=True)
class Profile:
    """All that is kept of an agent but secrets and the present state.

    `hours`: their own, as a calendar's document in JSON; empty: whenever they are there. `language`: of their console;
    empty: as their browser wishes.
    """

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
    hours: str = ""
    language: str = ""


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
    """A ticket that is not done, whose owner this agent is, or in whose chat they talk."""

    id: str
    number: int
    subject: str
    customer_name: str

    @property
    def shown(self) -> str:
        """Its number as people say it."""
        return f"VD-{self.number}"


_ALL = select(agent).order_by(agent.c.sought, agent.c.id)
_SOUGHT = (
    select(agent)
    .where(holds(agent.c.sought), agent.c.teams.like(bindparam("team")))
    .order_by(agent.c.active.desc(), agent.c.sought, agent.c.id)
)
_ONE = select(agent).where(agent.c.id == bindparam("id"))
_BY_EMAIL = select(agent).where(agent.c.email == bindparam("email"))
_ticket = select(ticket.c.id, ticket.c.number, ticket.c.subject, customer.c.name).join(
    customer, customer.c.id == ticket.c.customer_id
)
_NOT_DONE = ("new", "open", "waiting")
_OWNED = (
    _ticket.where(ticket.c.owner_id == bindparam("owner"), ticket.c.status.in_(_NOT_DONE))
    .order_by(ticket.c.number)
    .limit(bindparam("most"))
)
_OWNED_COUNT = (
    select(func.count()).select_from(ticket)
    .where(ticket.c.owner_id == bindparam("owner"), ticket.c.status.in_(_NOT_DONE))
)  # fmt: skip
_SERVING = (
    _ticket.join(chat, chat.c.ticket_id == ticket.c.id)
    .where(chat.c.serving_id == bindparam("agent"), chat.c.ended_at.is_(None))
    .order_by(ticket.c.number)
)
_NAMED_FOR = (
    select(customer.c.id, customer.c.name).where(customer.c.named_id == bindparam("agent")).order_by(customer.c.sought)
)
_STANDS_IN = (
    select(customer.c.id, customer.c.name)
    .join(stand_in, stand_in.c.customer_id == customer.c.id)
    .where(stand_in.c.agent_id == bindparam("agent"))
    .order_by(customer.c.sought)
)
_LOGIN = select(agent.c.id, agent.c.password_hash, agent.c.totp_secret, agent.c.totp_step).where(
    agent.c.email == bindparam("email"), agent.c.active == 1
)
_PASSWORD_OF = select(agent.c.password_hash).where(agent.c.id == bindparam("id"))
_ADD = insert(agent)
_CHANGED = (
    "name", "email", "title", "roles", "teams", "languages", "zone", "capacity", "reserved", "ring_seconds", "hours",
    "language", "sought",
)  # fmt: skip
_CHANGE = update(agent).where(agent.c.id == bindparam("b_id")).values({name: bindparam(name) for name in _CHANGED})
_PASSWORD = update(agent).where(agent.c.id == bindparam("b_id")).values(password_hash=bindparam("hash"))
_TOTP_STEP = (
    update(agent)
    .where(agent.c.id == bindparam("b_id"), agent.c.totp_step < bindparam("step"))
    .values(totp_step=bindparam("step"))
)
_PHOTO = update(agent).where(agent.c.id == bindparam("b_id")).values(photo=bindparam("photo"))
_BRING_BACK = update(agent).where(agent.c.id == bindparam("b_id")).values(active=1, successor_id=None)
_RETIRE = (
    update(agent)
    .where(agent.c.id == bindparam("b_id"))
    .values(active=0, status="offline", successor_id=bindparam("successor"))
)
_SUCCESSOR = select(agent.c.successor_id).where(agent.c.id == bindparam("id"), agent.c.active == 0)
_UNNAME = update(customer).where(customer.c.named_id == bindparam("b_from")).values(named_id=bindparam("to"))
_RANKS = select(stand_in).where(stand_in.c.customer_id.in_(
    select(stand_in.c.customer_id).where(stand_in.c.agent_id == bindparam("agent"))
)).order_by(stand_in.c.customer_id, stand_in.c.rank)  # fmt: skip
_ABSENCES = select(absence).where(absence.c.until > bindparam("after")).order_by(absence.c.since)
_ABSENCE = select(absence).where(absence.c.id == bindparam("id"))
_ADD_ABSENCE = insert(absence)
_DROP_ABSENCES = delete(absence).where(absence.c.agent_id == bindparam("agent"))
_END_ABSENCE = delete(absence).where(absence.c.id == bindparam("id"))


def every(connection: Connection) -> list[Profile]:
    """All agents, also those who left, by name."""
    return [_profile(row) for row in connection.all(_ALL)]


def page(connection: Connection, text: str, number: int, team: str = "") -> Page[Profile]:
    """Agents whose name or address holds the text, of all teams or of one; who works here comes first."""
    return _LISTING.page(connection, text, number, team=f'%"{team}"%' if team else "%")


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


def password_of(connection: Connection, id: str) -> str | None:
    """The hash of the password; None when none was chosen yet."""
    found: str | None = connection.scalar(_PASSWORD_OF, id=id)
    return found


def set_password(connection: Connection, id: str, hash: str) -> None:
    """A new password; `hash` is argon2's."""
    connection.run(_PASSWORD, b_id=id, hash=hash)


def use_totp_step(connection: Connection, id: str, step: int) -> bool:
    """True when this time step was not used before: each code works once."""
    return connection.run(_TOTP_STEP, b_id=id, step=step) > 0


def set_photo(connection: Connection, id: str, photo: str | None) -> None:
    """The re-encoded picture's hash."""
    connection.run(_PHOTO, b_id=id, photo=photo)


def retire(connection: Connection, id: str, successor: str | None) -> None:
    """No longer works here; the row stays, because events name it. Absences to come are dropped."""
    connection.run(_RETIRE, b_id=id, successor=successor)
    connection.run(_DROP_ABSENCES, agent=id)


def successor_of(connection: Connection, id: str) -> str | None:
    """Who took over from somebody who left, and works here; also when that one left in turn. None: nobody did."""
    seen = {id}
    found: str | None = connection.scalar(_SUCCESSOR, id=id)
    while found is not None and found not in seen:
        seen.add(found)
        profile = find(connection, found)
        if profile is not None and profile.active:
            return found
        found = connection.scalar(_SUCCESSOR, id=found)
    return None


def bring_back(connection: Connection, id: str) -> None:
    """Works here again."""
    connection.run(_BRING_BACK, b_id=id)


def owned(connection: Connection, id: str, most: int) -> list[Owned]:
    """What would have no owner any more without them, the oldest first."""
    return [Owned(*row) for row in connection.all(_OWNED, owner=id, most=most)]


def owned_count(connection: Connection, id: str) -> int:
    """How many there are."""
    return int(connection.scalar(_OWNED_COUNT, owner=id) or 0)


def serving(connection: Connection, id: str) -> list[Owned]:
    """Tickets in whose chat they talk."""
    return [Owned(*row) for row in connection.all(_SERVING, agent=id)]


def named_for(connection: Connection, id: str) -> dict[str, str]:
    """Customers whose named agent this is: their names by id."""
    return {row.id: row.name for row in connection.all(_NAMED_FOR, agent=id)}


def stands_in_for(connection: Connection, id: str) -> dict[str, str]:
    """Customers in whose list of stand-ins this agent is: their names by id."""
    return {row.id: row.name for row in connection.all(_STANDS_IN, agent=id)}


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
    plain = {name: getattr(profile, name) for name in _CHANGED if name not in (*_LISTS, "sought")}
    return plain | listed | {"sought": folded(profile.name, profile.email)}


_LISTS = ("roles", "teams", "languages")


def _profile(row: Row) -> Profile:
    return Profile(
        row.id, row.name, row.email, row.title, tuple(json.loads(row.roles)), tuple(json.loads(row.teams)),
        tuple(json.loads(row.languages)), row.zone, row.capacity, row.reserved, row.ring_seconds, row.photo,
        bool(row.active), row.hours, row.language,
    )  # fmt: skip


_LISTING = Listing(_SOUGHT, _profile)
