"""The unique button's doors: loader, state, the chat page, sessions of contacts."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from desk.identity import NotSignedIn
from desk.promising import button_state
from desk.texts import spoken
from routing.errors import NotFound
from server import security
from server.api.agents import json_body
from server.api.faces import small_face
from server.errors import problem
from server.pages.sessions import device_of, source_of
from server.pages.static import packed, sent
from server.pages.texts import _, loader_words, reader
from server.parts import Parts
from store import buttons, candidates, customers
from store.buttons import Button
from store.engine import Connection


async def loader(parts: Parts, request: Request) -> Response:
    """`GET /w/<key>.js`"""
    await _button(parts, request)
    tag = f'"{parts.statics.loader_tag}"'
    headers = {
        "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
        "ETag": tag,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return sent(parts.statics.loader, request, headers)


async def state(parts: Parts, request: Request) -> Response:
    """`GET /b/<key>/state`: what a press would do, for the button's own pages."""
    button = await _button(parts, request)
    language = reader(button.language)
    found = await _state(parts, button, language)
    shown = found["agent"] or found["named"]
    if shown is not None and shown["photo"] is not None:
        shown["face"] = await small_face(parts, shown["photo"].split("/")[2])  # of /a/<id>/photo
    words = loader_words(spoken(language))
    if words is not None:
        found["words"] = words
    return JSONResponse(found, headers={"Cache-Control": "no-store", **_shared(parts, button, request)})


async def page(parts: Parts, request: Request) -> Response:
    """`GET /b/<key>`: the chat itself, with all that its first picture needs: nothing else is waited for."""
    button = await _button(parts, request)
    language = reader(button.language)
    name = await parts.record.read(lambda connection: _customer_name(connection, button))
    values = {
        "key": button.key,
        "title": _("{customer}: support", customer=name),
        "speaks": language,
        "texts": parts.statics.text_url("widget", language),
        "policy": button.policy,
        "style": parts.statics.chat_style,
        "state": await _state(parts, button, language),
        "framed": request.headers.get("sec-fetch-dest") == "iframe",
    }
    policy = security.frame_policy(parts.settings.base_url, button.origins, parts.statics.chat_style_source)
    headers = {
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cross-Origin-Opener-Policy": "unsafe-none",
        "X-Robots-Tag": "noindex",
    }
    return packed(parts.pages.page("widget/frame.html", values, policy=policy, headers=headers), request)


async def session(parts: Parts, request: Request) -> Response:
    """`POST /b/<key>/session`"""
    security.expect_own_origin(request, parts.origins)
    body = await json_body(request)
    try:
        begun = await parts.identity.open_session(
            request.path_params["key"], body, source_of(request), device_of(request)
        )
    except NotSignedIn as error:
        return problem(401, _(str(error)), code="not_signed_in")
    if begun is None:
        return JSONResponse({}, 202, {"Cache-Control": "no-store"})
    contact = {"id": begun.id, "name": begun.name, "verified": begun.verified}
    return JSONResponse({"token": begun.token, "contact": contact}, headers={"Cache-Control": "no-store"})


async def _button(parts: Parts, request: Request) -> Button:
    key, now = request.path_params["key"], parts.desk.clock.now()

    def query(connection: Connection) -> Button | None:
        id = candidates.button_of_key(connection, key, now)
        return None if id is None else buttons.find(connection, id)

    found = await parts.record.read(query)
    if found is None:
        raise NotFound("There is no such button.")
    return found


async def _state(parts: Parts, button: Button, language: str) -> dict[str, Any]:
    present, now = await parts.desk.present(), parts.desk.clock.now()
    found = await parts.record.read(lambda connection: button_state(connection, button.id, now, present, language))
    if found is None:
        raise NotFound("There is no such button.")
    return found


def _shared(parts: Parts, button: Button, request: Request) -> dict[str, str]:
    """CORS for exactly the button's pages, without credentials."""
    headers = {"Vary": "Origin", "Cross-Origin-Resource-Policy": "cross-origin"}
    origin = request.headers.get("origin")
    if origin is not None and (origin in button.origins or origin in parts.origins):
        headers["Access-Control-Allow-Origin"] = origin
    return headers


def _customer_name(connection: Connection, button: Button) -> str:
    found = customers.find(connection, button.customer_id)
    return found.name if found else button.name
