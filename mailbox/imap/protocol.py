"""aioimaplib's protocol made safe: answers are cut without recursion, no push is dropped, a lost connection ends
every wait, and whatever is not a tagged answer in time ends the connection.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable
from typing import Any

from aioimaplib import aioimaplib

from mailbox.errors import Lost, Step
from mailbox.imap import answers
from mailbox.imap.command import Command, Limits
from mailbox.imap.errors import Refused, Strange
from mailbox.imap.reader import Answer, Reader, TooLong

CONNECTED, NONAUTH, AUTH, SELECTED, IDLE = "CONNECTED", "NONAUTH", "AUTH", "SELECTED", "IDLE"


class Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """One connection. `wake`: there may be something new, or the connection is lost."""

    pending_sync_command: Command | None
    transport: Any

    def __init__(self, limits: Limits) -> None:
        super().__init__(asyncio.get_running_loop())
        self.limits = limits
        self.wake = asyncio.Event()
        self.closed = asyncio.Event()
        self.why = ""
        self._reader = Reader(limits.longest_line, limits.longest_literal)
        self._greeted: asyncio.Future[None] = self.loop.create_future()
        self._silence: asyncio.Timeout | None = None
        self._silence_s = 0.0
        self._ends = 0.0
        self._given_up = False
        self._strange = False
        self._sealed = False
        self._counts: dict[bytes, int] = {}

    # Asking -----------------------------------------------------------------------------------------------------------

    @property
    def lost(self) -> bool:
        return self._given_up or self.closed.is_set()

    async def greeting(self) -> None:
        """Returns when the server is ready for commands. Raises Refused for BYE, Lost, Strange."""
        await self._in_time("greeting", self._greeted, self.limits.connect_s)

    async def ask(self, step: Step, name: str, *args: str, prefix: str = "", sends: tuple[bytes, ...] = ()) -> Command:
        """The command with its answers. Raises Refused for NO and BAD, Lost, Strange. Cancelled while the answer is
        due, it gives the connection up: nobody could tell whose answer came next.
        """
        command = await self.hear(step, name, *args, prefix=prefix, sends=sends)
        if command.result != "OK":
            raise Refused(step, command.words)
        return command

    async def hear(self, step: Step, name: str, *args: str, prefix: str = "", sends: tuple[bytes, ...] = ()) -> Command:
        """As `ask`, and NO and BAD are answers as well."""
        command = self._begun(step, name, *args, prefix=prefix, sends=sends)
        allowed = self.limits.silence_s + sum(map(len, sends)) / self.limits.slowest_bytes_s
        await self._in_time(step, command.wait(), allowed)
        return command

    async def idle(self, seconds: float) -> bool:
        """Listens for so long or until there is a push; False when this server would not have it. Raises Lost."""
        command = self._begun("idle", IDLE)
        self._idle_event.clear()
        await self._in_time("idle", self._idle_event.wait(), self.limits.silence_s)
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            pass
        except BaseException:  # cancelled: nobody would read the answer to DONE
            self.give_up("cancelled in IDLE")
            raise
        willing = not command.over
        if willing:
            command.ending = True
            self.send("DONE")
        await self._in_time("idle", command.wait(), self.limits.idle_grace_s)
        return willing

    def _begun(self, step: Step, name: str, *args: str, prefix: str = "", sends: tuple[bytes, ...] = ()) -> Command:
        if self.lost:
            raise Lost(step, self.why)
        if self.pending_sync_command is not None:
            raise RuntimeError(f"two tasks on one connection: {name} while {self.pending_sync_command.name} runs")
        if self.state not in aioimaplib.Commands[name].valid_states:
            raise RuntimeError(f"{name} in state {self.state}")
        command = Command(step, name, self.new_tag(), *args, prefix=prefix, sends=sends)
        self.pending_sync_command = command
        self.send(str(command))
        return command

    async def _in_time(self, step: Step, answer: Awaitable[object], silence_s: float) -> None:
        self._ends = self.loop.time() + self.limits.command_s
        self._silence_s = silence_s
        try:
            async with asyncio.timeout(silence_s) as self._silence:
                await answer
        except TimeoutError:
            self.give_up(f"no answer for {silence_s:.3g} s")
            raise Lost(step, self.why) from None
        except asyncio.CancelledError:
            self.give_up("cancelled while an answer was due")
            raise
        except ConnectionError as error:
            raise (Strange if self._strange else Lost)(step, self.why) from error
        finally:
            self._silence = None

    def send(self, line: str, scrub: str | None = None) -> None:
        """Without a log line: passwords go this way."""
        self.transport.write(line.encode() + b"\r\n")

    async def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """TLS from here on, after the server agreed. Raises ssl.SSLError, OSError."""
        transport = await self.loop.start_tls(
            self.transport, self, context, server_hostname=host, ssl_handshake_timeout=self.limits.connect_s
        )
        if transport is None or self.lost:
            raise ConnectionResetError(self.why or "closed in the TLS handshake")
        self.transport = transport
        self._sealed = False

    def give_up(self, why: str) -> None:
        """Ends the connection now, with what we say of it later; the server's own last words come first."""
        self.why = self.why or why
        self._given_up = True
        if self.transport is not None:
            self.transport.abort()

    # What arrives -----------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._given_up:
            return
        if self._silence is not None and not self._silence.expired():
            self._silence.reschedule(min(self.loop.time() + self._silence_s, self._ends))
        try:
            for answer in self._reader.feed(data):
                self._take(answer)
            if self._sealed and not self._reader.between:
                raise ValueError("something was said between STARTTLS and TLS")
        except (TooLong, ValueError, aioimaplib.AioImapException) as error:
            self._strange = True
            self.give_up(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self.why = self.why or (str(exc) if exc else "the server closed the connection")
        error = ConnectionResetError(self.why)
        if not self._greeted.done():
            self._greeted.set_exception(error)
            self._greeted.exception()  # looked at, in case nobody waits for it
        if self.pending_sync_command is not None:
            self.pending_sync_command.fail(error)
        self.closed.set()
        self.wake.set()
        self._idle_event.set()
        super().connection_lost(exc)

    def _take(self, answer: Answer) -> None:
        if self._sealed:
            raise ValueError("something was said between STARTTLS and TLS")
        elif self.state == CONNECTED:
            self._greet(answer.line)
        elif answer.line.startswith(b"*"):
            self._untagged_answer(answer)
        elif answer.line.startswith(b"+"):
            self._continuation(answer.line)
        elif answer.line:
            self._response_done(answer.line)

    def _greet(self, line: bytes) -> None:
        words = line.decode("utf-8", "replace")
        kind = words[:9].upper().split()
        if self._greeted.done():
            return
        elif kind[:2] == ["*", "OK"]:
            self.state = NONAUTH
            self._greeted.set_result(None)
        elif kind[:2] == ["*", "PREAUTH"]:
            self.state = AUTH
            self._greeted.set_result(None)
        elif kind[:2] == ["*", "BYE"]:
            self._greeted.set_exception(Refused("greeting", words[5:]))
            self.give_up(words[5:].strip())
        else:
            raise ValueError(f"this is not IMAP: {words}")

    def _untagged_answer(self, answer: Answer) -> None:
        command = self.pending_sync_command
        if answer.line[2:6].upper().strip() == b"BYE":
            self.why = answer.line[6:].decode("utf-8", "replace").strip() or "BYE"
        told = answers.count(answer)
        if told is not None:
            self._counted(*told, quietly=command is not None and command.name == "SELECT")
        elif command is not None and command.name == IDLE and self._idle_event.is_set():
            self.wake.set()
        if command is not None and command.name != IDLE:
            command.answers.append(answer)
            command.size += answer.size
            if command.size > self.limits.longest_answer:
                raise TooLong(f"{command.size} bytes of answer")

    def _counted(self, what: bytes, number: int, *, quietly: bool) -> None:
        """Servers repeat the same count after every command and at the start of IDLE: only another one is news.
        They do not repeat it when it came during another command: it must be kept then.
        """
        if what == b"EXPUNGE":
            self._counts[b"EXISTS"] = max(0, self._counts.get(b"EXISTS", 0) - 1)
            news = self.pending_sync_command is None or self.pending_sync_command.name == IDLE
        else:
            news = self._counts.get(what) != number
            self._counts[what] = number
        if news and not quietly:
            self.wake.set()

    def _continuation(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is None:
            raise ValueError("a continuation that nobody asked for")
        elif command.name == IDLE:
            self._idle_event.set()
        elif command.sends:
            self.transport.write(command.sends.pop(0) + b"\r\n")
        elif command.name == "AUTHENTICATE":  # a challenge that says why not; it wants an empty response
            command.challenge = line[1:].strip()
            self.transport.write(command.no_more + b"\r\n")
        else:
            raise ValueError("a continuation that nobody asked for")

    def _response_done(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is None or line.split()[1:2] not in ([b"OK"], [b"NO"], [b"BAD"]):
            raise ValueError(f"an answer that nobody asked for: {line[:200].decode('utf-8', 'replace')}")
        super()._response_done(line)
        if command.name == IDLE and not command.ending:
            self.wake.set()
            self._idle_event.set()
        elif command.name == "STARTTLS" and command.result == "OK":
            self._sealed = True
