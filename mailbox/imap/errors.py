"""What an IMAP server alone can do to us; what any mail server can: mailbox/errors.py."""

from __future__ import annotations

import re

from mailbox.errors import MailError, Step


class Refused(MailError):
    """A tagged NO or BAD (the connection lives on), or BYE as greeting. `code`: what stood in brackets, upper case."""

    def __init__(self, step: Step, words: str) -> None:
        super().__init__(step, words)
        self.code = code(words)


class Strange(MailError):
    """An answer that cannot be IMAP, or longer than we take. The connection is given up."""


def code(words: str) -> str:
    """`AUTHENTICATIONFAILED` of `[AUTHENTICATIONFAILED] no such luck`; empty without one (RFC 5530)."""
    found = re.match(r"\s*\[([^\] ]+)", words)
    return found[1].upper() if found else ""
