"""What protects every answer: content policies, headers, the hosts we answer to, the Origin of unsafe requests."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routing.errors import Forbidden
from server.errors import problem

SAFE = ("GET", "HEAD", "OPTIONS")
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=()",
}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FILE = "default-src 'none'; sandbox; frame-ancestors 'none'"
IN_MAIL = {
    "Content-Security-Policy": FILE,
    "Cache-Control": "private, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Of a picture that a mail's frame shows: that frame has no origin of its own, so also ours is another's to it."""


def page_policy() -> str:
    """A page of ours that runs our own modules, and may be in nobody's frame."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
        "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def console_policy() -> str:
    """The console, which frames mails."""
    return f"{page_policy()}; frame-src 'self'"


def mail_policy(base_url: str, styles: Sequence[str]) -> str:
    """A mail as it was sent: nothing runs, nothing leaves, pictures come by our own addresses. `styles`: of ours."""
    sheets = " ".join(f"{base_url}{style}" for style in styles)
    return (
        f"default-src 'none'; img-src {base_url}/m/ {base_url}/p/; style-src {sheets}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )


def frame_policy(base_url: str, origins: Sequence[str], style: str) -> str:
    """The chat in its frame: only the customer's own pages may frame it; `style`: hash-source of its style sheet."""
    wire = base_url.replace("http", "ws", 1)
    ancestors = " ".join(origins) or "'none'"
    return (
        f"default-src 'none'; script-src 'self'; style-src {style}; img-src 'self' blob:; media-src 'self' blob:; "
        f"connect-src 'self' {wire}; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


class SecurityHeaders:
    """Adds what an answer does not say itself; refuses hosts that are not ours (DNS rebinding) and NUL in addresses."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], *, secure: bool) -> None:
        """`hosts`: as in the Host header, with port; empty: any. `secure`: browsers reach us by https."""
        self._app = app
        self._hosts = hosts
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        if self._hosts and host not in self._hosts and scope["path"] not in ("/live", "/ready", "/metrics"):
            await problem(400, "This desk does not go by that name.", code="bad_request")(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # no record keeps it, and nothing of ours holds it
            await problem(400, "This request cannot be understood.", code="bad_request")(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in COMMON.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", NOTHING)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
                if self._secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
            await send(message)

        known = {"scheme": "https"} if self._secure else {}  # whatever the proxy says, or does not say
        await self._app({**scope, **known}, receive, sending)


def expect_own_origin(request: Request, origins: frozenset[str]) -> None:
    """An unsafe request with a foreign Origin, also beside ours, is refused; programs send none. Raises Forbidden."""
    given = request.headers.getlist("origin")
    if request.method not in SAFE and not origins.issuperset(given):
        raise Forbidden("This request comes from another site.")
