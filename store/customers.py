"""Customers: who they are, whom they reach, what they bought. Their people: contacts.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select, update

from store.engine import Connection, Row
from store.schema import add_on, customer, customer_domain, stand_in
from store.seeking import Listing, Page, folded, holds, like


@dataclass(frozen=True)
class Customer:
    """An organisation. `domains`: of mail addresses that belong to it."""

    id: str
    name: str
    domains: tuple[str, ...]
    zone: str
    language: str
    playbook: str
    named_id: str | None


@dataclass(frozen=True)
class Sale:
    """An add-on as sold; instants in microseconds, `until` excluded."""

    id: str
    customer_id: str
    plan: str
    fee_cents: int
    currency: str
    since: int
    until: int | None


_ALL = select(customer).order_by(customer.c.name)
_SOUGHT = select(customer).where(holds(customer.c.sought)).order_by(customer.c.sought, customer.c.id)
_ONE = select(customer).where(customer.c.id == bindparam("id"))
_OF_DOMAIN = (
    select(customer)
    .join(customer_domain, customer_domain.c.customer_id == customer.c.id)
    .where(customer_domain.c.domain == bindparam("domain"))
    .order_by(customer.c.name)
)
_DROP_DOMAINS = delete(customer_domain).where(customer_domain.c.customer_id == bindparam("customer"))
_ADD_DOMAIN = insert(customer_domain)
_ADD = insert(customer)
_CHANGED = ("name", "domains", "zone", "language", "playbook", "named_id", "sought")
_CHANGE = (
    update(customer).where(customer.c.id == bindparam("b_id")).values({name: bindparam(name) for name in _CHANGED})
)
_STAND_INS = (
    select(stand_in.c.agent_id).where(stand_in.c.customer_id == bindparam("customer")).order_by(stand_in.c.rank)
)
_DROP_STAND_INS = delete(stand_in).where(stand_in.c.customer_id == bindparam("customer"))
_ADD_STAND_IN = insert(stand_in)
_SALES = select(add_on).where(add_on.c.customer_id == bindparam("customer")).order_by(add_on.c.since.desc())
_SELL = insert(add_on)
_CHANGE_SALE = (
    update(add_on)
    .where(add_on.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in ("plan", "fee_cents", "since", "until")})
)
_DROP_SALE = delete(add_on).where(add_on.c.id == bindparam("id"))


def every(connection: Connection) -> list[Customer]:
    """All customers, by name."""
    return [_customer(row) for row in connection.all(_ALL)]


def page(connection: Connection, text: str, number: int) -> Page[Customer]:
    """Customers whose name or domains hold the text."""
    return _LISTING.page(connection, text, number)


def like_these(connection: Connection, texts: Sequence[str]) -> list[Customer]:
    """Customers whose name or domains hold one of the texts: who may be meant by them, or be the same."""
    found = {row.id: row for text in texts if folded(text) for row in connection.all(_SOUGHT, sought=like(text))}
    return [_customer(row) for row in found.values()]


def of_domain(connection: Connection, domain: str) -> list[Customer]:
    """Whose people have addresses there, by name."""
    return [_customer(row) for row in connection.all(_OF_DOMAIN, domain=domain)]


def find(connection: Connection, id: str) -> Customer | None:
    """One customer."""
    row = connection.one(_ONE, id=id)
    return None if row is None else _customer(row)


def add(connection: Connection, new: Customer, at: int) -> None:
    """A new customer."""
    connection.run(_ADD, id=new.id, created_at=at, **_columns(new))
    _set_domains(connection, new)


def change(connection: Connection, changed: Customer) -> None:
    """Writes it."""
    connection.run(_CHANGE, b_id=changed.id, **_columns(changed))
    _set_domains(connection, changed)


def stand_ins(connection: Connection, id: str) -> list[str]:
    """Agents who stand in for the named one, the first first."""
    return [row.agent_id for row in connection.all(_STAND_INS, customer=id)]


def set_stand_ins(connection: Connection, id: str, agents: Sequence[str]) -> None:
    """The list anew."""
    connection.run(_DROP_STAND_INS, customer=id)
    for rank, agent_id in enumerate(agents, start=1):
        connection.run(_ADD_STAND_IN, customer_id=id, rank=rank, agent_id=agent_id)


def sales(connection: Connection, id: str) -> list[Sale]:
    """Add-ons of a customer, the latest first."""
    return [
        Sale(row.id, row.customer_id, row.plan, row.fee_cents, row.currency, row.since, row.until)
        for row in connection.all(_SALES, customer=id)
    ]


def sell(connection: Connection, new: Sale) -> None:
    """An add-on is bought."""
    connection.run(
        _SELL, id=new.id, customer_id=new.customer_id, plan=new.plan, fee_cents=new.fee_cents, currency=new.currency,
        since=new.since, until=new.until,
    )  # fmt: skip


def change_sale(connection: Connection, changed: Sale) -> None:
    """On which plan it holds, from when until when, and for how much."""
    connection.run(
        _CHANGE_SALE, b_id=changed.id, plan=changed.plan, fee_cents=changed.fee_cents, since=changed.since,
        until=changed.until,
    )  # fmt: skip


def drop_sale(connection: Connection, id: str) -> None:
    """One that had not begun is called off."""
    connection.run(_DROP_SALE, id=id)


def _set_domains(connection: Connection, of: Customer) -> None:
    connection.run(_DROP_DOMAINS, customer=of.id)
    connection.many(_ADD_DOMAIN, [{"domain": each, "customer_id": of.id} for each in dict.fromkeys(of.domains)])


def _columns(row: Customer) -> dict[str, object]:
    return {
        "name": row.name, "domains": json.dumps(list(row.domains)), "zone": row.zone, "language": row.language,
        "playbook": row.playbook, "named_id": row.named_id, "sought": folded(row.name, *row.domains),
    }  # fmt: skip


def _customer(row: Row) -> Customer:
    return Customer(
        row.id, row.name, tuple(json.loads(row.domains)), row.zone, row.language, row.playbook, row.named_id
    )


_LISTING = Listing(_SOUGHT, _customer)
