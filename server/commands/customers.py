"""`vipdesk customer …`: who a customer is and who answers it. `vipdesk add-on …`: what it bought."""

from __future__ import annotations

import argparse
from typing import Any

from desk.administration.answering import Answering
from desk.administration.customers import NOTHING_SOLD, CustomerDraft
from desk.administration.plans import CURRENCY, plans
from desk.administration.selling import SaleDraft, coming, drafted, office_zone, present_sale
from server.commands import naming
from server.commands.reaching import PAGING, Reach, command, given, group, listed, options, paged, paging, table
from store import agents, contacts, customers
from store.customers import Customer, Sale
from store.engine import Connection
from store.seeking import Page
from store.times import micros

FIELDS = (
    ("name", "the customer's name"),
    ("domains", "domains of its mail addresses, separated by commas"),
    ("zone", "its time zone, such as Europe/London"),
    ("language", "its language, such as en"),
    ("playbook", "what an agent should know"),
)
ANSWERING = (
    ("named", "the named agent, by mail address or name; none: nobody"),
    ("stand-ins", "who stands in, in this order, separated by commas; none: nobody"),
)
SALE = (
    ("plan", "the plan, of those that the admin listed; left out: the first"),
    ("fee", "the fee a month; left out: the plan's"),
    ("since", "first day, such as 2026-01-01, or an instant"),
    ("until", "last day, included; left out: no end"),
)


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "customer", "customers: who they are, who answers them")
    options(command(inner, "add", "add a customer", _add), *FIELDS, *ANSWERING, *SALE, needed=("name",))
    change = command(inner, "change", "change a customer", _change)
    change.add_argument("customer", help="its name, domain or id")
    options(change, *FIELDS, *ANSWERING)
    options(command(inner, "list", "list customers", _list), *PAGING)
    command(inner, "show", "show one customer", _show).add_argument("customer", help="its name, domain or id")
    inner = group(commands, "add-on", "the add-on: sell it, change its days, end it")
    one = command(inner, "add", "sell it, or its next period", _sell)
    one.add_argument("customer", help="its name, domain or id")
    options(one, *SALE, needed=("since",))
    one = command(inner, "change", "change its days", _change_sale)
    one.add_argument("customer", help="its name, domain or id")
    options(one, *SALE)
    one.add_argument("--sure", action="store_true", help="also when it would not hold any more")
    one = command(inner, "end", "end it now; call off what has not begun", _end)
    one.add_argument("customer", help="its name, domain or id")
    options(one, ("since", "first day of the period that is meant; left out: the one that holds, else the next"))


async def _add(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    answers = _answering(arguments, Answering())
    sale = await _first_sale(reach, arguments) if arguments.since or arguments.until else NOTHING_SOLD
    id = await reach.admin.customers.add(None, given(CustomerDraft(""), arguments), sale, answers)
    return await _told(reach, id)


async def _change(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.customer(reach, arguments.customer)
    draft = CustomerDraft(kept.name, ", ".join(kept.domains), kept.zone, kept.language, kept.playbook)
    standing = await reach.read(lambda connection: tuple(customers.stand_ins(connection, kept.id)))
    before = Answering(kept.named_id, standing)
    answers = _answering(arguments, before)
    await reach.admin.customers.change(None, kept.id, given(draft, arguments), answers)
    return await _told(reach, kept.id)


def _answering(arguments: argparse.Namespace, kept: Answering) -> Answering:
    """What it was, with whom the arguments name."""
    named, stand_ins = arguments.named, listed(arguments.stand_ins)
    who = kept.named if named is None else "" if named == "none" else named
    standing = kept.stand_ins if stand_ins is None else () if stand_ins == ("none",) else stand_ins
    return Answering(who, standing)


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    now = micros(reach.clock.now())
    text, number = paging(arguments)

    def query(connection: Connection) -> tuple[Page[Customer], list[dict[str, Any]]]:
        page = customers.page(connection, text, number)
        return page, [_row(connection, each, now) for each in page.rows]

    page, rows = await reach.read(query)
    cells = [(row["name"], row["named"] or "-", _days(row["add_on"]), row["id"]) for row in rows]
    return rows, paged(page, table(cells, "There are no such customers: vipdesk customer add --name …"))


async def _show(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    return await _told(reach, (await naming.customer(reach, arguments.customer)).id)


async def _sell(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.customer(reach, arguments.customer)
    await reach.admin.customers.sell_another(None, kept.id, await _first_sale(reach, arguments))
    return await _told(reach, kept.id)


async def _change_sale(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept, now = await naming.customer(reach, arguments.customer), micros(reach.clock.now())

    def query(connection: Connection) -> SaleDraft:
        sale, zone = present_sale(connection, kept.id, now), office_zone(connection)
        return SaleDraft(plans(connection)[0].name) if sale is None else drafted(sale, zone)

    await reach.admin.customers.sell(None, kept.id, given(await reach.read(query), arguments))
    return await _told(reach, kept.id)


async def _first_sale(reach: Reach, arguments: argparse.Namespace) -> SaleDraft:
    first = await reach.read(lambda connection: plans(connection)[0].name)
    return given(SaleDraft(first), arguments)


async def _end(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.customer(reach, arguments.customer)
    await reach.admin.customers.end_add_on(None, kept.id, arguments.since or "")
    return await _told(reach, kept.id)


async def _told(reach: Reach, id: str) -> tuple[Any, str]:
    now = micros(reach.clock.now())

    def query(connection: Connection) -> dict[str, Any]:
        found = customers.find(connection, id)
        assert found is not None, "looked up before"
        return _row(connection, found, now)

    row = await reach.read(query)
    cells = [
        ("customer", row["name"]), ("id", row["id"]), ("domains", ", ".join(row["domains"]) or "-"),
        ("zone", row["zone"]), ("language", row["language"]), ("add-on", _days(row["add_on"])),
        ("fee a month", _fee(row["add_on"])), *(("then", _days(each)) for each in row["coming"]),
        ("named", row["named"] or "-"),
        ("stand-ins", ", ".join(row["stand_ins"]) or "-"),
        ("contacts", ", ".join(row["contacts"]) or "-"),
    ]  # fmt: skip
    return row, table(cells, "")


def _row(connection: Connection, found: Customer, now: int) -> dict[str, Any]:
    names = {each.id: each.name for each in agents.every(connection)}
    sale, zone = present_sale(connection, found.id, now), office_zone(connection)
    return {
        "id": found.id, "name": found.name, "domains": list(found.domains), "zone": found.zone,
        "language": found.language, "named": names.get(found.named_id or ""),
        "stand_ins": [names[each] for each in customers.stand_ins(connection, found.id)],
        "add_on": None if sale is None else _sold(sale, zone),
        "coming": [_sold(each, zone) for each in coming(connection, found.id, now)],
        "contacts": [each.email or each.name for each in contacts.of_customer(connection, found.id)],
    }  # fmt: skip


def _sold(sale: Sale, zone: str) -> dict[str, Any]:
    draft = drafted(sale, zone)
    return {
        "plan": draft.plan,
        "since": draft.since,
        "until": draft.until,
        "fee": draft.fee,
        "fee_cents": sale.fee_cents,
    }


def _fee(add_on: dict[str, Any] | None) -> str:
    return "-" if add_on is None else f"{add_on['fee']} {CURRENCY}"


def _days(add_on: dict[str, Any] | None) -> str:
    if add_on is None:
        return "no add-on"
    return f"{add_on['plan']}, {add_on['since']} to {add_on['until'] or 'no end'}"
