"""A mail server as settings name it: an address with scheme, user, password and host, taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

IMAP = {"imaps": ("tls", 993), "imap+starttls": ("starttls", 143), "imap": ("plain", 143)}
SMTP = {"smtps": ("tls", 465), "smtp+starttls": ("starttls", 587), "smtp": ("plain", 25)}
"""How a scheme encrypts, and its usual port."""


@dataclass(frozen=True)
class Server:
    """One address, taken apart; its password is never printed."""

    security: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str


def servers(address: str, imap_url: str, smtp_url: str) -> tuple[Server, Server | None] | None:
    """Where mail is read, and where it leaves; None when no mail server is set. Raises ValueError with a sentence that
    says no password again.
    """
    if not imap_url:
        if smtp_url or address:
            raise ValueError("VIPDESK_MAIL_ADDRESS and VIPDESK_SMTP_URL need VIPDESK_IMAP_URL beside them.")
        return None
    if not address:
        raise ValueError("VIPDESK_IMAP_URL needs VIPDESK_MAIL_ADDRESS beside it: the mail address that is read.")
    read = _server("VIPDESK_IMAP_URL", imap_url, IMAP)
    if not read.user or not read.password:
        raise ValueError(
            "VIPDESK_IMAP_URL needs user and password: imaps://user:password@host, with %40 for an @ in them."
        )
    return read, _server("VIPDESK_SMTP_URL", smtp_url, SMTP) if smtp_url else None


def _server(name: str, url: str, schemes: dict[str, tuple[str, int]]) -> Server:
    if url.partition("://")[0] not in schemes:
        raise ValueError(f"{name} must begin with {', '.join(f'{each}://' for each in schemes)}.")
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        parts, port = urlsplit(""), None
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError(
            f"{name} must be {next(iter(schemes))}://user:password@host:port; in the password write ? # / @ : as"
            " %3F %23 %2F %40 %3A."
        )
    security, usual = schemes[parts.scheme]
    return Server(
        security, parts.hostname, port or usual, unquote(parts.username or ""), unquote(parts.password or ""),
        unquote(parts.path.strip("/")),
    )  # fmt: skip
