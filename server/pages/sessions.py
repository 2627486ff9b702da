"""The agent behind a page's request: cookie in, signed person out; forms prove that they come from our own page."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk.actors import Signed
from desk.identity import AgentSignedIn, NotSignedIn
from routing.errors import BadRequest, Forbidden, TooLarge
from server.limiting import expect_utf_8, limited
from server.networks import network_of
from server.pages.texts import read_in
from server.parts import Parts
from server.security import expect_own_origin

SECURE = "__Host-"
"""No other site of the domain can set a cookie of such a name, so behind https no other name is read. Over plain http
(a desk on this machine only) browsers' rules and programs' cookie jars refuse it."""
SESSION, KNOWN = "vipdesk", "vipdesk-known"

MOST_OPEN, MOST_FORM, MOST_FILE = 16_000, 128_000, 20_000_000
"""Bytes of a form: of strangers, of who is signed in, and with a file. Reading one keeps everybody else waiting."""


@dataclass(frozen=True)
class Session:
    """Who asks, and the token their forms must carry."""

    signed: Signed
    csrf: str
    cookie: str


class SignInFirst(Exception):
    """The page is for agents, and nobody is signed in."""


def cookie_of(cookies: Mapping[str, str], *, secure: bool, name: str = SESSION) -> str | None:
    """The session among the cookies; `secure`: browsers reach us by https."""
    return cookies.get(SECURE + name if secure else name)


async def session_of(parts: Parts, request: Request) -> Session | None:
    """Who is signed in here."""
    cookie = cookie_of(request.cookies, secure=parts.is_secure)
    found = None if cookie is None else await parts.identity.session(cookie)
    if found is None or cookie is None:
        return None
    if found[0].reads:
        read_in(found[0].reads)
    return Session(*found, cookie)


async def expect_signed(parts: Parts, request: Request) -> Session:
    """The session of a program's call; unsafe: our Origin (or none) and X-CSRF. Raises NotSignedIn, Forbidden."""
    expect_own_origin(request, parts.origins)
    found = await session_of(parts, request)
    if found is None:
        raise NotSignedIn("Sign in first.")
    if request.method not in ("GET", "HEAD") and not _same(found.csrf, request.headers.get("x-csrf", "")):
        raise Forbidden("The header X-CSRF is missing or wrong.", field="X-CSRF")
    return found


async def form_of(
    request: Request, *, most_bytes: int = MOST_OPEN, max_files: int = 0, max_fields: int = 10
) -> FormData:
    """The form that was sent. Raises BadRequest for a field that no record can keep, TooLarge."""
    expect_utf_8(request)
    body = limited(request.receive, most_bytes, _too_large if max_files else BadRequest)
    form = await Request(request.scope, body).form(
        max_files=max_files, max_fields=max_fields, max_part_size=min(most_bytes, MOST_FORM)
    )
    for name, value in form.multi_items():
        if "\0" in name or (isinstance(value, str) and "\0" in value):
            raise BadRequest
    return form


def _too_large() -> TooLarge:
    return TooLarge("At most {most} MB can be sent here.", values={"most": MOST_FILE // 1_000_000})


async def expect_form(parts: Parts, request: Request, session: Session) -> FormData:
    """A form of our own page. Raises Forbidden, BadRequest."""
    expect_own_origin(request, parts.origins)
    with_file = request.headers.get("content-type", "").startswith("multipart/form-data")
    form = await form_of(
        request, most_bytes=MOST_FILE if with_file else MOST_FORM, max_files=int(with_file), max_fields=200
    )
    if not _same(session.csrf, str(form.get("csrf", ""))):
        raise Forbidden("This page was too old. Load it again.")
    return form


def with_cookie(response: Response, parts: Parts, begun: AgentSignedIn) -> Response:
    """The answer that signs a browser in."""
    days = {SESSION: (begun.cookie, 14), KNOWN: (begun.known, 400)}
    for name, (value, lasts) in days.items():
        if value:
            response.set_cookie(
                SECURE + name if parts.is_secure else name, value, max_age=lasts * 24 * 3600, path="/",
                secure=parts.is_secure, httponly=True, samesite="lax",
            )  # fmt: skip
    return response


def without_cookie(response: Response, parts: Parts) -> Response:
    """The answer that signs it out."""
    response.delete_cookie(
        SECURE + SESSION if parts.is_secure else SESSION,
        path="/",
        secure=parts.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def to_sign_in(request: Request, error: Exception) -> Response:
    """Starlette's hook for SignInFirst."""
    return RedirectResponse("/login", 303)


def brought(parts: Parts, request: Request) -> tuple[str | None, str, str]:
    """What came along to a sign-in: the session before, the browser's name, its mark that an account used it before."""
    kept = partial(cookie_of, request.cookies, secure=parts.is_secure)
    return kept(), device_of(request), kept(name=KNOWN) or ""


def device_of(request: Request) -> str:
    """What the browser calls itself."""
    return request.headers.get("user-agent", "").replace("\0", "")


def source_of(request: Request) -> str:
    """The peer's network, for buckets."""
    return network_of(request.client.host) if request.client else "unknown"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
