"""The add-on sold to a customer: on which plans, from when until when; ended, and what that leaves as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from desk.administration.changing import Change
from desk.administration.checking import Check, day_in, last_day_in
from desk.administration.plans import CURRENCY, amount, fee, plans
from routing.errors import Conflict
from store import calendars, customers
from store.customers import Customer, Sale
from store.engine import Connection
from store.ids import new_id
from store.times import instant, micros


@dataclass(frozen=True)
class SaleDraft:
    """As entered: days, the last included, or instants. Without `since` nothing is sold; without `fee`: the plan's.

    `sure`: the days may also be such that the add-on that holds, or was to come, does not hold any more.
    """

    plan: str = ""
    since: str = ""
    until: str = ""
    fee: str = ""
    sure: bool = False


def office_zone(connection: Connection) -> str:
    """Where the days of an add-on begin and end: at the first office."""
    kept = calendars.every(connection)
    return str(kept[0].document["tz"]) if kept else "Europe/Bratislava"


def present_sale(connection: Connection, customer_id: str, now: int) -> Sale | None:
    """The add-on that holds, else the next, else the last."""
    sold = customers.sales(connection, customer_id)
    holding = [each for each in sold if each.since <= now and (each.until is None or now < each.until)]
    coming = [each for each in reversed(sold) if each.since > now]
    return next(iter((*holding, *coming, *sold)), None)


def drafted(sale: Sale, zone: str) -> SaleDraft:
    """The days of a sale as they are entered."""
    until = "" if sale.until is None else last_day_in(instant(sale.until), zone)
    return SaleDraft(sale.plan, day_in(instant(sale.since), zone), until, amount(sale.fee_cents))


def coming(connection: Connection, customer_id: str, now: int) -> list[Sale]:
    """Periods sold ahead, the next first, besides the add-on that `present_sale` tells."""
    present = present_sale(connection, customer_id, now)
    return [each for each in reversed(customers.sales(connection, customer_id)) if each.since > now and each != present]


def another(change: Change, check: Check, customer: Customer, draft: SaleDraft) -> Sale | None:
    """One more period, beside what was sold before; None when its days are wrong."""
    zone = office_zone(change.connection)
    since, until = check.begin("since", draft.since, zone), check.end("until", draft.until, zone)
    if since is None:
        check.refuse("since", "Enter the first day.")
        return None
    _check_order(check, since, until, zone)
    sale = _new(change, check, customer, draft, draft.plan.strip(), since, until)
    _check_plan(change, check, sale.plan)
    _check_overlap(change, check, sale, zone)
    return sale


def checked(change: Change, check: Check, customer: Customer, draft: SaleDraft) -> Sale | None:
    """The sale as it shall be; None when nothing changes."""
    zone = office_zone(change.connection)
    kept = present_sale(change.connection, customer.id, change.at)
    since, until = check.begin("since", draft.since, zone), check.end("until", draft.until, zone)
    if since is None:
        if draft.until.strip() and not draft.since.strip():
            check.refuse("since", "Enter the first day too, or leave both empty.")
        elif kept is not None and not draft.since.strip():
            check.refuse("since", "The add-on was sold, so it keeps its first day. To stop it, end it.")
        if draft.plan.strip() and kept is None:
            _check_plan(change, check, draft.plan.strip())
        return None
    _check_order(check, since, until, zone)
    sale = _sale(change, check, customer, kept, draft, since, until)
    if kept is None or (sale.id, sale.plan) != (kept.id, kept.plan):
        _check_plan(change, check, sale.plan)
    if sale != kept:
        _check_overlap(change, check, sale, zone)
    if kept is not None and sale.id == kept.id and not draft.sure and not check.wrong:
        _check_holding(check, kept, sale, change.at, zone)
    return None if sale == kept else sale


def write(change: Change, customer_id: str, sale: Sale | None) -> None:
    """Sells it, or changes its days."""
    if sale is None:
        return
    known = {each.id: each for each in customers.sales(change.connection, customer_id)}
    if sale.id in known:
        customers.change_sale(change.connection, sale)
    else:
        customers.sell(change.connection, sale)
    detail = {
        "plan": sale.plan, "since": _said(sale.since), "until": _said(sale.until), "fee_cents": sale.fee_cents,
    }  # fmt: skip
    change.audit("add_on_changed" if sale.id in known else "add_on_sold", customer_id, detail)


def end(change: Change, customer: Customer, since: str = "") -> None:
    """Now; called off when it has not begun. `since`: the first day of the period that is meant; empty: the present
    add-on. Raises Conflict when there is none to end."""
    kept = _meant(change, customer, since)
    if kept is None or (kept.until is not None and kept.until <= change.at):
        raise Conflict("{name} has no add-on that could be ended.", values={"name": customer.name})
    if kept.since >= change.at:
        customers.drop_sale(change.connection, kept.id)
        change.audit("add_on_called_off", customer.id, {"plan": kept.plan, "since": _said(kept.since)})
    else:
        customers.change_sale(change.connection, replace(kept, until=change.at))
        change.audit("add_on_ended", customer.id, {"plan": kept.plan, "until": _said(change.at)})


def _meant(change: Change, customer: Customer, since: str) -> Sale | None:
    if not since.strip():
        return present_sale(change.connection, customer.id, change.at)
    zone = office_zone(change.connection)
    sold = customers.sales(change.connection, customer.id)
    return next((each for each in sold if day_in(instant(each.since), zone) == since.strip()), None)


def _sale(
    change: Change,
    check: Check,
    customer: Customer,
    kept: Sale | None,
    draft: SaleDraft,
    since: datetime,
    until: datetime | None,
) -> Sale:
    """The kept one with other days; a new one where the kept one is over and these days come after it."""
    plan = draft.plan.strip() or (kept.plan if kept is not None else "")
    over = kept is not None and kept.until is not None and kept.until <= min(change.at, micros(since))
    if kept is None or over:
        return _new(change, check, customer, draft, plan, since, until)
    cents = fee(check, "fee", draft.fee) if draft.fee.strip() else kept.fee_cents
    return replace(kept, plan=plan, fee_cents=cents, since=micros(since), until=_maybe(until))


def _new(
    change: Change,
    check: Check,
    customer: Customer,
    draft: SaleDraft,
    plan: str,
    since: datetime,
    until: datetime | None,
) -> Sale:
    usual = next((each.fee_cents for each in plans(change.connection) if each.name == plan), 0)
    cents = fee(check, "fee", draft.fee) if draft.fee.strip() else usual
    return Sale(new_id(), customer.id, plan, cents, CURRENCY, micros(since), _maybe(until))


def _check_order(check: Check, since: datetime, until: datetime | None, zone: str) -> None:
    if until is not None and until <= since:
        check.refuse("until", "Ends before it starts. Did you mean {day}?", day=_a_year_after(since, zone))


def _check_holding(check: Check, kept: Sale, sale: Sale, now: int, zone: str) -> None:
    """What holds, or is to come, is not taken away by a slip of the pen."""
    is_over = kept.until is not None and kept.until <= now
    if not is_over and kept.since <= now < sale.since:
        check.refuse(
            "sure",
            "The add-on that holds now would end at once, and begin on {day}. If so, confirm it; what comes after it is"
            " sold as the next period.",
            day=day_in(instant(sale.since), zone),
        )
    elif not is_over and sale.until is not None and sale.until <= now:
        check.refuse("sure", "The add-on would be over already. If so, confirm it.")


def _check_plan(change: Change, check: Check, plan: str) -> None:
    sold_on = [each.name for each in plans(change.connection)]
    if plan not in sold_on:
        check.refuse(
            "plan", "The add-on is sold on {plans} only, not on “{plan}”.", plans=", ".join(sold_on), plan=plan[:60]
        )


def _check_overlap(change: Change, check: Check, sale: Sale, zone: str) -> None:
    for other in customers.sales(change.connection, sale.customer_id):
        begins_after = other.until is not None and sale.since >= other.until
        ends_before = sale.until is not None and sale.until <= other.since
        if other.id != sale.id and not begins_after and not ends_before:
            _refuse_overlap(check, other, zone)


def _refuse_overlap(check: Check, other: Sale, zone: str) -> None:
    began = day_in(instant(other.since), zone)
    if other.until is None:
        check.refuse(
            "since",
            "There is an add-on on {plan} since {began}, without an end. Change that one, to give it a last day first.",
            plan=other.plan, began=began,
        )  # fmt: skip
    else:
        check.refuse(
            "since",
            "There is an add-on on {plan} from {began} to {day} already. Begin after it, or change or end that one.",
            plan=other.plan, began=began, day=last_day_in(instant(other.until), zone),
        )  # fmt: skip


def _a_year_after(since: datetime, zone: str) -> str:
    """The last day of the year that begins then."""
    return last_day_in(
        since.replace(year=since.year + 1, day=28 if (since.month, since.day) == (2, 29) else since.day), zone
    )


def _maybe(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _said(at: int | None) -> str | None:
    return None if at is None else instant(at).isoformat()
