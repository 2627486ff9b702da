"""Customers: the list, a new one, and one with its add-on, who answers, contacts and buttons."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from starlette.responses import Response

from desk.administration.answering import Answering
from desk.administration.checking import Wrong
from desk.administration.customers import CustomerDraft
from desk.administration.picking import Crew
from desk.administration.plans import amount, plans
from desk.administration.selling import SaleDraft, coming, drafted, office_zone, present_sale
from routing.errors import DeskError, NotFound
from server.pages.admin.asking import REFUSED, Asked, made, saved, taken
from server.pages.admin.picking import offers
from store import agents, buttons, contacts, customers
from store.customers import Customer, Sale
from store.engine import Connection
from store.seeking import Page
from store.times import micros

SPARE = 2
"""Empty places in the list of stand-ins."""


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    id: str
    name: str
    named: str
    add_on: SaleDraft | None
    holds: bool
    buttons: int


async def every(asked: Asked) -> Response:
    """`GET /admin/customers`"""
    now = micros(asked.parts.desk.clock.now())

    def query(connection: Connection) -> tuple[Page[Customer], list[Row]]:
        page = customers.page(connection, asked.sought, asked.number)
        names = {each.id: each.name for each in agents.every(connection)}
        return page, [_row(connection, each, names, now) for each in page.rows]

    page, rows = await asked.read(query)
    return asked.page("customers.html", "customers", {}, page=page, rows=rows)


async def begin(asked: Asked) -> Response:
    """`GET /admin/customers/new`"""
    return await _new(asked, CustomerDraft(""))


async def add(asked: Asked) -> Response:
    """`POST /admin/customers/new`"""
    draft = _draft(asked)
    doing = asked.admin.customers.add(asked.signed, draft)
    return await made(doing, "/admin/customers", lambda error: _new(asked, draft, error))


async def show(asked: Asked) -> Response:
    """`GET /admin/customers/{id}`"""
    return await _one(asked)


async def save(asked: Asked) -> Response:
    """`POST /admin/customers/{id}`: all of it, or nothing and every field that is wrong."""
    draft, sale = _draft(asked), _sale(asked, "", sure=bool(asked.text("sure")))
    answers = Answering(asked.text("named"), asked.texts("stand_in"))
    if "up" in asked.form:
        moved = replace(answers, stand_ins=_moved_up(answers.stand_ins, asked.text("up")))
        return await _one(asked, asdict(draft) | asdict(sale) | asdict(moved), moved=True)
    entered = asdict(draft) | asdict(sale) | asdict(answers)
    doing = asked.admin.customers.save(asked.signed, asked.id, draft, sale, answers)
    return await taken(doing, f"/admin/customers/{asked.id}", lambda error: _one(asked, entered, error))


async def sell(asked: Asked) -> Response:
    """`POST /admin/customers/{id}/sell`: the next period."""
    try:
        await asked.admin.customers.sell_another(asked.signed, asked.id, _sale(asked, "next_"))
    except Wrong as error:
        return await _one(asked, None, Wrong({f"next_{name}": said for name, said in error.fields.items()}))
    except REFUSED as error:
        return await _one(asked, None, error)
    return saved(f"/admin/customers/{asked.id}")


async def end_add_on(asked: Asked) -> Response:
    """`POST /admin/customers/{id}/end-add-on`: the present one, or the one that begins on `day`."""
    doing = asked.admin.customers.end_add_on(asked.signed, asked.id, asked.text("day"))
    return await taken(doing, f"/admin/customers/{asked.id}", lambda error: _one(asked, None, error))


def _draft(asked: Asked) -> CustomerDraft:
    return CustomerDraft(*(asked.text(name) for name in ("name", "domains", "zone", "language", "playbook")))


def _sale(asked: Asked, before: str, *, sure: bool = False) -> SaleDraft:
    plan, since, until, fee = (asked.text(f"{before}{name}") for name in ("plan", "since", "until", "fee"))
    return SaleDraft(plan, since, until, fee, sure)


async def _new(asked: Asked, draft: CustomerDraft, error: DeskError | None = None) -> Response:
    return asked.page("customer-new.html", "customers", asdict(draft), error)


def _moved_up(listed: tuple[str, ...], place: str) -> tuple[str, ...]:
    """The one of that place, counted from 1, before the one that stood before."""
    at = int(place) - 1 if place.isascii() and place.isdecimal() and len(place) < 4 else 0
    if not 0 < at < len(listed):
        return listed
    return (*listed[: at - 1], listed[at], listed[at - 1], *listed[at + 1 :])


async def _one(
    asked: Asked, entered: dict[str, Any] | None = None, error: DeskError | None = None, *, moved: bool = False
) -> Response:
    now = micros(asked.parts.desk.clock.now())

    def query(connection: Connection) -> dict[str, Any]:
        kept = customers.find(connection, asked.id)
        if kept is None:
            raise NotFound
        sale, zone = present_sale(connection, kept.id, now), office_zone(connection)
        return {
            "kept": kept,
            "sold": sale is not None,
            "holds": _holds(sale, now),
            "coming": [drafted(each, zone) for each in coming(connection, kept.id, now)],
            "office_zone": zone,
            "people": offers(connection, now),
            "page": contacts.page(connection, kept.id, asked.sought, asked.number),
            "plans": plans(connection),
            "buttons": buttons.of_customer(connection, kept.id),
            "form": entered or _form(connection, kept, sale, zone),
        }

    found = await asked.read(query)
    form = found.pop("form") | {f"next_{name}": text for name, text in asdict(_sale(asked, "next_")).items()}
    places = [*form["stand_ins"], *[""] * SPARE]
    away = {each.text: each.away for each in found["people"] if each.away}
    erased = "erased" in asked.request.query_params and error is None
    return asked.page(
        "customer.html", "customers", form, error, places=places, away=away, moved=moved, erased=erased, **found
    )


def _form(connection: Connection, kept: Customer, sale: Sale | None, zone: str) -> dict[str, Any]:
    draft = CustomerDraft(kept.name, ", ".join(kept.domains), kept.zone, kept.language, kept.playbook)
    first = plans(connection)[0]
    days = SaleDraft(first.name, fee=amount(first.fee_cents)) if sale is None else drafted(sale, zone)
    crew = Crew(agents.every(connection))
    standing = tuple(crew.written(each) for each in customers.stand_ins(connection, kept.id))
    return asdict(draft) | asdict(days) | asdict(Answering(crew.written(kept.named_id), standing))


def _row(connection: Connection, each: Customer, names: dict[str, str], now: int) -> Row:
    sale = present_sale(connection, each.id, now)
    days = None if sale is None else drafted(sale, office_zone(connection))
    count = len([one for one in buttons.of_customer(connection, each.id) if one.active])
    return Row(each.id, each.name, names.get(each.named_id or "", ""), days, _holds(sale, now), count)


def _holds(sale: Sale | None, now: int) -> bool:
    return sale is not None and sale.since <= now and (sale.until is None or now < sale.until)
