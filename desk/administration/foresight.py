"""What a change of office hours would change, before it is saved: openings, days, who keeps them, open tickets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from routing import entitlement, hours
from routing.entitlement import Identity
from routing.hours import Calendar, HoursState
from store import agents, calendars, candidates, customers
from store.calendars import Promised, Use, Version
from store.engine import Connection
from store.times import instant

WEEKS = 8
"""So far every day is looked at; beyond, only days that are named."""
MOST_DAYS = 40
MOST_TICKETS = 20
OPENINGS = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ChangedDay:
    """A local day with its hours, empty when shut, before and after; `name` of a holiday."""

    day: date
    before: list[list[str]]
    after: list[list[str]]
    name: str


@dataclass(frozen=True)
class Affected:
    """An open ticket; `before`, `after`: whether the dedicated service is due for it at the instant of the change."""

    ticket: Promised
    before: bool
    after: bool


@dataclass(frozen=True)
class Foreseen:
    """`new` is None when nothing would be another. `days`: the first MOST_DAYS of `day_count`."""

    kept: Version
    new: Version | None
    since: datetime
    zone: str
    before: HoursState
    after: HoursState
    openings_before: list[datetime]
    openings_after: list[datetime]
    days: list[ChangedDay]
    day_count: int
    given_up: list[int]
    uses: list[Use]
    agents: list[str]
    tickets: list[Affected]


def foresee(connection: Connection, now: datetime, kept: Version, new: Version | None) -> Foreseen:
    """Compares what holds, and was to follow, with what would."""
    before = calendars.at(connection, kept.id, now)
    assert before is not None, "the first version holds from the beginning"
    since = now if new is None else max(now, instant(new.since))
    after = before if new is None else _with(before, new, since, now)
    days = [] if new is None else list(_changed(before, after, since, new.document))
    used = calendars.uses(connection, kept.id)
    return Foreseen(
        kept, new, since, after.zone,
        hours.state(before, now), hours.state(after, now),
        openings(before, now), openings(after, now),
        days[:MOST_DAYS], len(days),
        [] if new is None else _given_up(connection, new, now),
        used, _answering(connection, used),
        _affected(connection, kept.id, used, since, before, after),
    )  # fmt: skip


def openings(calendar: Calendar, at: datetime) -> list[datetime]:
    """The next instants at which the office opens."""
    found: list[datetime] = []
    while len(found) < OPENINGS:
        state = hours.state(calendar, at)
        shut = state.until if state.open else at
        coming = None if shut is None else hours.next_opening(calendar, shut)
        if coming is None:
            break
        found.append(coming)
        at = coming
    return found


def _with(before: Calendar, new: Version, since: datetime, now: datetime) -> Calendar:
    """The hours from now on, were it saved: it ends whatever was to follow after its first day."""
    document = Calendar.from_json(new.document)
    if since <= now:
        return document
    return _cut(before, (since.astimezone(ZoneInfo(document.zone)).date(), document))


def _cut(calendar: Calendar, new: tuple[date, Calendar]) -> Calendar:
    if calendar.following is None or calendar.following[0] >= new[0]:
        return replace(calendar, following=new)
    day, following = calendar.following
    return replace(calendar, following=(day, _cut(following, new)))


def _changed(before: Calendar, after: Calendar, since: datetime, document: Mapping[str, Any]) -> Iterator[ChangedDay]:
    local = since.astimezone(ZoneInfo(after.zone))
    first = local.date()
    named = {day for each in (*_chain(before), *_chain(after)) for day in (*each.holidays, *each.special)}
    days = {first + _DAY * number for number in range(7 * WEEKS)} | {day for day in named if day >= first}
    for day in sorted(days):
        was, becomes = hours.hours_of_day(before, day), hours.hours_of_day(after, day)
        over = f"{local:%H:%M}" if day == first else ""
        if _after(was, over) != _after(becomes, over):
            yield ChangedDay(day, was, becomes, document.get("names", {}).get(day.isoformat(), ""))


def _after(spans: list[list[str]], time: str) -> list[list[str]]:
    """Hours of a day that are not over by then: what is over can no longer change."""
    return [[max(opens, time), closes] for opens, closes in spans if closes > time]


def _chain(calendar: Calendar) -> Iterator[Calendar]:
    yield calendar
    while calendar.following is not None:
        calendar = calendar.following[1]
        yield calendar


def _given_up(connection: Connection, new: Version, now: datetime) -> list[int]:
    """Versions that were to hold later and never would."""
    saved = calendars.history(connection, new.id, 100)
    return sorted(each.version for each in saved if each.since >= new.since and instant(each.since) > now)


def _answering(connection: Connection, used: list[Use]) -> list[str]:
    """Names of the agents by whom customers under these hours are answered: named ones and stand-ins."""
    names = {each.id: each.name for each in agents.every(connection) if each.active}
    ids = [id for use in used for id in (use.named_id, *customers.stand_ins(connection, use.customer_id))]
    return list(dict.fromkeys(names[id] for id in ids if id in names))


def _affected(
    connection: Connection, id: str, used: list[Use], since: datetime, before: Calendar, after: Calendar
) -> list[Affected]:
    owners = {use.button_id: use for use in used}
    found = []
    for ticket in calendars.open_tickets(connection, id, MOST_TICKETS):
        use = owners[ticket.button_id]
        line = candidates.line_of(connection, use.customer_id, use.named_id, use.policy, since)
        known: Identity = "verified" if ticket.verified else "unverified"
        was, becomes = (
            entitlement.due(since.astimezone(UTC), each, line.add_on, known, line.identity_policy).dedicated
            for each in (before, after)
        )
        found.append(Affected(ticket, was, becomes))
    return found
