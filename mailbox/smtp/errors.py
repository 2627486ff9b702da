"""What an SMTP server alone can do to us; what any mail server can: mailbox/errors.py. Nobody got the mail."""

from __future__ import annotations

from mailbox.errors import MailError, Step


class Refused(MailError):
    """An answer of 4xx or 5xx that ends it. `code`: its three digits."""

    def __init__(self, step: Step, code: int, words: str) -> None:
        super().__init__(step, f"{code} {words}")
        self.code = code
