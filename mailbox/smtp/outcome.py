"""What became of a mail for one recipient, and which addresses a mail can be sent to at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mailbox.errors import plain

State = Literal["accepted", "deferred", "bounced", "ambiguous"]
LONGEST_LOCAL = 64
LONGEST = 254
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u3000\ufeff()<>\[\]:;\\,\"]")
"""What may stand in no part of an address as we write it. Quoted local parts are not among what people have."""


@dataclass(frozen=True)
class Outcome:
    """accepted: the server answers for it from now on; deferred: not now; bounced: never; ambiguous: it may have it.
    `words`: ours or the server's, `code` its three digits, `status` the enhanced code (RFC 3463).
    """

    state: State
    words: str
    code: int | None = None
    status: str | None = None

    @classmethod
    def told(cls, code: int, words: str) -> Outcome:
        """By an answer."""
        if 200 <= code < 300:
            state: State = "accepted"
        elif 500 <= code < 600:
            state = "bounced"
        else:
            state = "deferred"
        status = _STATUS.match(words)
        return cls(state, plain(f"{code} {words}"), code, status[0] if status else None)


class NoAddress(Exception):
    """Mail cannot be sent there; the text is one sentence that says why."""


def envelope_address(written: str, *, takes_utf8: bool) -> str:
    """As it stands in MAIL and RCPT. `takes_utf8`: the server has SMTPUTF8. Raises NoAddress."""
    local, at, domain = written.rpartition("@")
    if not at or not local or not domain:
        raise NoAddress("This is no mail address: it needs a name, an @ and a domain.")
    if _ODD.search(written) or "@" in local:
        raise NoAddress("This is no mail address: it holds a blank or a sign that none may have.")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise NoAddress("This is no mail address: a dot stands where none may be.")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise NoAddress("This is no mail address: its domain cannot be.") from None
    if len(local.encode()) > LONGEST_LOCAL or len(f"{local}@{domain}".encode()) > LONGEST:
        raise NoAddress("This is no mail address: it is too long.")
    if not local.isascii() and not takes_utf8:
        raise NoAddress("The mail server takes no addresses with such letters before the @ (SMTPUTF8).")
    return f"{local}@{domain}"
