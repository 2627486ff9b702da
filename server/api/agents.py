"""Sessions and pages of data for agents, their console and their scripts."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from routing.errors import BadRequest, NotFound, TooLarge
from server.pages.sessions import brought, expect_signed, source_of, with_cookie, without_cookie
from server.parts import Parts
from server.security import expect_own_origin
from server.sockets.strict import read_object
from store import agents, people

MOST_BODY = 64 * 1024
_encode = msgspec.json.Encoder().encode


class RawResponse(JSONResponse):
    """JSON that may hold ready-made frames."""

    def render(self, content: Any) -> bytes:
        return _encode(content)


async def json_body(request: Request) -> dict[str, Any]:
    """An object of at most 64 KiB; nothing is an empty one. Raises BadRequest, TooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise TooLarge("A request has at most 64 KiB.")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadRequest("The request is not UTF-8.") from None
    return read_object(text or "{}")


async def agent_of(parts: Parts, id: str) -> dict[str, Any]:
    """The agent as their own console shows them. Raises NotFound."""
    agent = await parts.record.read(lambda connection: people.find_agent(connection, id))
    if agent is None:
        raise NotFound
    return agent.face | {
        "email": agent.email,
        "roles": sorted(agent.roles),
        "teams": list(agent.teams),
        "status": agent.status,
        "auto_answer": agent.auto_answer,
        "signature": agent.signature,
    }


async def sign_in(parts: Parts, request: Request) -> Response:
    """`POST /api/v1/sessions`"""
    expect_own_origin(request, parts.origins)
    body = await json_body(request)
    fields = [body.get(name) for name in ("email", "password", "totp")]
    for name, value in zip(("email", "password"), fields, strict=False):
        if not isinstance(value, str):
            raise BadRequest("It is missing, or no text.", field=name)
    totp = str(fields[2]) if fields[2] is not None else None
    begun = await parts.identity.sign_in(
        str(fields[0]), str(fields[1]), totp, source_of(request), *brought(parts, request)
    )
    agent = await agent_of(parts, begun.signed.actor.id)
    answer = JSONResponse({"csrf": begun.csrf, "agent": agent}, 201, {"Cache-Control": "no-store"})
    return with_cookie(answer, parts, begun)


async def current(parts: Parts, request: Request) -> Response:
    """`GET /api/v1/sessions/current`"""
    found = await expect_signed(parts, request)
    agent = await agent_of(parts, found.signed.actor.id)
    return JSONResponse({"csrf": found.csrf, "agent": agent}, headers={"Cache-Control": "no-store"})


async def sign_out(parts: Parts, request: Request) -> Response:
    """`DELETE /api/v1/sessions/current`"""
    found = await expect_signed(parts, request)
    await parts.identity.sign_out(found.cookie)
    return without_cookie(Response(status_code=204), parts)


async def tickets(parts: Parts, request: Request) -> Response:
    """`GET /api/v1/tickets`"""
    found = await expect_signed(parts, request)
    view, query, cursor = (request.query_params.get(name, "") for name in ("view", "q", "cursor"))
    page = await parts.reading.tickets_page(found.signed, view or "mine", query[:200], cursor or None)
    return RawResponse(page, headers={"Cache-Control": "no-store"})


async def ticket(parts: Parts, request: Request) -> Response:
    """`GET /api/v1/tickets/<id>`"""
    found = await expect_signed(parts, request)
    page = await parts.reading.ticket_page(found.signed, request.path_params["id"])
    return RawResponse(page, headers={"Cache-Control": "no-store"})


async def customer(parts: Parts, request: Request) -> Response:
    """`GET /api/v1/customers/<id>`"""
    found = await expect_signed(parts, request)
    page = await parts.reading.customer_page(found.signed, request.path_params["id"])
    return RawResponse(page, headers={"Cache-Control": "no-store"})


async def colleagues(parts: Parts, request: Request) -> Response:
    """`GET /api/v1/people`"""
    await expect_signed(parts, request)
    return RawResponse({"agents": await parts.reading.people()}, headers={"Cache-Control": "no-store"})


async def photo(parts: Parts, request: Request) -> Response:
    """`GET /a/<agent>/photo`: the picture drawn anew, also on customers' pages."""
    found = await parts.record.read(lambda connection: agents.find(connection, request.path_params["id"]))
    if found is None or found.photo is None or not parts.blobs.exists(found.photo):
        raise NotFound
    headers = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(parts.blobs.path(found.photo), media_type="image/png", headers=headers)
