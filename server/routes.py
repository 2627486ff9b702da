"""Every address of the desk, on one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.api import agents, buttons, health, mails, uploads
from server.metrics import Metrics
from server.pages import account, console, login, mail_frame
from server.pages.admin import routes as admin
from server.parts import Parts
from server.sockets.doors import doors

Handler = Callable[..., Awaitable[Response]]


def routes(parts: Parts, metrics: Metrics) -> list[BaseRoute]:
    """In the order in which they are tried."""

    def at(path: str, handler: Handler, *methods: str) -> Route:
        return Route(path, _bound(handler, parts), methods=list(methods or ("GET",)))

    def statics(request: Request) -> Response:
        return parts.statics.answer(request)

    return [
        # Operators
        at("/live", health.live),
        at("/ready", health.ready),
        Route("/metrics", _bound(partial(_swapped, health.metrics, metrics), parts)),
        # The button
        at("/w/{key}.js", buttons.loader),
        at("/b/{key}/state", buttons.state),
        at("/b/{key}/session", buttons.session, "POST"),
        at("/b/{key}", buttons.page),
        # The wire
        *doors(parts.sockets),
        # Files
        at("/files", uploads.upload, "POST"),
        at("/f/{id}", uploads.download),
        at("/p/{id}", uploads.preview),
        at("/a/{id}/photo", agents.photo),
        Route("/static/{tag}/{path:path}", statics),
        # Agents' programs and console
        at("/api/v1/sessions", agents.sign_in, "POST"),
        at("/api/v1/sessions/current", agents.current, "GET"),
        at("/api/v1/sessions/current", agents.sign_out, "DELETE"),
        at("/api/v1/tickets", agents.tickets),
        at("/api/v1/tickets/{id}", agents.ticket),
        at("/api/v1/customers/{id}", agents.customer),
        at("/api/v1/people", agents.colleagues),
        at("/api/v1/mails/{id}", mails.show),
        # Mails as they came
        at("/m/{id}", mail_frame.show),
        at("/m/{id}/original", mails.original),
        at("/m/{id}/remote/{number:int}", mails.remote),
        # Pages
        at("/login", login.show),
        at("/login", login.sign_in, "POST"),
        at("/logout", login.sign_out, "POST"),
        at("/welcome/{token}", login.show_welcome),
        at("/welcome/{token}", login.welcome, "POST"),
        *account.routes(parts),
        *admin(parts),
        *_demo(parts),
        at("/console", console.show),
        at("/", console.show),
    ]


def _demo(parts: Parts) -> list[BaseRoute]:
    if not parts.is_demo:
        return []
    from server.demo.pages import routes as demo  # a real desk never loads the demo

    return demo(parts)


def _bound(handler: Handler, parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await handler(parts, request)

    return answer


async def _swapped(handler: Handler, metrics: Metrics, parts: Parts, request: Request) -> Response:
    return await handler(parts, metrics, request)
