"""Access tokens for mail servers: asked for at a token endpoint (RFC 6749), kept until shortly before their end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx2

from mailbox.errors import REFUSED_PAUSE_S, TokenFailed

EARLY_S = 60.0
"""A token is renewed so long before its end."""
UNTOLD_S = 300.0
"""How long a token lasts whose end the server does not tell."""
TIMEOUT_S = 20.0

_MEANINGS = {
    "invalid_grant": "the consent was withdrawn or has expired: the mailbox must be connected again",
    "invalid_client": "the client id or its secret is wrong or has expired",
    "unauthorized_client": "this client may not ask for such tokens",
    "unsupported_grant_type": "the server does not give tokens in this way",
    "invalid_scope": "the server does not know the scope, or does not allow it",
    "invalid_request": "the server misses something in the request",
    "access_denied": "access was denied",
}
_PASSING = {"temporarily_unavailable", "server_error", "slow_down"}


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A user once consented; the server may give a new refresh token with every access token."""

    client_id: str
    refresh_token: str = field(repr=False)
    client_secret: str = field(default="", repr=False)
    scope: str = ""

    def fields(self) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": self.refresh_token}


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The desk itself was given the right, by an administrator of the mail server."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""

    def fields(self) -> dict[str, str]:
        return {"grant_type": "client_credentials"}


class Posts(Protocol):
    """What asks a token server: a client, or Http."""

    async def post(
        self, url: str, /, *, data: Mapping[str, str], headers: Mapping[str, str], timeout: float,
        follow_redirects: bool,
    ) -> httpx2.Response: ...  # fmt: skip


class Http:
    """The client of all token sources of a process, made when the first token is asked for: most mailboxes need none,
    and it takes as long to make as some mails to read.
    """

    def __init__(self) -> None:
        self._client: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Http:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def post(self, url: str, /, **more: Any) -> httpx2.Response:
        if self._client is None:
            self._client = httpx2.AsyncClient()
        return await self._client.post(url, **more)


class TokenSource:
    """Tokens of one mailbox. Any number of tasks may ask: one request is made."""

    def __init__(
        self,
        url: str,
        grant: RefreshToken | ClientCredentials,
        http: Posts,
        *,
        rotated: Callable[[str], None] = lambda _: None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`rotated` is told a new refresh token, which must be kept: the old one may be void from then on."""
        self._url = url
        self._grant = grant
        self._http = http
        self._rotated = rotated
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._token = ""
        self._until = 0.0

    async def token(self) -> str:
        """One that is valid for a minute at least, as far as the server told. Raises TokenFailed."""
        async with self._asking:
            if not self._token or self._seconds() >= self._until - EARLY_S:
                await self._renew()
            return self._token

    def forget(self, token: str) -> None:
        """It was refused: the next one is a new one."""
        if token == self._token:
            self._token = ""

    async def _renew(self) -> None:
        self._token = ""
        asked_at = self._seconds()
        told = _read(await self._asked())
        token, lasts, refresh = told.get("access_token"), told.get("expires_in"), told.get("refresh_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise TokenFailed("the token server's answer holds no token", retry=True)
        self._token = token
        self._until = asked_at + _number(lasts)
        if isinstance(self._grant, RefreshToken) and isinstance(refresh, str) and refresh != self._grant.refresh_token:
            grant = self._grant
            self._grant = RefreshToken(grant.client_id, refresh, grant.client_secret, grant.scope)
            self._rotated(refresh)

    async def _asked(self) -> httpx2.Response:
        grant = self._grant
        fields = grant.fields() | {"client_id": grant.client_id}
        if grant.client_secret:
            fields["client_secret"] = grant.client_secret
        if grant.scope:
            fields["scope"] = grant.scope
        try:
            return await self._http.post(
                self._url,
                data=fields,
                headers={"Accept": "application/json"},
                timeout=TIMEOUT_S,
                follow_redirects=False,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise TokenFailed(
                f"the token server was not reached: {error or type(error).__name__}", retry=True
            ) from None


def bearer(mechanism: str, user: str, host: str, port: int, token: str) -> str:
    """What is said to a mail server that knows XOAUTH2 or OAUTHBEARER (RFC 7628), before it is put into base64."""
    if mechanism == "XOAUTH2":
        return f"user={user}\1auth=Bearer {token}\1\1"
    else:
        escaped = user.replace("=", "=3D").replace(",", "=2C")
        return f"n,a={escaped},\1host={host}\1port={port}\1auth=Bearer {token}\1\1"


def _read(response: httpx2.Response) -> dict[str, object]:
    """The answer's fields. Raises TokenFailed."""
    try:
        told = response.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {}
    if response.status_code == 200 and "error" not in told:
        return told
    raise _refusal(response, told)


def _refusal(response: httpx2.Response, told: dict[str, object]) -> TokenFailed:
    code = str(told.get("error", ""))[:100]
    own = str(told.get("error_description", ""))[:300] or code or f"HTTP {response.status_code}"
    meaning = _MEANINGS.get(code, "the token server gave no token")
    words = " ".join(f"{meaning} ({own})".split())
    if response.status_code in (429, 503) or response.status_code >= 500 or code in _PASSING:
        return TokenFailed(words, code=code, retry=True, after_s=_pause(response))
    else:
        return TokenFailed(words, code=code, retry=False, after_s=REFUSED_PAUSE_S)


def _pause(response: httpx2.Response) -> float | None:
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), 3600.0) if asked.isdecimal() else None


def _number(value: object) -> float:
    """Seconds; some servers write them as text."""
    try:
        return float(str(value))
    except ValueError:
        return UNTOLD_S
