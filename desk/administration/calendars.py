"""Office calendars: a change is a new version, from now on; the ones before are kept as they were."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from desk.actors import Signed
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from routing.errors import BadRequest, NotFound
from routing.hours import Calendar
from store import calendars
from store.calendars import Version
from store.ids import new_id

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d{1,2}(?::\d{2})?)\s*[-–]\s*(\d{1,2}(?::\d{2})?)")


@dataclass(frozen=True)
class CalendarDraft:
    """As entered. `weekly`: hours of Monday to Sunday as `09:00-12:00, 13:00-17:00`, empty: closed; `holidays`: a date
    per line; `special`: a date and its hours per line."""

    name: str
    zone: str = "Europe/Bratislava"
    weekly: tuple[str, ...] = ("09:00-17:00",) * 5 + ("", "")
    holidays: str = ""
    special: str = ""


class Calendars:
    """Changes them."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def add(self, signed: Signed | None, draft: CalendarDraft) -> str:
        """A new calendar; its id."""

        def verb(change: Change) -> str:
            check = Check()
            new = _checked(change, check, draft, Version(new_id(), 0, "", {}))
            check.done()
            _put(change, new)
            return new.id

        return await self._changing.change(signed, "add_calendar", verb)

    async def change(self, signed: Signed | None, id: str, draft: CalendarDraft) -> int:
        """A new version when something is another; the number of the one that holds."""

        def verb(change: Change) -> int:
            check = Check()
            kept = the(change, id)
            new = _checked(change, check, draft, kept)
            check.done()
            if (new.name, new.document) == (kept.name, kept.document):
                return kept.version
            _put(change, new)
            return new.version

        return await self._changing.change(signed, "change_calendar", verb)


def the(change: Change, id: str) -> Version:
    """The version that holds. Raises NotFound."""
    found = calendars.find(change.connection, id)
    if found is None:
        raise NotFound("There are no such office hours.")
    return found


def drafted(kept: Version) -> CalendarDraft:
    """A version as forms and commands write it."""
    document = kept.document
    weekly = tuple(written_hours(document["weekly"].get(str(day), [])) for day in range(7))
    special = "\n".join(f"{day} {written_hours(hours)}".strip() for day, hours in document.get("special", {}).items())
    return CalendarDraft(kept.name, document["tz"], weekly, "\n".join(document.get("holidays", [])), special)


def _put(change: Change, new: Version) -> None:
    calendars.put(change.connection, new, change.at, change.by)
    change.audit("calendar", new.id, {"version": new.version, "document": new.document})


def _checked(change: Change, check: Check, draft: CalendarDraft, kept: Version) -> Version:
    name, zone = check.line("name", draft.name), check.zone("zone", draft.zone)
    if not name:
        check.refuse("name", "Enter a name for these hours, such as Bratislava office.")
    if any(
        each.name.casefold() == name.casefold() and each.id != kept.id for each in calendars.every(change.connection)
    ):
        check.refuse("name", "There are office hours called {name} already.", name=name)
    weekly = {str(day): read_hours(check, WEEKDAYS[day], text) for day, text in enumerate(draft.weekly)}
    document: dict[str, Any] = {
        "tz": zone,
        "weekly": {day: hours for day, hours in weekly.items() if hours},
        "holidays": sorted({_day(check, "holidays", line) for line in _lines(draft.holidays)}),
        "special": dict(sorted(_special(check, line) for line in _lines(draft.special))),
    }
    if not check.wrong:
        document = Calendar.from_json(document).to_json()
    return Version(kept.id, kept.version + 1, name, document)


def read_hours(check: Check, field: str, text: str) -> list[list[str]]:
    """`09:00-12:00, 13-17` as the document has it; empty or `closed`: none."""
    if text.strip().lower() in ("", "closed"):
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
    day, _blank, hours = line.partition(" ")
    return _day(check, "special", day), read_hours(check, "special", hours)


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
