"""What can go wrong before a mail is on its way, told by step, in the server's own words. Nobody got the mail.

SmtpError
├── Unreachable    no address, no route, no answer to a connect
├── Untrusted      no TLS, or a certificate that does not hold; or plain text asked for to another machine
├── LoginRefused   the server does not want this user, or not with this secret
├── TokenFailed    the token server gave none
├── Refused        the server answered with a code that ends it
└── Lost           the connection ended, or the other side fell silent, or said what is no SMTP
"""

from __future__ import annotations

from typing import Literal

from mailbox.imap.errors import REFUSED_PAUSE_S, plain

Step = Literal["resolve", "connect", "tls", "greeting", "hello", "token", "login", "sender", "recipient", "data"]
"""What was being done."""


class SmtpError(Exception):
    """`words` are the server's or the system's; `retry`: whether trying again may help without anybody doing
    something; `after_s`: not before so many seconds, None = by the usual back-off.
    """

    retry = True
    pause_s: float | None = None

    def __init__(self, step: Step, words: str, after_s: float | None = None) -> None:
        self.step = step
        self.words = plain(words)
        self.after_s = after_s or self.pause_s
        super().__init__(f"{step}: {self.words}")


class Unreachable(SmtpError):
    """Steps resolve and connect."""


class Untrusted(SmtpError):
    """Step tls. Somebody has to do something, but a new certificate needs nobody here."""

    retry = False
    pause_s = REFUSED_PAUSE_S


class LoginRefused(SmtpError):
    """Step login. Trying harder locks accounts."""

    retry = False
    pause_s = REFUSED_PAUSE_S


class TokenFailed(SmtpError):
    """Step token; `retry` as the token server's answer has it."""

    def __init__(self, words: str, *, retry: bool, after_s: float | None = None) -> None:
        super().__init__("token", words, after_s)
        self.retry = retry


class Refused(SmtpError):
    """An answer of 4xx or 5xx. `code`: its three digits."""

    def __init__(self, step: Step, code: int, words: str) -> None:
        super().__init__(step, f"{code} {words}")
        self.code = code


class Lost(SmtpError):
    """The connection is gone; everything asked of it from now on raises this at once."""
