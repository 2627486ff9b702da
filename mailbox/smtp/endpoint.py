"""Where our mail is handed in, who we are there, and how long we wait."""

from __future__ import annotations

from dataclasses import dataclass

from mailbox.imap.endpoint import OAuth, Password, Security


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`plain` is for this machine only. `auth` None: the server knows us by our address. `ca_file`: the only
    certificates trusted; None = those of the system.
    """

    host: str
    port: int
    security: Security
    user: str = ""
    auth: Password | OAuth | None = None
    ca_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long we wait for each step (RFC 5321, 4.5.3.2)."""

    connect_s: float = 15.0
    """For each of: name, connection, TLS."""
    greeting_s: float = 120.0
    """Some servers let strangers wait before they greet."""
    answer_s: float = 120.0
    """To EHLO, AUTH, MAIL, each RCPT and DATA."""
    content_s: float = 600.0
    """To the dot at the end: the server may be looking for viruses."""
    slowest_bytes_s: float = 64 * 1024
    """What we send may take so long besides."""
    quit_s: float = 5.0
