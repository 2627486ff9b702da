"""Look-ups of agents and contacts that verbs need; how people are made and changed: agents.py, contacts.py."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update

from routing.allow import Actor
from store.engine import Connection, Row
from store.schema import agent, contact
from store.times import micros


@dataclass(frozen=True)
class Agent:
    """An agent as they chose to be; whether they are there, live knows."""

    id: str
    name: str
    email: str
    title: str
    photo: str | None
    roles: frozenset[str]
    teams: tuple[str, ...]
    status: str
    auto_answer: bool
    ring_seconds: int
    capacity: int
    reserved: int
    missed_in_a_row: int
    active: bool
    language: str = ""
    signature: str = ""

    @property
    def actor(self) -> Actor:
        """As the rules judge them."""
        return Actor(self.id, "agent", self.roles, frozenset(self.teams))

    @property
    def face(self) -> dict[str, str | None]:
        """As contacts see them."""
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title,
            "photo": f"/a/{self.id}/photo" if self.photo else None,
        }


@dataclass(frozen=True)
class Contact:
    """A contact, or a visitor (not verified)."""

    id: str
    customer_id: str
    name: str
    email: str | None
    verified: bool
    coordinator: bool
    language: str
    zone: str


_AGENT = select(agent).where(agent.c.id == bindparam("id"))
_AGENTS = select(agent).where(agent.c.active == 1).order_by(agent.c.name)
_SOME = select(agent).where(agent.c.id.in_(bindparam("ids", expanding=True)))
_LOCK_AGENT = select(agent.c.id).where(agent.c.id == bindparam("id")).with_for_update(key_share=True)
_CONTACT = select(contact).where(contact.c.id == bindparam("id"))
_COORDINATORS = select(contact.c.id).where(
    contact.c.customer_id == bindparam("customer"), contact.c.coordinator == 1, contact.c.verified == 1
)
_STATUS = (
    update(agent)
    .where(agent.c.id == bindparam("b_id"))
    .values(status=bindparam("status"), auto_answer=bindparam("auto_answer"), missed_in_a_row=0)
)
_MISSED = (
    update(agent)
    .where(agent.c.id == bindparam("b_id"))
    .values(missed_in_a_row=bindparam("missed"), status=bindparam("status"))
)
_SIGNATURE = update(agent).where(agent.c.id == bindparam("b_id")).values(signature=bindparam("signature"))
_LANGUAGE = update(agent).where(agent.c.id == bindparam("b_id")).values(language=bindparam("language"))
_OFFERED = update(agent).where(agent.c.id == bindparam("b_id")).values(offered_at=bindparam("at"))


def find_agent(connection: Connection, id: str) -> Agent | None:
    """The agent, also one who left."""
    row = connection.one(_AGENT, id=id)
    return None if row is None else _agent(row)


def some(connection: Connection, ids: Collection[str]) -> dict[str, Agent]:
    """These agents by id, also those who left."""
    return {row.id: _agent(row) for row in connection.all(_SOME, ids=list(ids))} if ids else {}


def agents(connection: Connection) -> list[Agent]:
    """Everyone who works here, by name."""
    return [_agent(row) for row in connection.all(_AGENTS)]


def lock_agent(connection: Connection, id: str) -> None:
    """Nobody else fills this agent until the transaction ends; rows that name the agent may be written meanwhile."""
    if connection.dialect == "postgresql":
        connection.one(_LOCK_AGENT, id=id)


def choose_status(connection: Connection, id: str, status: str, auto_answer: bool) -> None:
    """What the agent chose; rings missed before are forgotten."""
    connection.run(_STATUS, b_id=id, status=status, auto_answer=int(auto_answer))


def sign_as(connection: Connection, id: str, signature: str) -> None:
    """What stands under their mails; empty: their name and title."""
    connection.run(_SIGNATURE, b_id=id, signature=signature)


def choose_language(connection: Connection, id: str, language: str) -> None:
    """In which language the agent reads their console; empty: as their browser wishes."""
    connection.run(_LANGUAGE, b_id=id, language=language)


def note_missed(connection: Connection, id: str, missed: int, status: str) -> None:
    """How many rings in a row nobody answered, and the status that follows."""
    connection.run(_MISSED, b_id=id, missed=missed, status=status)


def note_offered(connection: Connection, id: str, at: datetime) -> None:
    """Rung, or given a chat."""
    connection.run(_OFFERED, b_id=id, at=micros(at))


def coordinators(connection: Connection, customer: str) -> list[str]:
    """Ids of contacts who see everything of their customer."""
    return [row.id for row in connection.all(_COORDINATORS, customer=customer)]


def find_contact(connection: Connection, id: str) -> Contact | None:
    """The contact."""
    row = connection.one(_CONTACT, id=id)
    if row is None:
        return None
    return Contact(
        row.id, row.customer_id, row.name, row.email, bool(row.verified), bool(row.coordinator), row.language, row.zone
    )


def _agent(row: Row) -> Agent:
    return Agent(
        row.id,
        row.name,
        row.email,
        row.title,
        row.photo,
        frozenset(json.loads(row.roles)),
        tuple(json.loads(row.teams)),
        row.status,
        bool(row.auto_answer),
        row.ring_seconds,
        row.capacity,
        row.reserved,
        row.missed_in_a_row,
        bool(row.active),
        row.language,
        row.signature,
    )
