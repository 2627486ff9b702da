"""Office hours: the list, new ones, and one as it holds; a change is looked at before it is saved as a new version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from desk.administration.calendars import WEEKDAYS, CalendarDraft, drafted, with_holidays, written_hours
from desk.administration.public_holidays import HolidayQuestion, countries, propose
from routing.errors import DeskError, NotFound
from server.pages.admin.asking import REFUSED, Asked, made, saved
from server.pages.admin.times import day, when
from server.pages.texts import _, day_names, reader
from store import agents, calendars
from store.calendars import Version
from store.engine import Connection
from store.times import micros

ALL_VERSIONS = 500
FIELDS = ("name", "zone", "holidays", "special", "since")


async def every(asked: Asked) -> Response:
    """`GET /admin/calendars`"""
    now = micros(asked.parts.desk.clock.now())
    rows = [(each, drafted(each), each.since > now) for each in await asked.read(calendars.every)]
    return asked.page("calendars.html", "calendars", {}, rows=rows)


async def begin(asked: Asked) -> Response:
    """`GET /admin/calendars/new`"""
    return await _page(asked, CalendarDraft(""), None, None)


async def add(asked: Asked) -> Response:
    """`POST /admin/calendars/new`"""
    draft = _draft(asked)
    doing = asked.admin.calendars.add(asked.signed, draft)
    return await made(doing, "/admin/calendars", lambda error: _page(asked, draft, error, None))


async def show(asked: Asked) -> Response:
    """`GET /admin/calendars/{id}`"""
    kept = await _kept(asked)
    return await _page(asked, drafted(kept), None, kept)


async def save(asked: Asked) -> Response:
    """`POST /admin/calendars/{id}`: what it would change; saved only when that was seen; or back to the fields."""
    draft, step = _draft(asked), asked.text("step")
    try:
        if step == "save":
            seen = _version(asked.text("seen"))
            await asked.admin.calendars.change(asked.signed, asked.id, draft, seen)
            return saved(f"/admin/calendars/{asked.id}")
        elif step == "edit":
            return await _page(asked, draft, None, await _kept(asked))
        return await _foreseen(asked, draft)
    except REFUSED as error:
        return await _page(asked, draft, error, await _kept(asked))


async def holidays(asked: Asked) -> Response:
    """`GET /admin/calendars/{id}/holidays`: what the office's country keeps, to be confirmed day by day."""
    return await _holidays(asked)


async def confirm(asked: Asked) -> Response:
    """`POST /admin/calendars/{id}/holidays`: the days that were ticked; what they would change is looked at next."""
    days = dict(each.partition(" ")[::2] for each in asked.texts("day"))
    draft = with_holidays(drafted(await _kept(asked)), days)
    try:
        return await _foreseen(asked, draft)
    except REFUSED as error:
        return await _page(asked, draft, error, await _kept(asked))


async def versions(asked: Asked) -> Response:
    """`GET /admin/calendars/{id}/versions`: all of them, and two side by side."""
    kept = await _kept(asked)

    def query(connection: Connection) -> dict[str, Any]:
        names = {each.id: each.name for each in agents.every(connection)}
        history = calendars.history(connection, asked.id, ALL_VERSIONS)
        numbers = [each.version for each in history]
        pair = [_number(asked, name, numbers) for name in ("a", "b")]
        both = [calendars.version(connection, asked.id, number) for number in pair if number is not None]
        return {"names": names, "history": history, "both": [each for each in both if each is not None]}

    found = await asked.read(query)
    both, names = found["both"], found["names"]
    rows = [
        (each, when(each.since, kept.document["tz"]) if each.since else _("the beginning"),
         when(each.at, kept.document["tz"]), names.get(each.by or "", _("the desk")))
        for each in found["history"]
    ]  # fmt: skip
    form = {"a": str(max(kept.version - 1, 1)), "b": str(kept.version)} | dict(
        zip("ab", (str(each.version) for each in both), strict=False)
    )
    differences = _differences(*both) if len(both) == 2 else None
    return asked.page(
        "calendar-versions.html", "calendars", form, kept=kept, rows=rows, both=both, differences=differences
    )


def _number(asked: Asked, name: str, known: list[int]) -> int | None:
    number = _version(asked.request.query_params.get(name, ""))
    return number if number in known else None


def _version(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 9 else None


def _differences(one: Version, two: Version) -> list[tuple[str, str, str]]:
    """What is another in the second: a label, the first's, the second's."""
    a, b = drafted(one), drafted(two)
    pairs = [(_("Name"), a.name, b.name), (_("Time zone"), a.zone, b.zone)]
    pairs += [(label, was, becomes) for (_day, label), was, becomes in zip(_days(), a.weekly, b.weekly, strict=True)]
    found = [(label, was or _("closed"), becomes or _("closed")) for label, was, becomes in pairs if was != becomes]
    for label, was, becomes in (
        (_("Holidays"), a.holidays, b.holidays), (_("Days with other hours"), a.special, b.special),
    ):  # fmt: skip
        gone, new = (sorted(set(x.splitlines()) - set(y.splitlines())) for x, y in ((was, becomes), (becomes, was)))
        found += [(label, line, "–") for line in gone] + [(label, "–", line) for line in new]
    return found


async def _kept(asked: Asked) -> Version:
    found = await asked.read(lambda connection: calendars.find(connection, asked.id))
    if found is None:
        raise NotFound
    return found


def _draft(asked: Asked) -> CalendarDraft:
    weekly = tuple(asked.text(day) for day in WEEKDAYS)
    name, zone, *rest = (asked.text(each) for each in FIELDS)
    return CalendarDraft(name, zone, weekly, *rest)


def _form(draft: CalendarDraft) -> dict[str, Any]:
    return asdict(draft) | dict(zip(WEEKDAYS, draft.weekly, strict=True))


async def _page(asked: Asked, draft: CalendarDraft, error: DeskError | None, kept: Version | None) -> Response:
    waits = kept is not None and kept.since > micros(asked.parts.desk.clock.now())
    begins = when(kept.since, kept.document["tz"]) if kept is not None and waits else ""
    return asked.page("calendar.html", "calendars", _form(draft), error, kept=kept, days=_days(), begins=begins)


async def _foreseen(asked: Asked, draft: CalendarDraft) -> Response:
    found = await asked.admin.calendars.foresee(asked.signed, asked.id, draft)
    zone = found.zone
    openings = {
        name: [when(micros(each), zone) for each in those]
        for name, those in (("before", found.openings_before), ("after", found.openings_after))
    }
    values: dict[str, Any] = {
        "found": found, "hidden": {name: value for name, value in _form(draft).items() if name != "weekly"},
        "openings": openings, "begins": when(micros(found.since), zone), "now_on": not draft.since.strip(),
        "days": [(day(each.day), each.name, _hours(each.before), _hours(each.after)) for each in found.days],
    }  # fmt: skip
    return asked.page("calendar-change.html", "calendars", {}, **values)


async def _holidays(asked: Asked) -> Response:
    kept, asking = await _kept(asked), asked.request.query_params
    year = str(asked.parts.desk.clock.now().year)
    country = asking.get("country", "")
    question = HolidayQuestion(country, asking.get("region", ""), asking.get("year", year))
    error: DeskError | None = None
    proposals = None
    if country:
        try:
            proposals = propose(question, set(kept.document.get("holidays", [])), reader().split("-")[0])
        except REFUSED as refused:
            error = refused
    regions = countries().get(country.strip().upper(), ())
    return asked.page(
        "calendar-holidays.html", "calendars", asdict(question), error, kept=kept, proposals=proposals,
        countries=list(countries()), regions=regions,
    )  # fmt: skip


def _hours(spans: list[list[str]]) -> str:
    return written_hours(spans) or _("closed")


def _days() -> list[tuple[str, str]]:
    return list(zip(WEEKDAYS, day_names(), strict=True))
