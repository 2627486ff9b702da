"""Sign in, sign out, the first password."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk.identity import NotSignedIn
from routing import hours
from routing.errors import BadRequest, SlowDown
from server.pages.sessions import (
    brought,
    device_of,
    expect_form,
    form_of,
    session_of,
    source_of,
    with_cookie,
    without_cookie,
)
from server.pages.texts import _, day_names, sentence
from server.parts import Parts
from server.security import expect_own_origin
from store import calendars
from store.engine import Connection


async def show(parts: Parts, request: Request) -> Response:
    """`GET /login`"""
    if await session_of(parts, request) is not None:
        return RedirectResponse("/", 303)
    return await _page(parts, "", "")


async def sign_in(parts: Parts, request: Request) -> Response:
    """`POST /login`: a form; the address stays when it was wrong."""
    expect_own_origin(request, parts.origins)
    form = await form_of(request)
    email, password, totp = (str(form.get(name, "")) for name in ("email", "password", "totp"))
    try:
        begun = await parts.identity.sign_in(email, password, totp, source_of(request), *brought(parts, request))
    except NotSignedIn as error:
        return await _page(parts, email, _(str(error)), 401)
    except SlowDown as error:
        return await _page(parts, email, sentence(error), 429)
    return with_cookie(RedirectResponse("/", 303), parts, begun)


async def sign_out(parts: Parts, request: Request) -> Response:
    """`POST /logout`: a form with the session's csrf."""
    found = await session_of(parts, request)
    if found is not None:
        await expect_form(parts, request, found)
        await parts.identity.sign_out(found.cookie)
    return without_cookie(RedirectResponse("/login", 303), parts)


async def show_welcome(parts: Parts, request: Request) -> Response:
    """`GET /welcome/<token>`: asks for a password; the link is used up only by the form."""
    holds = await parts.identity.link_holds(request.path_params["token"])
    values = {"holds": holds, "error": ""}
    return parts.pages.page("welcome.html", values, status=200 if holds else 410)


async def welcome(parts: Parts, request: Request) -> Response:
    """`POST /welcome/<token>`"""
    expect_own_origin(request, parts.origins)
    form = await form_of(request)
    try:
        begun = await parts.identity.use_link(
            request.path_params["token"], str(form.get("password", "")), device_of(request)
        )
    except BadRequest as error:
        return parts.pages.page("welcome.html", {"holds": True, "error": sentence(error)}, status=400)
    except NotSignedIn:
        return parts.pages.page("welcome.html", {"holds": False, "error": ""}, status=410)
    return with_cookie(RedirectResponse("/", 303), parts, begun)


async def _page(parts: Parts, email: str, error: str, status: int = 200) -> Response:
    now, office = await _office(parts)
    values = {"email": email, "error": error, "now": now, "office": office}
    return parts.pages.page("login.html", values, status=status)


async def _office(parts: Parts) -> tuple[str, str]:
    """What the clock says, and whether the office is open, in words."""
    now = parts.desk.clock.now()
    calendar = await parts.record.read(lambda connection: _first_office(connection, now))
    pool = _("The 24/7 team is at the desk.")
    if calendar is None:
        return _now(now, UTC), pool
    zone = ZoneInfo(calendar.zone)
    state = hours.state(calendar, now)
    if state.open and state.until is not None:
        office = _("Office open until {time}.", time=f"{state.until.astimezone(zone):%H:%M}")
    elif state.next_opening is not None:
        opening = state.next_opening.astimezone(zone)
        office = _("Office closed until {day} {time}.", day=_weekday(opening), time=f"{opening:%H:%M}") + " " + pool
    else:
        office = pool
    return _now(now, zone), office


def _first_office(connection: Connection, now: datetime) -> hours.Calendar | None:
    first = next(iter(calendars.every(connection)), None)
    return None if first is None else calendars.at(connection, first.id, now)


def _now(now: datetime, zone: tzinfo) -> str:
    local = now.astimezone(zone)
    return _("Now, {day} {time} {zone}", day=_weekday(local), time=f"{local:%H:%M}", zone=local.tzname())


def _weekday(local: datetime) -> str:
    return day_names()[local.weekday()]
