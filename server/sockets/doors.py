"""The addresses of the wire, for server/routes.py."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from server.sockets import fallback, websocket
from server.sockets.ports import Audience
from server.sockets.sockets import Sockets


def doors(sockets: Sockets) -> list[BaseRoute]:
    """Six routes: `/ws/…`, `/x/…/stream` and `/x/…` for contacts and agents."""
    return [*_doors_of(sockets, "contact"), *_doors_of(sockets, "agent")]


def _doors_of(sockets: Sockets, audience: Audience) -> list[BaseRoute]:
    async def socket(opened: WebSocket) -> None:
        await websocket.serve(sockets, audience, opened)

    async def stream(request: Request) -> Response:
        return await fallback.open_stream(sockets, audience, request)

    async def single(request: Request) -> Response:
        return await fallback.take_request(sockets, audience, request)

    return [
        WebSocketRoute(f"/ws/{audience}", socket),
        Route(f"/x/{audience}/stream", stream, methods=["POST"]),
        Route(f"/x/{audience}", single, methods=["POST"]),
    ]
