"""One command, and how long and how much it may take."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from aioimaplib import aioimaplib

from mailbox.errors import Step
from mailbox.imap.batches import MIB
from mailbox.imap.reader import Answer


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long we wait and how much we take."""

    connect_s: float = 10.0
    """For each of: name, connection, TLS, greeting."""
    silence_s: float = 30.0
    """Without a single byte while an answer is due."""
    command_s: float = 600.0
    """For one whole answer."""
    slowest_bytes_s: float = 64 * 1024
    """What we send may take so long besides."""
    idle_grace_s: float = 10.0
    """For the answer to DONE."""
    noop_s: float = 20.0
    """Between looks at a server without IDLE."""
    longest_line: int = 16 * MIB
    longest_literal: int = 64 * MIB
    longest_answer: int = 96 * MIB
    """All of what one command is answered."""


class Command(aioimaplib.Command):  # type: ignore[misc]
    """One command and what it was answered. `sends`: literals or SASL responses, one at each of the server's `+`;
    `no_more`: what is said to a challenge after the last of them (RFC 7628, 3.2.3)."""

    def __init__(self, step: Step, name: str, tag: str, *args: str, prefix: str = "", sends: tuple[bytes, ...] = ()):
        super().__init__(name, tag, *args, prefix=prefix or None)
        self.step = step
        self.answers: list[Answer] = []
        self.sends = list(sends)
        self.challenge = b""
        self.ending = False
        """We sent DONE."""
        self.no_more = b"AQ==" if args[:1] == ("OAUTHBEARER",) else b""
        self.size = 0

    @property
    def result(self) -> str:
        """OK, NO or BAD."""
        return str(self.response.result).upper()

    @property
    def words(self) -> str:
        """The text of the tagged answer, a bracketed code before it."""
        return bytes(self.response.lines[-1]).decode("utf-8", "replace")

    @property
    def over(self) -> bool:
        return bool(self._event.is_set())

    def fail(self, error: Exception) -> None:
        """Whoever waits for it gets the error."""
        self._exception = error
        self._event.set()


def challenge_words(challenge: bytes) -> str:
    """What a token was refused with: JSON in base64, as the server wrote it."""
    try:
        return base64.b64decode(challenge, validate=True).decode("utf-8", "replace")
    except ValueError:
        return challenge.decode("ascii", "replace")
