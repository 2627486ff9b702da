"""What can go wrong between us and a mail server, told by step, in the server's own words, with when to try again.

MailError
├── Unreachable    no address, no route, no answer to a connect
├── Untrusted      no TLS, or a certificate that does not hold; or plain text asked for to another machine
├── TokenFailed    the token server gave none
├── LoginRefused   the server does not want this user, or not with this secret
├── Refused        it said no: in IMAP (mailbox/imap/errors.py) or in SMTP (mailbox/smtp/errors.py)
├── Strange        an answer that is no IMAP (there)
└── Lost           the connection ended, or the other side fell silent
"""

from __future__ import annotations

import re
from typing import Literal

Step = Literal[
    "resolve", "connect", "tls", "greeting", "hello", "token", "login",
    "select", "search", "fetch", "mark", "move", "create", "append", "idle", "noop",
    "sender", "recipient", "data",
]  # fmt: skip
"""What was being done: on the way in, in a mailbox, with a mail that leaves."""

REFUSED_PAUSE_S = 300.0
"""Between two logins that are refused: more would lock the account."""
LONGEST_PAUSE_S = 3600.0
"""However long a server asks us to stay away."""

_HINT = re.compile(r"Suggested Backoff Time:\s*(\d{1,12})\s*(ms|milliseconds|s|seconds)\b", re.IGNORECASE)


class MailError(Exception):
    """`words` are the server's or the system's; `retry`: whether trying again may help without anybody doing
    something; `after_s`: not before so many seconds, None = by the usual back-off."""

    retry = True
    pause_s: float | None = None

    def __init__(self, step: Step, words: str, after_s: float | None = None) -> None:
        self.step = step
        self.words = plain(words)
        self.after_s = after_s or hint(words) or self.pause_s
        super().__init__(f"{step}: {self.words}")


class Unreachable(MailError):
    """Steps resolve and connect."""


class Untrusted(MailError):
    """Step tls. Somebody has to do something, but a new certificate needs nobody here."""

    retry = False
    pause_s = REFUSED_PAUSE_S


class TokenFailed(MailError):
    """Step token. `code` as in RFC 6749, or empty; `words`: what it means, then the token server's own."""

    def __init__(self, words: str, *, code: str = "", retry: bool, after_s: float | None = None) -> None:
        super().__init__("token", words, after_s)
        self.code = code
        self.retry = retry


class LoginRefused(MailError):
    """Step login. Trying harder locks accounts."""

    retry = False
    pause_s = REFUSED_PAUSE_S


class Lost(MailError):
    """The connection is gone; everything asked of it from now on raises this at once."""


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
