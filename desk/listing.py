"""Pages of data for the console's lists: tickets by view, one customer. Changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from desk.actors import Signed
from desk.frames import maybe_written, micros_written
from desk.summaries import summaries
from desk.work import Work
from routing import hours
from routing.allow import Facts, allow
from routing.entitlement import AddOn
from routing.errors import BadRequest, NotFound
from store import buttons, calendars, candidates, contacts, customers, listing, reads, tickets
from store.customers import Customer
from store.engine import Connection
from store.listing import Cursor, Reader
from store.times import instant

PAGE = 50


def tickets_page(work: Work, signed: Signed, view: str, query: str, cursor: str | None) -> dict[str, Any]:
    """`{"tickets","next","counts"}`. Raises BadRequest for an unknown view or a cursor that is none of ours."""
    if view not in listing.VIEWS:
        views = ", ".join(listing.VIEWS)
        raise BadRequest("There is no such view. There are {views}.", field="view", values={"views": views})
    actor = signed.actor
    if not actor.roles & {"agent", "lead"}:
        return {"tickets": [], "next": None, "counts": dict.fromkeys(listing.VIEWS, 0)}
    reader = Reader(actor.id, "lead" in actor.roles, "pool" in actor.teams, "technical" in actor.teams)
    ids = listing.page(work.connection, reader, view, query.strip(), _read(cursor), PAGE + 1)
    found = tickets.find_all(work.connection, ids[:PAGE])
    last = found[-1].ticket if len(ids) > PAGE and found else None
    return {
        "tickets": with_unread(work.connection, signed, summaries(work.connection, found)),
        "next": None if last is None else f"{last.last_at}.{last.id}",
        "counts": listing.counts(work.connection, reader),
    }


def _read(cursor: str | None) -> Cursor | None:
    if not cursor:
        return None
    at, _, id = cursor.partition(".")
    if not (at.isascii() and at.isdigit()) or len(at) > 18 or not id:
        raise BadRequest("This cursor is none of ours.", field="cursor")
    return Cursor(int(at), id)


def with_unread(connection: Connection, signed: Signed, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With how many public messages of others are newer than what this person read."""
    counts = reads.unread(connection, signed.actor.id, [fields["ticket"] for fields in shown])
    return [fields | {"unread": counts.get(fields["ticket"], 0)} for fields in shown]


def customer_page(
    work: Work, signed: Signed, id: str, people: dict[str, dict[str, Any]], present: frozenset[str]
) -> dict[str, Any]:
    """One customer for the console; `people`: agents as colleagues see them, by id. Raises NotFound."""
    found = customers.find(work.connection, id)
    if found is None or not _may_see(work, signed, found):
        raise NotFound
    ids = listing.of_customer(work.connection, id)
    shown = tickets.find_all(work.connection, ids)
    seen = [each for each in shown if allow(signed.actor, "see", each.facts).allowed]
    return {
        "id": found.id,
        "name": found.name,
        "zone": found.zone,
        "playbook": found.playbook,
        "domains": list(found.domains),
        "add_on": _add_on(work, id),
        "named": people.get(found.named_id or ""),
        "stand_ins": [people[each] for each in customers.stand_ins(work.connection, id) if each in people],
        "hours": _hours(work, id),
        "contacts": [
            {
                "id": each.id, "name": each.name, "email": each.email, "title": each.title, "verified": each.verified,
                "coordinator": each.coordinator, "present": each.id in present,
            }
            for each in contacts.of_customer(work.connection, id)
        ],
        "tickets": summaries(work.connection, seen),
    }  # fmt: skip


def _may_see(work: Work, signed: Signed, found: Customer) -> bool:
    stand_ins = frozenset(customers.stand_ins(work.connection, found.id))
    facts = Facts("customer", found.id, named=found.named_id, stand_ins=stand_ins)
    if allow(signed.actor, "see", facts).allowed:
        return True
    newest = tickets.find_all(work.connection, tickets.of_customer(work.connection, found.id))
    return any(allow(signed.actor, "see", each.facts).allowed for each in newest)


def _add_on(work: Work, id: str) -> dict[str, Any] | None:
    holds = candidates.add_on_of(work.connection, id, work.now)
    sale = next(
        (each for each in customers.sales(work.connection, id) if holds and instant(each.since) == holds.since), None
    )
    if holds is None or sale is None:
        return None
    return {
        "plan": sale.plan,
        "fee_cents": sale.fee_cents,
        "currency": sale.currency,
        "since": micros_written(sale.since),
        "until": micros_written(sale.until),
        "state": _state(holds, work.now),
    }


def _state(add_on: AddOn, now: datetime) -> str:
    if now < add_on.since:
        return "not_started"
    elif add_on.until is not None and now >= add_on.until:
        return "expired"
    else:
        return "valid"


def _hours(work: Work, id: str) -> dict[str, Any] | None:
    found = next((each for each in buttons.of_customer(work.connection, id) if each.active), None)
    calendar = None if found is None else calendars.at(work.connection, found.calendar_id, work.now)
    if calendar is None:
        return None
    state = hours.state(calendar, work.now)
    today = work.now.astimezone(ZoneInfo(calendar.zone)).date()
    return {
        "zone": calendar.zone,
        "open": state.open,
        "because": state.because,
        "until": maybe_written(state.until),
        "next_opening": maybe_written(state.next_opening),
        "today": hours.hours_of_day(calendar, today),
    }
