"""The ASGI application: routes, refusals, headers. What runs beside it: wiring."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from desk.identity import NotSignedIn
from routing.errors import DeskError
from server import errors
from server.metrics import Metrics
from server.pages.sessions import SignInFirst, to_sign_in
from server.pages.texts import Reading
from server.parts import Parts
from server.routes import routes
from server.security import SecurityHeaders


def build(parts: Parts, metrics: Metrics) -> ASGIApp:
    """The application of one process."""
    app = Starlette(
        routes=routes(parts, metrics),
        exception_handlers={
            DeskError: _page_or_problem,
            NotSignedIn: errors.not_signed_in,
            SignInFirst: to_sign_in,
            HTTPException: errors.http_error,
            ClientDisconnect: errors.gone,
            Exception: errors.fault,
        },
    )
    app.state.pages = parts.pages
    return SecurityHeaders(Reading(app), _hosts(parts), secure=parts.is_secure)


async def _page_or_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, DeskError)
    if errors.wants_page(request):
        return request.app.state.pages.error(request, errors.STATUS.get(error.code, 400))  # type: ignore[no-any-return]
    return await errors.desk_error(request, error)


def _hosts(parts: Parts) -> frozenset[str]:
    """Names we answer to: the desk's own; in a demo also the portal's, which is another site on the same port."""
    own = urlsplit(parts.settings.base_url).netloc
    port = parts.settings.port
    loopback = {f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}
    return frozenset({own} | (loopback if parts.settings.is_private or parts.is_demo else set()))
