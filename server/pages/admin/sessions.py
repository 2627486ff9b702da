"""Who is signed in, and ending it."""

from __future__ import annotations

from starlette.responses import Response

from desk.administration.sessions import used_after
from routing.errors import DeskError
from server.pages.admin.asking import Asked, saved, taken
from store import sessions


async def every(asked: Asked) -> Response:
    """`GET /admin/sessions`"""
    return await _page(asked)


async def end(asked: Asked) -> Response:
    """`POST /admin/sessions/end`"""
    doing = asked.admin.sessions.end(asked.signed, asked.text("session"))
    return await taken(doing, "/admin/sessions", lambda error: _page(asked, error))


async def end_all(asked: Asked) -> Response:
    """`POST /admin/sessions/end-all`: everybody's but the admin's own."""
    await asked.admin.sessions.end_all(asked.signed, asked.own)
    return saved("/admin/sessions")


async def _page(asked: Asked, error: DeskError | None = None) -> Response:
    after = used_after(asked.parts.desk.clock.real())
    page = await asked.read(lambda connection: sessions.open_page(connection, asked.sought, asked.number, after))
    return asked.page("sessions.html", "sessions", {}, error, page=page, own=asked.own)
