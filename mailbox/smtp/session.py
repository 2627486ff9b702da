"""One session: any number of mails, one after the other, each recipient's outcome by itself.

MAIL, RCPT, DATA and the content are single steps: what fails before the content, nobody got; a fault while the content
is under way leaves open whether the server has it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

import aiosmtplib
from aiosmtplib import SMTP

from mailbox.errors import Lost, MailError, Step
from mailbox.smtp.endpoint import Endpoint, Limits
from mailbox.smtp.errors import Refused
from mailbox.smtp.opening import asked, one_line, opened
from mailbox.smtp.outcome import NoAddress, Outcome, envelope_address

NOT_LOGGED_IN = frozenset({530, 534, 535, 538})
"""Refusals that are about us, not about the mail (RFC 4954)."""
START_INPUT = 354
_ENDINGS = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")

BeforeContent = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Envelope:
    """`sender`: where bounces go, empty for `<>`. `copy`: an address of our own that gets the mail when somebody else
    does, as proof; it has no outcome.
    """

    sender: str
    recipients: tuple[str, ...]
    copy: str | None = None


class Session:
    """Made by `open`, ended by `close`, or by `async with`. One task owns it."""

    def __init__(self, client: SMTP, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._utf8 = client.supports_extension("smtputf8")

    @classmethod
    async def open(cls, endpoint: Endpoint, limits: Limits | None = None) -> Self:
        """Connected and logged in. Raises MailError; a cancelled call leaves nothing open."""
        limits = limits or Limits()
        return cls(await opened(endpoint, limits), limits)

    @property
    def lost(self) -> bool:
        """Whether it is over."""
        return not self._client.is_connected

    @property
    def most_bytes(self) -> int | None:
        """Of one mail, as the server says; None: it says nothing."""
        stated = self._client.esmtp_extensions.get("size", "").strip()
        return int(stated) if stated.isdecimal() and 0 < int(stated) < 2**62 else None

    async def close(self) -> None:
        """Says good-bye where that is possible: what was accepted stays so. Never raises MailError."""
        try:
            if not self.lost:
                await self._client.quit(timeout=self._limits.quit_s)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def send(self, envelope: Envelope, raw: bytes, before_content: BeforeContent) -> dict[str, Outcome]:
        """An outcome for each recipient. `before_content` is awaited when the server waits for the content (what comes
        before, no server has); what it raises ends the session, and a mail without its end is none (RFC 5321 §4.1.1.4).
        Raises MailError when nobody can have got the mail. Cancelled, the session is over.
        """
        try:
            return await self._send(envelope, raw, before_content)
        except MailError:
            await self._forget()
            raise
        except BaseException:
            self._client.close()
            raise

    async def _send(self, envelope: Envelope, raw: bytes, before_content: BeforeContent) -> dict[str, Outcome]:
        outcomes, named = self._checked(envelope, len(raw))
        if not named:
            return outcomes
        await self._sender(envelope.sender, len(raw), any(not each.isascii() for each in named.values()))
        for written, address in named.items():
            outcomes[written] = Outcome.told(*await self._recipient(address))
        taken = [each for each in named if outcomes[each].state == "accepted"]
        if taken:
            if envelope.copy is not None:
                await self._recipient(envelope.copy)
            told = await self._content(raw, before_content)
            outcomes |= dict.fromkeys(taken, told)
        if len(taken) < len(named) or outcomes[taken[0]].state != "accepted":
            await self._forget()
        return outcomes

    def _checked(self, envelope: Envelope, size: int) -> tuple[dict[str, Outcome], dict[str, str]]:
        """Outcomes of those to whom it cannot be sent, and the others as they stand in the envelope."""
        outcomes: dict[str, Outcome] = {}
        named: dict[str, str] = {}
        most = self.most_bytes
        for written in envelope.recipients:
            try:
                address = envelope_address(written, takes_utf8=self._utf8)
            except NoAddress as error:
                outcomes[written] = Outcome("bounced", str(error))
                continue
            if most is not None and size > most:
                outcomes[written] = Outcome("bounced", _too_large(size, most), 552, "5.3.4")
            else:
                named[written] = address
        return outcomes, named

    async def _sender(self, sender: str, size: int, utf8: bool) -> None:
        options = [b"SIZE=%d" % size] if self._client.supports_extension("size") else []
        options += [b"SMTPUTF8"] if utf8 else []
        code, words = await self._ask("sender", b"MAIL", b"FROM:<%s>" % sender.encode(), *options)
        if not 200 <= code < 300:
            raise Refused("sender", code, words)

    async def _recipient(self, address: str) -> tuple[int, str]:
        code, words = await self._ask("recipient", b"RCPT", b"TO:<%s>" % address.encode())
        if code in NOT_LOGGED_IN or code == 421:
            raise Refused("recipient", code, words)
        return code, words

    async def _content(self, raw: bytes, before_content: BeforeContent) -> Outcome:
        code, words = await self._ask("data", b"DATA")
        if code == START_INPUT:
            await before_content()
            return await self._dot(raw)
        elif code in NOT_LOGGED_IN:
            raise Refused("data", code, words)
        else:
            return Outcome.told(code if code >= 400 else 451, words)

    async def _dot(self, raw: bytes) -> Outcome:
        """From the first byte on nobody knows what the server has, until it answers."""
        protocol = self._client.protocol
        try:
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            protocol.write(_stuffed(raw))
        except aiosmtplib.SMTPException as error:
            raise Lost("data", "the server closed the connection") from error
        seconds = self._limits.content_s + len(raw) / self._limits.slowest_bytes_s
        try:
            answer = await protocol.read_response(timeout=seconds)
        except aiosmtplib.SMTPTimeoutError:
            self._client.close()
            return Outcome("ambiguous", f"The server did not answer for {seconds:.0f} s after the mail was sent.")
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()
            return Outcome("ambiguous", "The connection broke while the mail was sent.")
        if 200 <= answer.code < 300 or 400 <= answer.code < 600:
            return Outcome.told(answer.code, one_line(answer.message))
        self._client.close()
        return Outcome("ambiguous", f"The server answered what cannot be understood: {one_line(answer.message)[:200]}")

    async def _forget(self) -> None:
        """The next mail begins anew, if there can be one."""
        if not self.lost:
            try:
                await asked(self._client, "sender", b"RSET", seconds=self._limits.quit_s)
            except Lost:
                self._client.close()

    async def _ask(self, step: Step, *words: bytes) -> tuple[int, str]:
        return await asked(self._client, step, *words, seconds=self._limits.answer_s)


def _stuffed(raw: bytes) -> bytes:
    """As it goes over the wire (RFC 5321, 4.5.2): lines end with CRLF, a dot at a line's begin is doubled."""
    whole = _ENDINGS.sub(b"\r\n", raw)
    ended = whole if whole.endswith(b"\r\n") else whole + b"\r\n"
    return _DOT.sub(b"..", ended) + b".\r\n"


def _too_large(size: int, most: int) -> str:
    return (
        f"The mail has {size / 1_000_000:.1f} MB with its attachments, "
        f"and the mail server takes {most / 1_000_000:.1f} MB at most."
    )
