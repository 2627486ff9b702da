"""The agents' console: one page, then everything over the wire."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server import security
from server.api.agents import agent_of
from server.pages.sessions import session_of
from server.pages.texts import reader
from server.parts import Parts
from store import calendars


async def show(parts: Parts, request: Request) -> Response:
    """`GET /`: the console, sign-in, or, for who is only admin, the administration."""
    found = await session_of(parts, request)
    if found is None:
        return RedirectResponse("/login", 303)
    if not found.signed.actor.roles & {"agent", "lead"}:
        return RedirectResponse("/admin", 303)
    agent = await agent_of(parts, found.signed.actor.id)
    kept = await parts.record.read(calendars.every)
    preload = parts.statics.names("js/", ".js") + parts.statics.names("widget/wire/", ".js")
    values = {
        "csrf": found.csrf,
        "agent": json.dumps(agent),
        "zone": kept[0].document["tz"] if kept else "Europe/Bratislava",
        "texts": parts.statics.text_url("console", reader()),
        "preload": [url for url in preload if "/demo" not in url and "/reveal" not in url],
    }
    return parts.pages.page("console/index.html", values, policy=security.console_policy())
