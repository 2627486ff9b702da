"""An SMTP server (aiosmtpd) that takes mail, and does at any stage what it is told: drops, freezes, refuses."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import ssl
from dataclasses import dataclass
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

STAGES = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot", "QUIT")
FAULTS = ("drop", "freeze", "451", "550")


@dataclass(frozen=True)
class Taken:
    """A mail for which the server answers."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class SmtpServer:
    """On a free port of 127.0.0.1. `faults`: at a stage one of FAULTS, or the answer itself; `refuses`: an answer by
    recipient; `times`: how often a fault still happens (None: always). `taken`: what it took, also before a fault at
    the dot.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        secrets: dict[str, str] | None = None,
        tokens: Any = None,
        most_bytes: int = 33_554_432,
        utf8: bool = True,
    ) -> None:
        self.taken: list[Taken] = []
        self.heard: list[str] = []
        self.faults: dict[str, str] = {}
        self.refuses: dict[str, str] = {}
        self.times: int | None = None
        self.connections = 0
        self.goes_on = asyncio.Event()
        self.victim = 0
        """The process that the faults kill and killed (before the server has the mail) kill."""
        self.secrets = secrets
        self.tokens = tokens
        self._port = port
        self._tls = tls
        self._options: dict[str, Any] = {
            "hostname": "mx.larkfield.example",
            "ident": "here",
            "enable_SMTPUTF8": utf8,
            "data_size_limit": most_bytes,
            "tls_context": starttls,
            "auth_required": False,
            "auth_require_tls": False,
        }
        self._server: asyncio.Server | None = None
        self._open: set[_Conversation] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def lines(self) -> int:
        """Of clients who are there."""
        return len(self._open)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Conversation(self, loop=loop, **self._options), "127.0.0.1", self._port, ssl=self._tls
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """On everybody, as a server that is restarted."""
        for each in list(self._open):
            each.cut()

    def go_on(self) -> None:
        """Whoever was frozen."""
        self.goes_on.set()

    def fault(self, stage: str) -> str | None:
        """What happens here now."""
        if stage not in self.faults or self.times == 0:
            return None
        if self.times is not None:
            self.times -= 1
        return self.faults[stage]


class _Handler:
    """Keeps what comes."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._server.refuses:
            return self._server.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, smtp: _Conversation, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        taken = Taken((envelope.mail_from or "").strip("<>"), tuple(envelope.rcpt_tos), envelope.content)
        fault = self._server.fault("dot")
        if fault is None or fault in ("drop", "freeze", "kill"):
            self._server.taken.append(taken)
        return await smtp.suffer("dot", fault) or "250 2.0.0 queued as 1"


class _Conversation(SMTP):
    """With one client."""

    def __init__(self, server: SmtpServer, **options: Any) -> None:
        super().__init__(_Handler(server), authenticator=self._known, **options)
        self.server = server
        self._greeted = False

    def cut(self) -> None:
        """As a killed server does."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.server.connections += self.session is None
        self.server._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.server._open.discard(self)
        super().connection_lost(error)

    def _known(self, smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
        secrets = self.server.secrets or {}
        known = secrets.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=known, handled=known, message=None if known else "535 5.7.8 no such luck")

    async def suffer(self, stage: str, fault: str | None) -> str | None:
        """The answer of a fault; one that has none ends or hangs."""
        if fault in ("kill", "killed"):
            os.kill(self.server.victim, signal.SIGKILL)
            fault = "drop"
        if fault == "drop":
            self.cut()
            await asyncio.Event().wait()
        elif fault == "freeze":
            await self.server.goes_on.wait()
            return None
        elif fault in ("451", "550"):
            return f"{fault} {fault[0]}.7.1 not at {stage}"
        return fault

    async def push(self, status: Any) -> None:
        if not self._greeted:
            self._greeted = True
            status = await self.suffer("greeting", self.server.fault("greeting")) or status
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:
        self.server.heard.append(f"EHLO {hostname}")
        if not await self._answered("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:
        self.server.heard.append(f"HELO {hostname}")
        await super().smtp_HELO(hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.server.heard.append(f"MAIL {arg}")
        if not await self._answered("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        self.server.heard.append(f"RCPT {arg}")
        if not await self._answered("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str | None) -> None:
        self.server.heard.append("DATA")
        if not await self._answered("DATA"):
            await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str | None) -> None:
        self.server.heard.append("QUIT")
        if not await self._answered("QUIT"):
            await super().smtp_QUIT(arg)

    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:
        return await self._by_token("XOAUTH2", args)

    async def auth_OAUTHBEARER(self, _: SMTP, args: list[str]) -> AuthResult:
        return await self._by_token("OAUTHBEARER", args)

    async def _by_token(self, mechanism: str, args: list[str]) -> AuthResult:
        said = base64.b64decode(args[1]).decode()
        self.server.heard.append(f"{mechanism} {said}")
        token = said.partition("Bearer ")[2].partition("\1")[0]
        if token in self.server.tokens.valid:
            return AuthResult(success=True)
        why = base64.b64encode(b'{"status":"invalid_token"}').decode()
        await self.push(f"334 {why}")
        self.server.heard.append((await self._reader.readline()).decode().strip())
        return AuthResult(success=False, handled=False, message="535 5.7.8 token not taken")

    async def _answered(self, stage: str) -> bool:
        answer = await self.suffer(stage, self.server.fault(stage))
        if answer is not None:
            await self.push(answer)
        return answer is not None
