"""How refusals look from outside: problem documents for programs (RFC 9457), a plain page for people."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from desk.identity import NotSignedIn
from routing import errors
from server.pages.texts import _, sentence

log = logging.getLogger(__name__)

STATUS: Mapping[str, int] = {
    errors.BadRequest.code: 400,
    errors.NotFound.code: 404,
    errors.Forbidden.code: 403,
    errors.Conflict.code: 409,
    errors.Expired.code: 410,
    errors.Stale.code: 409,
    errors.Taken.code: 409,
    errors.Closed.code: 409,
    errors.TooLarge.code: 413,
    errors.SlowDown.code: 429,
    errors.Unavailable.code: 503,
}


class ProblemResponse(JSONResponse):
    """`application/problem+json`."""

    media_type = "application/problem+json"


def problem(
    status: int, detail: str, *, field: str | None = None, retry_s: float | None = None, **more: Any
) -> Response:
    """A problem document; `code` is the wire's."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title(status),
        "status": status,
        "detail": detail,
    }
    body |= {name: value for name, value in {"field": field, "retry_s": retry_s, **more}.items() if value is not None}
    headers = {"Cache-Control": "no-store"}
    if retry_s is not None:
        headers["Retry-After"] = str(max(1, round(retry_s)))
    return ProblemResponse(body, status, headers)


def of_desk_error(error: errors.DeskError) -> Response:
    """A refusal of the desk."""
    status = STATUS.get(error.code, 400)
    return problem(
        status, sentence(error), field=error.field, retry_s=error.retry_s, code=error.code, **dict(error.extra)
    )


async def desk_error(request: Request, error: Exception) -> Response:
    """Starlette's hook for DeskError."""
    assert isinstance(error, errors.DeskError)
    return of_desk_error(error)


async def not_signed_in(request: Request, error: Exception) -> Response:
    """Starlette's hook for NotSignedIn."""
    assert isinstance(error, NotSignedIn)
    return problem(401, _(str(error)), code="not_signed_in")


async def http_error(request: Request, error: Exception) -> Response:
    """Starlette's hook for its own HTTPException."""
    status = getattr(error, "status_code", 500)
    headers = getattr(error, "headers", None)
    if wants_page(request):
        return request.app.state.pages.error(request, status)  # type: ignore[no-any-return]
    answer = problem(status, title(status) + ".", code=_code(status))
    answer.headers.update(headers or {})
    return answer


async def gone(request: Request, error: Exception) -> Response:
    """Who went away while they were sending: no fault of ours, and nobody reads the answer."""
    return Response(status_code=400)


async def fault(request: Request, error: Exception) -> Response:
    """Ours: logged whole, but for the rest of the path, which may let somebody in; told in one sentence."""
    log.exception("request.failed method=%s path=/%s", request.method, request.scope["path"].split("/")[1])
    if wants_page(request):
        return request.app.state.pages.error(request, 500)  # type: ignore[no-any-return]
    return problem(500, _("Something went wrong here. It was written down."), code="unavailable", retry_s=5.0)


def title(status: int) -> str:
    """A status in words."""
    return {
        400: _("This request cannot be understood"),
        401: _("Not signed in"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Not done this way"),
        409: _("This does not fit the present state"),
        410: _("Gone"),
        413: _("Too large"),
        415: _("Of the wrong kind"),
        429: _("Too many requests"),
        500: _("Something went wrong here"),
        503: _("Not available now"),
    }.get(status, _("This did not work"))


def wants_page(request: Request) -> bool:
    """A person's browser asks for a page."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def _code(status: int) -> str:
    return {400: "bad_request", 401: "not_signed_in", 403: "forbidden", 404: "not_found", 413: "too_large"}.get(
        status, "bad_request" if status < 500 else "unavailable"
    )
