"""Lists of tickets for agents: views, search, pages by cursor, counts. What one may see is part of the statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
    true,
)

from store import events
from store.engine import Connection
from store.schema import chat, contact, customer, member, message, ring, stand_in, ticket

VIEWS = ("mine", "customers", "waiting", "open", "all", "technical", "pool", "solved")


@dataclass(frozen=True)
class Reader:
    """Whose list it is."""

    id: str
    lead: bool
    pool: bool
    technical: bool


@dataclass(frozen=True)
class Cursor:
    """The last row of the page before; microseconds and id."""

    last_at: int
    id: str


_me: BindParameter[str] = bindparam("me")
_serving = chat.c.serving_id == _me
_member = exists().where(member.c.ticket_id == ticket.c.id, member.c.agent_id == _me, member.c.left_at.is_(None))
_rung = exists().where(ring.c.ticket_id == ticket.c.id, ring.c.agent_id == _me, ring.c.ended_at.is_(None))
_stands_in = exists().where(stand_in.c.customer_id == ticket.c.customer_id, stand_in.c.agent_id == _me)
_of_mine = or_(customer.c.named_id == _me, _stands_in)
_unsolved = ticket.c.status.in_(("new", "open", "waiting"))
_at_work = or_(_unsolved, ticket.c.in_doubt > 0)
_FROM = (
    ticket.join(customer, customer.c.id == ticket.c.customer_id)
    .join(contact, contact.c.id == ticket.c.contact_id)
    .outerjoin(chat, and_(chat.c.ticket_id == ticket.c.id, chat.c.ended_at.is_(None)))
)
_IN_VIEW: dict[str, ColumnElement[bool]] = {
    "mine": and_(or_(ticket.c.owner_id == _me, _serving, _member), or_(_at_work, chat.c.id.is_not(None))),
    "customers": and_(_of_mine, _at_work),
    "waiting": and_(chat.c.state.in_(("waiting", "ringing"))),
    "open": ticket.c.status.in_(("new", "open")),
    "all": true(),
    "technical": and_(ticket.c.technical == 1, _unsolved),
    "pool": and_(ticket.c.pooled == 1, _unsolved),
    "solved": ticket.c.status.in_(("solved", "closed")),
}
_searched: BindParameter[str] = bindparam("like")
_MATCHES = or_(
    func.lower(ticket.c.subject).like(_searched, escape="\\"),
    func.lower(customer.c.name).like(_searched, escape="\\"),
    func.lower(contact.c.name).like(_searched, escape="\\"),
    ticket.c.number == bindparam("number"),
    exists().where(
        message.c.stream.in_((ticket.c.id, ticket.c.id + events.INTERNAL)),
        func.lower(message.c.body).like(_searched, escape="\\"),
    ),
)


def _visible(reader: Reader) -> ColumnElement[bool]:
    """As routing.allow says of `see`."""
    if reader.lead:
        return true()
    return or_(
        ticket.c.owner_id == _me, _serving, _member, _rung, _of_mine,
        ticket.c.pooled == 1 if reader.pool else false(),
        ticket.c.technical == 1 if reader.technical else false(),
    )  # fmt: skip


_pages: dict[tuple[Any, ...], Select[Any]] = {}
_counts: dict[tuple[bool, bool, bool], Select[Any]] = {}


def page(connection: Connection, reader: Reader, view: str, query: str, cursor: Cursor | None, most: int) -> list[str]:
    """Ids of one page, the newest first. `view` is one of VIEWS."""
    key = (reader.lead, reader.pool, reader.technical, view, bool(query), cursor is not None)
    if key not in _pages:
        _pages[key] = _page_of(reader, view, searched=bool(query), goes_on=cursor is not None)
    params: dict[str, Any] = {"most": most}
    if not reader.lead or view in ("mine", "customers"):
        params["me"] = reader.id
    if query:
        params |= {"like": f"%{_escaped(query.lower())}%", "number": _number(query)}
    if cursor is not None:
        params |= {"last_at": cursor.last_at, "id": cursor.id}
    return [row.id for row in connection.all(_pages[key], **params)]


def counts(connection: Connection, reader: Reader) -> dict[str, int]:
    """How many tickets each view holds."""
    key = (reader.lead, reader.pool, reader.technical)
    if key not in _counts:
        sums = [func.sum(case((condition, 1), else_=0)).label(f"n_{view}") for view, condition in _IN_VIEW.items()]
        _counts[key] = select(*sums).select_from(_FROM).where(_visible(reader))
    row = connection.one(_counts[key], me=reader.id)
    return {view: int((getattr(row, f"n_{view}") if row else 0) or 0) for view in VIEWS}


def of_customer(connection: Connection, customer_id: str, most: int = 10) -> Sequence[str]:
    """Ids of a customer's newest tickets."""
    return [row.id for row in connection.all(_OF_CUSTOMER, customer=customer_id, most=most)]


_OF_CUSTOMER = (
    select(ticket.c.id)
    .where(ticket.c.customer_id == bindparam("customer"))
    .order_by(ticket.c.last_at.desc(), ticket.c.id.desc())
    .limit(bindparam("most"))
)


def _page_of(reader: Reader, view: str, *, searched: bool, goes_on: bool) -> Select[Any]:
    conditions = [_visible(reader), _IN_VIEW[view]]
    if searched:
        conditions.append(_MATCHES)
    if goes_on:
        last_at: BindParameter[int] = bindparam("last_at")
        id: BindParameter[str] = bindparam("id")
        conditions.append(or_(ticket.c.last_at < last_at, and_(ticket.c.last_at == last_at, ticket.c.id < id)))
    return (
        select(ticket.c.id)
        .select_from(_FROM)
        .where(*conditions)
        .order_by(ticket.c.last_at.desc(), ticket.c.id.desc())
        .limit(bindparam("most"))
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _number(query: str) -> int:
    digits = query.strip().lower().removeprefix("vd-")
    return int(digits) if digits.isdigit() and len(digits) < 10 else -1
