"""`vipdesk calendar …`: office hours; a change is a new version from now on."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from desk.administration.calendars import WEEKDAYS, CalendarDraft, drafted
from server.commands import naming
from server.commands.reaching import Reach, command, given, group, lined, options, table
from store import calendars
from store.calendars import Version

FIELDS = (
    ("name", "what the hours are called"),
    ("zone", "the office's time zone"),
    *((day, "hours of that day, such as 09:00-12:00,13:00-17:00, or closed") for day in WEEKDAYS),
    ("holidays", "days off, separated by commas: 2026-12-25,2026-12-26"),
    ("special", "days with other hours, separated by semicolons: 2026-12-24 09:00-12:00"),
)


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "calendar", "office hours")
    options(command(inner, "add", "add office hours; Monday to Friday 9 to 17 if not told", _add), *FIELDS,
            needed=("name",))  # fmt: skip
    change = command(inner, "change", "make a new version of office hours", _change)
    change.add_argument("calendar", help="their name or id")
    options(change, *FIELDS)
    command(inner, "list", "list all office hours", _list)
    command(inner, "show", "show office hours", _show).add_argument("calendar", help="their name or id")


async def _add(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    return await _told(reach, await reach.admin.calendars.add(None, _draft(CalendarDraft(""), arguments)))


async def _change(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.calendar(reach, arguments.calendar)
    await reach.admin.calendars.change(None, kept.id, _draft(drafted(kept), arguments))
    return await _told(reach, kept.id)


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    rows = [_row(each) for each in await reach.read(calendars.every)]
    cells = [(row["name"], f"version {row['version']}", row["document"]["tz"], row["id"]) for row in rows]
    return rows, table(cells, "There are no office hours yet.")


async def _show(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    return await _told(reach, (await naming.calendar(reach, arguments.calendar)).id)


def _draft(kept: CalendarDraft, arguments: argparse.Namespace) -> CalendarDraft:
    named = [getattr(arguments, day) for day in WEEKDAYS]
    weekly = tuple(new if new is not None else old for new, old in zip(named, kept.weekly, strict=True))
    arguments.holidays = lined(arguments.holidays)
    arguments.special = None if arguments.special is None else arguments.special.replace(";", "\n")
    return given(replace(kept, weekly=weekly), arguments)


async def _told(reach: Reach, id: str) -> tuple[Any, str]:
    kept = await naming.calendar(reach, id)
    draft = drafted(kept)
    cells = [
        ("calendar", kept.name), ("id", kept.id), ("version", kept.version), ("zone", draft.zone),
        *((day, hours or "closed") for day, hours in zip(WEEKDAYS, draft.weekly, strict=True)),
        ("holidays", draft.holidays.replace("\n", ", ") or "-"), ("special", draft.special.replace("\n", "; ") or "-"),
    ]  # fmt: skip
    return _row(kept), table(cells, "")


def _row(kept: Version) -> dict[str, Any]:
    return {"id": kept.id, "name": kept.name, "version": kept.version, "document": kept.document}
