"""Where a mailbox is, and who we are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

Mechanism = Literal["XOAUTH2", "OAUTHBEARER"]
Security = Literal["tls", "starttls", "plain"]


class Tokens(Protocol):
    """Where access tokens come from: mailbox/oauth.py. `token` raises TokenFailed; `forget`: it was refused."""

    async def token(self) -> str: ...

    def forget(self, token: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Password:
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuth:
    """`mechanism` as the server wants it: Google and Microsoft take XOAUTH2, the standard is OAUTHBEARER (RFC 7628)."""

    mechanism: Mechanism
    tokens: Tokens = field(repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`plain` is for this machine only. `ca_file`: the only certificates trusted; None = those of the system."""

    host: str
    port: int
    security: Security
    user: str
    auth: Password | OAuth
    ca_file: str | None = None
