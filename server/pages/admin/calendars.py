"""Office hours: the list, new ones, and one as it holds; saving makes a new version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from desk.administration.calendars import WEEKDAYS, CalendarDraft, drafted
from routing.errors import DeskError, NotFound
from server.pages.admin.asking import REFUSED, Asked, saved
from server.pages.texts import _
from store import calendars
from store.calendars import Version


async def every(asked: Asked) -> Response:
    """`GET /admin/calendars`"""
    rows = [(each, drafted(each)) for each in await asked.read(calendars.every)]
    return asked.page("calendars.html", "calendars", {}, rows=rows)


async def begin(asked: Asked) -> Response:
    """`GET /admin/calendars/new`"""
    return _page(asked, CalendarDraft(""), None, None)


async def add(asked: Asked) -> Response:
    """`POST /admin/calendars/new`"""
    draft = _draft(asked)
    try:
        return saved(f"/admin/calendars/{await asked.admin.calendars.add(asked.signed, draft)}")
    except REFUSED as error:
        return _page(asked, draft, error, None)


async def show(asked: Asked) -> Response:
    """`GET /admin/calendars/{id}`"""
    kept = await _kept(asked)
    return _page(asked, drafted(kept), None, kept)


async def save(asked: Asked) -> Response:
    """`POST /admin/calendars/{id}`"""
    draft = _draft(asked)
    try:
        await asked.admin.calendars.change(asked.signed, asked.id, draft)
    except REFUSED as error:
        return _page(asked, draft, error, await _kept(asked))
    return saved(f"/admin/calendars/{asked.id}")


async def _kept(asked: Asked) -> Version:
    found = await asked.read(lambda connection: calendars.find(connection, asked.id))
    if found is None:
        raise NotFound
    return found


def _draft(asked: Asked) -> CalendarDraft:
    weekly = tuple(asked.text(day) for day in WEEKDAYS)
    return CalendarDraft(asked.text("name"), asked.text("zone"), weekly, asked.text("holidays"), asked.text("special"))


def _page(asked: Asked, draft: CalendarDraft, error: DeskError | None, kept: Version | None) -> Response:
    form: dict[str, Any] = asdict(draft) | dict(zip(WEEKDAYS, draft.weekly, strict=True))
    names = (
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
    )  # fmt: skip
    days = list(zip(WEEKDAYS, names, strict=True))
    return asked.page("calendar.html", "calendars", form, error, kept=kept, days=days)
