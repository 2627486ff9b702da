"""`vipdesk calendar …`: office hours; a change is a new version, from now or from a day on."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import Any

from desk.administration.calendars import WEEKDAYS, CalendarDraft, drafted, with_holidays, written_hours
from desk.administration.foresight import Foreseen
from routing.errors import BadRequest
from server.commands import naming
from server.commands.reaching import Reach, command, given, group, lined, listed, options, table
from store import agents, calendars
from store.calendars import Version
from store.times import instant

FIELDS = (
    ("name", "what the hours are called"),
    ("zone", "the office's time zone"),
    *((day, "hours of that day, such as 09:00-12:00,13:00-17:00, or closed") for day in WEEKDAYS),
    ("holidays", "days off, separated by commas: 2026-12-25 Christmas Day,2026-12-26"),
    ("special", "days with other hours, separated by semicolons: 2026-12-24 09:00-12:00"),
)
CHANGE = ("since", "the first day of the new version, such as 2026-12-31; left out: from now on")


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "calendar", "office hours")
    options(command(inner, "add", "add office hours; Monday to Friday 9 to 17 if not told", _add), *FIELDS,
            needed=("name",))  # fmt: skip
    change = command(inner, "change", "make a new version of office hours", _change)
    holidays = command(inner, "holidays", "propose the public holidays of a year, and keep those that are confirmed",
                       _holidays)  # fmt: skip
    compare = command(inner, "compare", "print what is another in the second of two versions", _compare)
    for one in (
        change, holidays, compare,
        command(inner, "show", "show office hours", _show),
        command(inner, "versions", "list all versions of office hours", _versions),
    ):  # fmt: skip
        one.add_argument("calendar", help="their name or id")
    options(change, *FIELDS, CHANGE)
    options(holidays, ("country", "two letters, such as SK"), ("region", "as the country writes it"),
            ("year", "such as 2027"), ("confirm", "which of the days are kept, separated by commas"), CHANGE,
            needed=("country", "year"))  # fmt: skip
    for one in (change, holidays):
        one.add_argument("--dry-run", action="store_true", help="print what it would change, and save nothing")
    for name in ("first", "second"):
        compare.add_argument(name, type=int, help="number of a version")
    command(inner, "list", "list all office hours", _list)


async def _add(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    return await _told(reach, await reach.admin.calendars.add(None, _draft(CalendarDraft(""), arguments)))


async def _change(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.calendar(reach, arguments.calendar)
    return await _changed(reach, kept, _draft(drafted(kept), arguments), arguments)


async def _changed(reach: Reach, kept: Version, draft: CalendarDraft, arguments: argparse.Namespace) -> tuple[Any, str]:
    if arguments.dry_run:
        return _foreseen(await reach.admin.calendars.foresee(None, kept.id, draft))
    await reach.admin.calendars.change(None, kept.id, draft)
    return await _told(reach, kept.id)


async def _holidays(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    from desk.administration.public_holidays import HolidayQuestion, propose  # its library is slow to load

    kept = await naming.calendar(reach, arguments.calendar)
    question = HolidayQuestion(arguments.country, arguments.region or "", arguments.year)
    proposals = propose(question, set(kept.document["holidays"]), "en")
    confirmed = listed(arguments.confirm)
    if confirmed is None:
        cells = [(each.day, each.name, "confirmed" if each.known else "proposed") for each in proposals]
        return [asdict(each) for each in proposals], table(cells, "No holidays are known of that year.")
    names = {each.day: each.name for each in proposals}
    for day in confirmed:
        if day not in names:
            raise BadRequest(f"{day} is not among the holidays of that year: {', '.join(names)}.")
    draft = with_holidays(drafted(kept), {day: names[day] for day in confirmed})
    return await _changed(reach, kept, replace(draft, since=arguments.since or ""), arguments)


async def _versions(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.calendar(reach, arguments.calendar)
    found = await reach.read(lambda connection: calendars.history(connection, kept.id, 500))
    names = {each.id: each.name for each in await reach.read(agents.every)}
    rows = [
        {"version": each.version, "since": instant(each.since).isoformat() if each.since else None,
         "saved": instant(each.at).isoformat(), "by": each.by}
        for each in found
    ]  # fmt: skip
    cells = [
        (row["version"], row["since"] or "the beginning", row["saved"], names.get(each.by or "", "the desk"))
        for each, row in zip(found, rows, strict=True)
    ]
    return rows, table(cells, "")


async def _compare(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.calendar(reach, arguments.calendar)
    numbers = (arguments.first, arguments.second)
    both = await reach.read(
        lambda connection: [
            calendars.version(connection, kept.id, each) if 0 < each <= kept.version else None for each in numbers
        ]
    )
    for number, found in zip(numbers, both, strict=True):
        if found is None:
            raise BadRequest(f"{kept.name} has no version {number}; the newest is {kept.version}.")
    one, two = (_fields(each) for each in both if each is not None)
    rows = [{"field": name, "first": one[name], "second": two[name]} for name in one if one[name] != two[name]]
    cells = [(row["field"], row["first"] or "-", row["second"] or "-") for row in rows]
    return rows, table(cells, "They say the same.")


def _fields(version: Version) -> dict[str, str]:
    draft = drafted(version)
    lines = {"holidays": draft.holidays.replace("\n", ", "), "special": draft.special.replace("\n", "; ")}
    return {"name": draft.name, "zone": draft.zone} | dict(zip(WEEKDAYS, draft.weekly, strict=True)) | lines


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


def _foreseen(found: Foreseen) -> tuple[Any, str]:
    days = [
        {"day": each.day.isoformat(), "name": each.name, "before": each.before, "after": each.after}
        for each in found.days
    ]
    tickets = [
        {"number": f"VD-{each.ticket.number}", "customer": each.ticket.customer, "chat": each.ticket.state,
         "dedicated_before": each.before, "dedicated_after": each.after}
        for each in found.tickets
    ]  # fmt: skip
    row = {
        "saved": False, "version": found.kept.version, "new_version": None if found.new is None else found.new.version,
        "since": found.since.isoformat(), "open_before": found.before.open, "open_after": found.after.open,
        "openings_before": [each.isoformat() for each in found.openings_before],
        "openings_after": [each.isoformat() for each in found.openings_after],
        "days": days, "day_count": found.day_count, "given_up": found.given_up,
        "buttons": [{"customer": each.customer, "button": each.button} for each in found.uses],
        "agents": found.agents, "tickets": tickets,
    }  # fmt: skip
    cells = [
        (each.day, written_hours(each.before) or "closed", "->", written_hours(each.after) or "closed", each.name)
        for each in found.days
    ]
    said = f"Nothing is saved. From {row['since']} these days would have other hours:" if days else (
        "Nothing is saved. No day would have other hours."
    )  # fmt: skip
    return row, f"{said}\n{table(cells, '')}".strip()


async def _told(reach: Reach, id: str) -> tuple[Any, str]:
    kept = await naming.calendar(reach, id)
    draft = drafted(kept)
    cells = [
        ("calendar", kept.name), ("id", kept.id), ("version", kept.version), ("zone", draft.zone),
        ("since", instant(kept.since).isoformat() if kept.since else "the beginning"),
        *((day, hours or "closed") for day, hours in zip(WEEKDAYS, draft.weekly, strict=True)),
        ("holidays", draft.holidays.replace("\n", ", ") or "-"), ("special", draft.special.replace("\n", "; ") or "-"),
    ]  # fmt: skip
    return _row(kept), table(cells, "")


def _row(kept: Version) -> dict[str, Any]:
    since = instant(kept.since).isoformat() if kept.since else None
    return {"id": kept.id, "name": kept.name, "version": kept.version, "since": since, "document": kept.document}
