"""Office calendars: a change is a new version, from now or a day on; the ones before are kept as they were."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from desk.actors import Signed
from desk.administration import foresight
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from desk.administration.foresight import Foreseen
from routing.errors import BadRequest, Conflict, NotFound
from routing.hours import Calendar
from store import calendars
from store.calendars import Version
from store.engine import Connection
from store.ids import new_id
from store.times import micros

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d{1,2}(?::\d{2})?)\s*[-–]\s*(\d{1,2}(?::\d{2})?)")
MOST_DAYS = 500
YEARS_AHEAD = 10
CLOSED = "closed"
"""What is entered for a day without hours, in every language as a form shows it."""


@dataclass(frozen=True)
class CalendarDraft:
    """As entered. `weekly`: hours of Monday to Sunday as `09:00-12:00, 13:00-17:00`, empty: closed; `holidays`: a date
    and its name per line; `special`: a date and its hours per line; `since`: the first day, empty: from now on."""

    name: str
    zone: str = "Europe/Bratislava"
    weekly: tuple[str, ...] = ("09:00-17:00",) * 5 + ("", "")
    holidays: str = ""
    special: str = ""
    since: str = ""


class Calendars:
    """Changes them."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def add(self, signed: Signed | None, draft: CalendarDraft) -> str:
        """A new calendar; its id."""

        def verb(change: Change) -> str:
            new = _checked(change.connection, change.now, draft, Version(new_id(), 0, "", {}))
            _put(change, replace(new, since=0))
            return new.id

        return await self._changing.change(signed, "add_calendar", verb)

    async def change(self, signed: Signed | None, id: str, draft: CalendarDraft, seen: int | None = None) -> int:
        """A new version when something is another; the number of the one that was kept.

        `seen`: the newest version that was shown before. Raises Conflict when there is a newer one.
        """

        def verb(change: Change) -> int:
            kept = the(change.connection, id)
            if seen not in (None, kept.version):
                raise Conflict(
                    "Version {version} was saved meanwhile. Look again at what this would change.",
                    values={"version": kept.version},
                )
            new = _checked(change.connection, change.now, draft, kept)
            if _says_the_same(new, kept, change.now):
                return kept.version
            _put(change, new)
            return new.version

        return await self._changing.change(signed, "change_calendar", verb)

    async def foresee(self, signed: Signed | None, id: str, draft: CalendarDraft) -> Foreseen:
        """What saving it would change, without doing so. Raises Wrong as `change` does."""

        def look(connection: Connection, now: datetime) -> Foreseen:
            kept = the(connection, id)
            new = _checked(connection, now, draft, kept)
            return foresight.foresee(connection, now, kept, None if _says_the_same(new, kept, now) else new)

        return await self._changing.look(signed, look)


def the(connection: Connection, id: str) -> Version:
    """The newest version. Raises NotFound."""
    found = calendars.find(connection, id)
    if found is None:
        raise NotFound("There are no such office hours.")
    return found


def drafted(kept: Version) -> CalendarDraft:
    """A version as forms and commands write it."""
    document, names = kept.document, kept.document.get("names", {})
    weekly = tuple(written_hours(document["weekly"].get(str(day), [])) for day in range(7))
    holidays = "\n".join(f"{day} {names.get(day, '')}".strip() for day in document.get("holidays", []))
    special = "\n".join(f"{day} {written_hours(hours) or CLOSED}" for day, hours in document.get("special", {}).items())
    return CalendarDraft(kept.name, document["tz"], weekly, holidays, special)


def with_holidays(draft: CalendarDraft, days: dict[str, str]) -> CalendarDraft:
    """The draft with these days (and their names) among its holidays, each once."""
    known = dict(_holiday_line(line) for line in _lines(draft.holidays))
    lines = (f"{day} {name}".strip() for day, name in sorted((known | days).items()))
    return replace(draft, holidays="\n".join(lines))


def _says_the_same(new: Version, kept: Version, now: datetime) -> bool:
    both_hold = max(new.since, kept.since) <= micros(now)
    return new.name == kept.name and _said(new) == _said(kept) and (both_hold or new.since == kept.since)


def _said(version: Version) -> tuple[Calendar, dict[str, str]]:
    return Calendar.from_json(version.document), version.document.get("names", {})


def _put(change: Change, new: Version) -> None:
    calendars.put(change.connection, new, change.at, change.by)
    change.audit("calendar", new.id, {"version": new.version, "since": new.since, "document": new.document})


def _checked(connection: Connection, now: datetime, draft: CalendarDraft, kept: Version) -> Version:
    check = Check()
    name = check.line("name", draft.name)
    if not name:
        check.refuse("name", "Enter a name for these hours, such as Bratislava office.")
    if any(each.name.casefold() == name.casefold() and each.id != kept.id for each in calendars.every(connection)):
        check.refuse("name", "There are office hours called {name} already.", name=name)
    zone = check.zone("zone", draft.zone)
    document = _document(check, draft, zone)
    since = _since(check, draft.since, now, zone, connection, kept)
    check.done()
    return Version(kept.id, kept.version + 1, name, document, since)


def _document(check: Check, draft: CalendarDraft, zone: str) -> dict[str, Any]:
    weekly = {str(day): read_hours(check, WEEKDAYS[day], text) for day, text in enumerate(draft.weekly)}
    days = {_day(check, "holidays", day): name for day, name in map(_holiday_line, _lines(draft.holidays))}
    special: dict[str, list[list[str]]] = {}
    for day, hours in (_special(check, line) for line in _lines(draft.special)):
        if day in special:
            check.refuse("special", "{day} is there twice. Write all its hours in one line.", day=day)
        special[day] = hours
    for field, found in (("holidays", days), ("special", special)):
        if len(found) > MOST_DAYS:
            check.refuse(field, "At most {most} days fit here; these are {count}.", most=MOST_DAYS, count=len(found))
    names = {day: check.line("holidays", name, 80) for day, name in sorted(days.items()) if name}
    if check.wrong:
        return {}
    written = {"tz": zone, "weekly": {day: hours for day, hours in weekly.items() if hours}, "holidays": sorted(days),
               "special": dict(sorted(special.items()))}  # fmt: skip
    return Calendar.from_json(written).to_json() | ({"names": names} if names else {})


def _since(check: Check, text: str, now: datetime, zone: str, connection: Connection, kept: Version) -> int:
    """Now, or the first instant of a day to come."""
    if not text.strip():
        return micros(now)
    day = _day(check, "since", text)
    if not day:
        return 0
    known = "zone" not in check.wrong
    zone = zone if known else "UTC"
    holding = calendars.at(connection, kept.id, now)
    today = now.astimezone(ZoneInfo(zone)).date()
    if date.fromisoformat(day) <= today:
        check.refuse("since", "{day} has begun. Enter a later day, or leave it empty: from now on.", day=day)
    elif date.fromisoformat(day).year > today.year + YEARS_AHEAD:
        check.refuse(
            "since", "{day} is too far ahead. Enter a day of the next {years} years.", day=day, years=YEARS_AHEAD
        )
    elif known and holding is not None and holding.zone != zone:
        check.refuse("since", "Another time zone holds from now on only. Leave this empty, or keep {zone}.",
                     zone=holding.zone)  # fmt: skip
    return micros(datetime.combine(date.fromisoformat(day), time(0), ZoneInfo(zone)))


def read_hours(check: Check, field: str, text: str) -> list[list[str]]:
    """`09:00-12:00, 13-17` as the document has it; empty or `closed`: none."""
    if text.strip().lower() in ("", CLOSED):
        return []
    found: list[list[str]] = []
    for part in re.split(r"[,;]", text):
        match = _HOURS.fullmatch(part.strip())
        if match is None:
            check.refuse(
                field, "“{text}” is not a span of hours. Hours are written like 09:00-17:00.", text=part.strip()
            )
            return []
        found.append([_clock(match[1]), _clock(match[2])])
    try:
        Calendar.from_json({"tz": "UTC", "weekly": {"0": found}})
    except BadRequest:
        check.refuse(
            field, "Each span must close after it opens and before the next one opens: 09:00-12:00, 13:00-17:00"
        )
    return sorted(found)


def _special(check: Check, line: str) -> tuple[str, list[list[str]]]:
    day, hours = _two(line)
    return _day(check, "special", day), read_hours(check, "special", hours)


def _holiday_line(line: str) -> tuple[str, str]:
    day, name = _two(line)
    return day, " ".join(name.split())


def _two(line: str) -> tuple[str, str]:
    """A day and what follows it, after blanks or the tab of a spreadsheet."""
    day, rest = (*line.split(None, 1), "", "")[:2]
    return day, rest


def _day(check: Check, field: str, text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        check.refuse(field, "“{text}” is not a day. A day is written like 2026-12-31.", text=text[:40])
        return ""


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _clock(text: str) -> str:
    hour, _colon, minute = text.partition(":")
    return f"{int(hour):02}:{minute or '00'}"


def written_hours(hours: list[list[str]]) -> str:
    return ", ".join(f"{opening}-{closing}" for opening, closing in hours)
