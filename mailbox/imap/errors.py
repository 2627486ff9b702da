"""What can go wrong on the way to a mailbox, told by step, in the server's own words, with when to try again.

ImapError
├── Unreachable    no address, no route, no answer to a connect
├── Untrusted      no TLS, or a certificate that does not hold; or plain text asked for to another machine
├── LoginRefused   the server knows the user and does not want them, or not with this secret
├── TokenFailed    the token server gave none
├── Refused        the server said NO, BAD or, instead of a greeting, BYE
├── Lost           the connection ended, or the other side fell silent
└── Strange        an answer that is no IMAP, or longer than we take
"""

from __future__ import annotations

import re
from typing import Literal

Step = Literal[
    "resolve",
    "connect",
    "tls",
    "greeting",
    "token",
    "login",
    "select",
    "search",
    "fetch",
    "mark",
    "move",
    "create",
    "append",
    "idle",
    "noop",
]
"""What was being done."""

REFUSED_PAUSE_S = 300.0
"""Between two logins that are refused: more would lock the account."""
LONGEST_PAUSE_S = 3600.0
"""However long a server asks us to stay away."""

_HINT = re.compile(r"Suggested Backoff Time:\s*(\d{1,12})\s*(ms|milliseconds|s|seconds)\b", re.IGNORECASE)


class ImapError(Exception):
    """`words` are the server's or the system's; `retry`: whether trying again may help without anybody doing
    something; `after_s`: not before so many seconds, None = by the usual back-off."""

    retry = True
    pause_s: float | None = None

    def __init__(self, step: Step, words: str, after_s: float | None = None) -> None:
        self.step = step
        self.words = plain(words)
        self.after_s = after_s or hint(words) or self.pause_s
        super().__init__(f"{step}: {self.words}")


class Unreachable(ImapError):
    """Steps resolve and connect."""


class Untrusted(ImapError):
    """Step tls. Somebody has to do something, but a new certificate needs nobody here."""

    retry = False
    pause_s = REFUSED_PAUSE_S


class LoginRefused(ImapError):
    """Step login. Trying harder locks accounts."""

    retry = False
    pause_s = REFUSED_PAUSE_S


class TokenFailed(ImapError):
    """Step token; `retry` as the token server's answer has it."""

    def __init__(self, words: str, *, retry: bool, after_s: float | None = None) -> None:
        super().__init__("token", words, after_s)
        self.retry = retry


class Refused(ImapError):
    """A tagged NO or BAD (the connection lives on), or BYE as greeting. `code`: what stood in brackets, upper case."""

    def __init__(self, step: Step, words: str) -> None:
        super().__init__(step, words)
        self.code = code(words)


class Lost(ImapError):
    """The connection is gone; everything asked of it from now on raises this at once."""


class Strange(ImapError):
    """An answer that cannot be IMAP. The connection is given up."""


def plain(words: str) -> str:
    """Safe for a log line and a page: one line, no control characters, not endless."""
    return "".join(sign if sign.isprintable() else " " for sign in words).strip()[:500]


def hint(words: str) -> float | None:
    """The seconds for which a throttling server wants to be left alone (Exchange writes it into its answers)."""
    found = _HINT.search(words)
    if found is None:
        return None
    seconds = int(found[1]) / (1000 if found[2].lower().startswith("m") else 1)
    return min(seconds, LONGEST_PAUSE_S)


def code(words: str) -> str:
    """`AUTHENTICATIONFAILED` of `[AUTHENTICATIONFAILED] no such luck`; empty without one (RFC 5530)."""
    found = re.match(r"\s*\[([^\] ]+)", words)
    return found[1].upper() if found else ""
