"""What every page of the demo has: the banner with the clock, and forms that prove that they come from such a page."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.requests import Request

from routing import hours
from routing.errors import Forbidden
from routing.hours import Calendar
from server.demo import cast
from server.demo.seed import portal_url
from server.pages.sessions import form_of
from server.pages.texts import _
from server.parts import Parts


async def form(parts: Parts, request: Request, **limits: int) -> FormData:
    """A form of the demo's own pages, on either site. Raises Forbidden, BadRequest."""
    own = {parts.settings.base_url, portal_url(parts.settings)}
    found = await form_of(request, **limits)
    if request.headers.get("origin", next(iter(own))) not in own or not parts.sealer.signed(
        "demo", str(found.get("csrf"))
    ):
        raise Forbidden("This page was too old. Load it again.")
    return found


def back(form: FormData) -> str:
    """Where the form came from: a path of ours, nothing else."""
    path = str(form.get("back", ""))
    return path if path.startswith("/") and not path.startswith("//") and "\\" not in path else "/demo"


async def strip(parts: Parts, here: str) -> dict[str, Any]:
    """The banner of every demo page."""
    now = parts.desk.clock.now()
    local = now.astimezone(ZoneInfo(cast.ZONE))
    state = hours.state(Calendar.from_json(cast.CALENDAR), now)
    office = {True: _("the office is open"), False: _("the office is closed")}
    changes = state.until or state.next_opening
    return {
        "desk": parts.settings.base_url, "csrf": parts.sealer.sign("demo"), "back": here,
        "now_utc": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "office_zone": cast.ZONE,
        "office_now": f"{local:%a %d %b, %H:%M:%S}",
        "office_zone_name": local.tzname(),
        "office_words": office[state.open], "office_then": office[not state.open],
        "office_changes": f"{changes:%Y-%m-%dT%H:%M:%S.%fZ}" if changes else "",
    }  # fmt: skip
