"""Mails that came, for agents whom their ticket concerns: what is known of them, their bytes, pictures of elsewhere."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from desk import mail_views
from desk.mail_views import Shown
from desk.sealing import Sealer
from routing.errors import NotFound, SlowDown
from server import security
from server.api.agents import RawResponse
from server.pages.sessions import expect_signed
from server.parts import Parts

PICTURES_MOST, PICTURES_S = 200, 300
"""So many pictures of one mail may be fetched at once, and again in so many seconds."""


async def show(parts: Parts, request: Request) -> Response:
    """`GET /api/v1/mails/<id>`: the id is the `rid` of its message."""
    shown = await _shown(parts, request)
    view = await parts.record.read(lambda connection: mail_views.view_of(connection, shown.mail.id))
    return RawResponse(mail_views.described(shown, view), headers={"Cache-Control": "no-store"})


async def original(parts: Parts, request: Request) -> Response:
    """`GET /m/<id>/original`: the bytes as they came, never shown inline."""
    shown = await _shown(parts, request)
    if shown.mail.sha256 is None or not parts.blobs.exists(shown.mail.sha256):
        raise NotFound("The original of this mail is not here.")
    headers = {"Content-Security-Policy": security.FILE, "Cache-Control": "no-store"}
    name = f"{shown.mail.subject[:60].strip() or 'mail'}.eml"
    path = parts.blobs.path(shown.mail.sha256)
    return FileResponse(path, media_type="message/rfc822", filename=name, headers=headers)


def remote_link(sealer: Sealer, mail: str, number: int, until: str) -> str:
    """The address of a picture of elsewhere: the frame that shows it is nobody's, so the link itself lets in."""
    query = urlencode({"until": until, "sig": sealer.sign(_signed(mail, number, until))})
    return f"/m/{quote(mail)}/remote/{number}?{query}"


async def remote(parts: Parts, request: Request) -> Response:
    """`GET /m/<id>/remote/<number>`: the picture, fetched by the desk and drawn anew."""
    id, number, until = request.path_params["id"], request.path_params["number"], request.query_params.get("until", "")
    if not parts.sealer.signed(_signed(id, number, until), request.query_params.get("sig", "")):
        raise NotFound("This link does not work.")
    if datetime.fromisoformat(until) < parts.desk.clock.now():
        raise NotFound("This link has expired. Show the mail again.")
    wait_s = await parts.live.take(f"pictures:{id}", PICTURES_MOST / PICTURES_S, PICTURES_MOST)
    if wait_s > 0:
        raise SlowDown("Too many pictures at once. Go on in a moment.", retry_s=round(max(1.0, wait_s), 1))
    view = await parts.record.read(lambda connection: mail_views.view_of(connection, id))
    found = await parts.remote_pictures.fetch(view.remote[number]) if number < len(view.remote) else None
    if found is None:
        raise NotFound("This picture is not to be had.")
    type = "image/png" if found.startswith(b"\x89PNG") else "image/jpeg"
    return Response(found, media_type=type, headers=security.IN_MAIL)


def _signed(mail: str, number: int, until: str) -> str:
    return f"m\n{mail}\n{number}\n{until}"


async def _shown(parts: Parts, request: Request) -> Shown:
    found = await expect_signed(parts, request)
    id = request.path_params["id"]
    return await parts.record.read(lambda connection: mail_views.may_see(connection, found.signed, id))
