"""Who is signed in: agents' sessions and links, contacts' tokens. Only hashes are kept; instants are real time."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, update

from store.engine import Connection, Row
from store.schema import agent, agent_session, button, contact, contact_session, sign_in_link
from store.seeking import Listing, Page, holds


@dataclass(frozen=True)
class AgentSession:
    """An agent's session that holds."""

    agent_id: str
    csrf: str
    used_at: int


@dataclass(frozen=True)
class OpenSession:
    """A session that holds, as admins and its owner see it. `id`: the hash of its secret."""

    id: str
    agent_id: str
    agent_name: str
    device: str
    created_at: int
    used_at: int


@dataclass(frozen=True)
class OpenVisit:
    """A session of a contact that holds. `id`: the hash of its token; `where`: on which button of their company."""

    id: str
    device: str
    where: str
    created_at: int
    used_at: int


@dataclass(frozen=True)
class ContactSession:
    """A contact's token that holds."""

    contact_id: str
    button_id: str
    used_at: int


_AGENT = (
    select(agent_session.c.agent_id, agent_session.c.csrf, agent_session.c.used_at)
    .join(agent, agent.c.id == agent_session.c.agent_id)
    .where(agent_session.c.id_hash == bindparam("hash"), agent_session.c.revoked_at.is_(None), agent.c.active == 1,
           agent_session.c.used_at > bindparam("after"))
)  # fmt: skip
_OPEN = (
    select(agent_session.c.id_hash, agent_session.c.agent_id, agent.c.name, agent_session.c.device,
           agent_session.c.created_at, agent_session.c.used_at)
    .join(agent, agent.c.id == agent_session.c.agent_id)
    .where(agent_session.c.revoked_at.is_(None), agent.c.active == 1, agent_session.c.used_at > bindparam("after"))
    .order_by(agent_session.c.used_at.desc(), agent_session.c.id_hash)
)  # fmt: skip
_OPEN_OF = _OPEN.where(agent_session.c.agent_id == bindparam("agent"))
_OPEN_SOUGHT = _OPEN.where(holds(agent.c.sought))
_OWNER = select(agent_session.c.agent_id).where(
    agent_session.c.id_hash == bindparam("hash"), agent_session.c.revoked_at.is_(None)
)
_BEGINNING = (
    select(agent_session.c.id_hash)
    .where(
        agent_session.c.id_hash.startswith(bindparam("text"), autoescape=False), agent_session.c.revoked_at.is_(None)
    )
    .limit(3)
)
_END_OTHERS = (
    update(agent_session)
    .where(agent_session.c.id_hash != bindparam("b_kept"), agent_session.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
    .returning(agent_session.c.agent_id)
)
_END_OTHERS_OF = (
    update(agent_session)
    .where(agent_session.c.agent_id == bindparam("b_agent"), agent_session.c.id_hash != bindparam("b_kept"),
           agent_session.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)  # fmt: skip
_ADD_AGENT = insert(agent_session)
_USE_AGENT = update(agent_session).where(agent_session.c.id_hash == bindparam("b_hash")).values(used_at=bindparam("at"))
_END_AGENT = (
    update(agent_session)
    .where(agent_session.c.id_hash == bindparam("b_hash"), agent_session.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_END_AGENTS = (
    update(agent_session)
    .where(agent_session.c.agent_id == bindparam("b_agent"), agent_session.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_KEPT = select(agent_session).where(agent_session.c.revoked_at.is_(None))
_CONTACT = (
    select(contact_session.c.contact_id, contact_session.c.button_id, contact_session.c.used_at)
    .join(contact, contact.c.id == contact_session.c.contact_id)
    .join(button, button.c.id == contact_session.c.button_id)
    .where(contact_session.c.token_hash == bindparam("hash"), contact_session.c.revoked_at.is_(None),
           contact_session.c.used_at > bindparam("after"), button.c.active == 1)
)  # fmt: skip
_ADD_CONTACT = insert(contact_session)
_USE_CONTACT = (
    update(contact_session).where(contact_session.c.token_hash == bindparam("b_hash")).values(used_at=bindparam("at"))
)
_END_CONTACT = (
    update(contact_session)
    .where(contact_session.c.token_hash == bindparam("b_hash"), contact_session.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_OF_CONTACT = (
    select(contact_session.c.token_hash, contact_session.c.device, button.c.name, contact_session.c.created_at,
           contact_session.c.used_at)
    .join(button, button.c.id == contact_session.c.button_id)
    .where(contact_session.c.contact_id == bindparam("contact"), contact_session.c.revoked_at.is_(None),
           contact_session.c.used_at > bindparam("after"))
    .order_by(contact_session.c.used_at.desc(), contact_session.c.token_hash)
)  # fmt: skip
_END_CONTACTS = (
    update(contact_session)
    .where(contact_session.c.contact_id == bindparam("b_contact"), contact_session.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_ADD_LINK = insert(sign_in_link)
_LINK = select(sign_in_link.c.agent_id).where(
    sign_in_link.c.token_hash == bindparam("hash"), sign_in_link.c.used_at.is_(None),
    sign_in_link.c.expires_at > bindparam("now"),
)  # fmt: skip
_USE_LINK = (
    update(sign_in_link)
    .where(sign_in_link.c.token_hash == bindparam("b_hash"), sign_in_link.c.used_at.is_(None),
           sign_in_link.c.expires_at > bindparam("at"))
    .values(used_at=bindparam("at"))
    .returning(sign_in_link.c.agent_id)
)  # fmt: skip
_VOID_LINKS = (
    update(sign_in_link)
    .where(sign_in_link.c.agent_id == bindparam("b_agent"), sign_in_link.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)


def agent_session_of(connection: Connection, hash: str, used_after: int) -> AgentSession | None:
    """The session, unless it was ended, is too old, or its agent left."""
    row = connection.one(_AGENT, hash=hash, after=used_after)
    return None if row is None else AgentSession(row.agent_id, row.csrf, row.used_at)


def begin_agent(connection: Connection, hash: str, agent_id: str, csrf: str, at: int, device: str = "") -> None:
    """An agent signed in; `device`: what their browser calls itself."""
    connection.run(
        _ADD_AGENT, id_hash=hash, agent_id=agent_id, csrf=csrf, device=device, created_at=at, used_at=at,
        revoked_at=None,
    )  # fmt: skip


def open_of_agent(connection: Connection, agent_id: str, used_after: int) -> list[OpenSession]:
    """Sessions of an agent that hold, the last used first."""
    return [_open(row) for row in connection.all(_OPEN_OF, agent=agent_id, after=used_after)]


def open_page(connection: Connection, text: str, number: int, used_after: int) -> Page[OpenSession]:
    """Sessions that hold, of agents whose name or address holds the text."""
    return _LISTING.page(connection, text, number, after=used_after)


def owner_of(connection: Connection, hash: str) -> str | None:
    """Whose session it is; None when it was ended or there is none."""
    found: str | None = connection.scalar(_OWNER, hash=hash)
    return found


def beginning_with(connection: Connection, text: str) -> list[str]:
    """At most three ids of sessions that hold and begin so."""
    plain = "".join(sign for sign in text if sign.isalnum())
    return [row.id_hash for row in connection.all(_BEGINNING, text=plain)] if plain else []


def end_all_but(connection: Connection, kept: str, at: int) -> list[str]:
    """Everybody is signed out everywhere, but for one session; whose sessions ended."""
    return [row.agent_id for row in connection.all(_END_OTHERS, b_kept=kept, at=at)]


def end_others_of_agent(connection: Connection, agent_id: str, kept: str, at: int) -> int:
    """Signed out everywhere else; of how many sessions."""
    return connection.run(_END_OTHERS_OF, b_agent=agent_id, b_kept=kept, at=at)


def use_agent(connection: Connection, hash: str, at: int) -> None:
    """It was used."""
    connection.run(_USE_AGENT, b_hash=hash, at=at)


def end_agent(connection: Connection, hash: str, at: int) -> bool:
    """Signed out."""
    return connection.run(_END_AGENT, b_hash=hash, at=at) > 0


def end_all_of_agent(connection: Connection, agent_id: str, at: int) -> int:
    """Signed out everywhere; of how many sessions."""
    return connection.run(_END_AGENTS, b_agent=agent_id, at=at)


def open_agent_sessions(connection: Connection) -> list[dict[str, object]]:
    """Whole rows of sessions that hold, to be put back after a demo was seeded anew."""
    return [row._asdict() for row in connection.all(_KEPT)]


def put_back(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Rows as `open_agent_sessions` gave them."""
    for row in rows:
        connection.run(_ADD_AGENT, **row)


def contact_session_of(connection: Connection, hash: str, used_after: int) -> ContactSession | None:
    """The token's session, unless it was ended, is too old, or its button is switched off."""
    row = connection.one(_CONTACT, hash=hash, after=used_after)
    return None if row is None else ContactSession(row.contact_id, row.button_id, row.used_at)


def begin_contact(
    connection: Connection, hash: str, contact_id: str, button_id: str, at: int, device: str = ""
) -> None:
    """A contact has a token; `device`: what their browser calls itself."""
    connection.run(
        _ADD_CONTACT, token_hash=hash, contact_id=contact_id, button_id=button_id, device=device, created_at=at,
        used_at=at, revoked_at=None,
    )  # fmt: skip


def use_contact(connection: Connection, hash: str, at: int) -> None:
    """It was used."""
    connection.run(_USE_CONTACT, b_hash=hash, at=at)


def end_contact(connection: Connection, hash: str, at: int) -> bool:
    """The token is void."""
    return connection.run(_END_CONTACT, b_hash=hash, at=at) > 0


def open_of_contact(connection: Connection, contact_id: str, used_after: int) -> list[OpenVisit]:
    """Sessions of a contact that hold, the last used first."""
    return [OpenVisit(*row) for row in connection.all(_OF_CONTACT, contact=contact_id, after=used_after)]


def end_all_of_contact(connection: Connection, contact_id: str, at: int) -> int:
    """Every token of a contact is void; how many."""
    return connection.run(_END_CONTACTS, b_contact=contact_id, at=at)


def add_link(connection: Connection, hash: str, agent_id: str, expires_at: int) -> None:
    """A link that signs an agent in once."""
    connection.run(_ADD_LINK, token_hash=hash, agent_id=agent_id, expires_at=expires_at, used_at=None)


def void_links(connection: Connection, agent_id: str, at: int) -> None:
    """None that this agent was given lets anybody in any more."""
    connection.run(_VOID_LINKS, b_agent=agent_id, at=at)


def link_of(connection: Connection, hash: str, now: int) -> str | None:
    """Whose link it is, while it holds; not used up by asking."""
    found: str | None = connection.scalar(_LINK, hash=hash, now=now)
    return found


def use_link(connection: Connection, hash: str, at: int) -> str | None:
    """Whose link it was; None when it was used already or is too old."""
    found: str | None = connection.scalar(_USE_LINK, b_hash=hash, at=at)
    return found


def _open(row: Row) -> OpenSession:
    return OpenSession(row.id_hash, row.agent_id, row.name, row.device, row.created_at, row.used_at)


_LISTING = Listing(_OPEN_SOUGHT, _open)
