"""The demo's mail server: IMAP by pymap, SMTP by aiosmtpd, in this process, on this machine alone, all in memory.

It takes mail for the people it knows and for nobody else, so it can pass none on. Who signed in as the sender is
vouched for in the mail's header, as the mail servers of a company vouch for their own; others may say they are anybody,
and the desk shows that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import weakref
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import datetime
from email.parser import BytesHeaderParser
from email.utils import format_datetime, parseaddr
from functools import partial
from typing import Any, Protocol

from mailbox.errors import MailError
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Endpoint, Password

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
NAME = "mx.larkfield.example"
"""The name under which it says what it knows of a mail."""
MOST_MAIL = 36 * 1024 * 1024
"""Bytes of one mail: a file of 25 MB as mails carry it."""
MOST_ALL = 256 * 1024 * 1024
"""Bytes of all mails: they are in memory."""
CRLF = b"\r\n"


class NotInstalled(Exception):
    """Its two packages are not there."""


class Envelope(Protocol):
    """What aiosmtpd was told of one mail."""

    mail_from: str | None
    rcpt_tos: list[str]
    content: bytes


class MailHost:
    """`people`: passwords by address. `now`: the desk's clock, which says when mail arrives."""

    def __init__(self, people: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self.imap_port = 0
        self.smtp_port = 0
        self._people = dict(people)
        self._now = now
        self._servers: list[asyncio.Server] = []
        self._lines: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self._bytes = 0

    def knows(self, address: str) -> str | None:
        """Whose mailbox an address is, also with something behind a plus; None: nobody's here."""
        local, _, domain = address.lower().rpartition("@")
        whole = f"{local.partition('+')[0]}@{domain}"
        return whole if whole in self._people else None

    def endpoint(self, address: str) -> Endpoint:
        """How one of its people reads their mail."""
        return Endpoint(HOST, self.imap_port, "plain", address, Password(self._people[address]))

    def password(self, address: str) -> str:
        return self._people[address]

    async def start(self, imap_port: int = 0, smtp_port: int = 0) -> None:
        """Listens, on these ports where they are free, with all mailboxes empty. Raises NotInstalled, OSError."""
        try:
            imap = await asyncio.to_thread(_imap)  # loading takes a moment, in which the desk serves others
            smtp = await asyncio.to_thread(_smtp)
        except ImportError as error:
            raise NotInstalled from error
        self._bytes = 0
        serve = await imap(self._people)

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.opened(writer.transport)
            try:
                await serve(reader, writer)
            except (ConnectionError, RuntimeError):
                if not writer.transport.is_closing():  # uvloop's word for writing to who has gone
                    raise

        self._servers = [
            await asyncio.start_server(take, sock=_listening(imap_port)),
            await asyncio.get_running_loop().create_server(partial(smtp, self), sock=_listening(smtp_port)),
        ]
        self.imap_port, self.smtp_port = (server.sockets[0].getsockname()[1] for server in self._servers)

    async def close(self) -> None:
        """Everything in it is forgotten; who is connected is cut off."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for line in list(self._lines):
            line.abort() if isinstance(line, asyncio.WriteTransport) else line.close()

    def opened(self, line: asyncio.BaseTransport) -> None:
        """A client's, to be cut at the end."""
        self._lines.add(line)

    async def deliver(self, envelope: Envelope, proven: bool) -> str:
        """SMTP's answer: 250 when it is in every mailbox."""
        self._bytes += len(envelope.content) * len(envelope.rcpt_tos)
        if self._bytes > MOST_ALL:
            return "452 4.3.1 This demo's memory for mail is full. Start the demo over."
        try:
            for address in envelope.rcpt_tos:
                await self._append(address, _stamped(envelope, address, self._now(), proven))
        except (MailError, OSError):
            log.exception("demo.mail_not_taken")
            return "451 4.3.0 Not taken, try again"
        return "250 2.0.0 Taken"

    async def _append(self, address: str, raw: bytes) -> None:
        box = self.knows(address)
        assert box is not None, "it was asked for when the address was named"
        async with await Connection.open(self.endpoint(box)) as connection:
            await connection.append(raw, "INBOX", received=self._now())


def _listening(port: int) -> socket.socket:
    """On that port of this machine if it is free, else on another."""
    for each in (port, 0):
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, each if each < 65536 else 0))
            listener.setblocking(False)
            return listener
        except OSError:
            listener.close()
            if each == 0:
                raise
    raise AssertionError("a port of 0 is always free")


def _stamped(envelope: Envelope, address: str, at: datetime, proven: bool) -> bytes:
    """With what a receiving server writes above a mail; its word counts, as it is the topmost."""
    domain = sender_of(envelope.content).rpartition("@")[2] or "localhost"
    lines = (
        f"Return-Path: <{envelope.mail_from or ''}>",
        f"Delivered-To: {address}",
        f"Authentication-Results: {NAME}; dmarc={'pass' if proven else 'none'} header.from={domain}",
        f"Received: from {domain} ({HOST}) by {NAME} with ESMTP; {format_datetime(at)}",
    )
    head = "".join(f"{_one_line(line)}\r\n" for line in lines).encode()
    return head + CRLF.join(envelope.content.replace(CRLF, b"\n").split(b"\n"))


def sender_of(raw: bytes) -> str:
    """The address in its first From, in small letters."""
    written = str(BytesHeaderParser().parsebytes(raw).get("from", ""))
    return parseaddr(" ".join(written.split()))[1].lower()


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


# The two packages, loaded when the first demo needs them -----------------------------------------------------------


def _imap() -> Any:
    """A function that takes passwords by user and gives what asyncio.start_server calls. Raises ImportError."""
    from proxyprotocol.sock import SocketInfo
    from pymap.backend.dict import DictBackend, Identity
    from pymap.imap import IMAPServer
    from pymap.user import Passwords, UserMetadata
    from pysasl.hashing import BuiltinHash

    async def made(people: Mapping[str, str]) -> Any:
        first, *others = people  # the first is there from the begin
        given = Namespace(
            host=[HOST], port="0", debug=False, cert=None, key=None, tls=False, proxy_protocol=None, passlib_cfg=None,
            inherited_sockets=None, demo_data=False, demo_user=first, demo_password=people[first],
        )  # fmt: skip
        backend, config = await DictBackend.init(
            given, invalid_user_sleep=0.0, hash_context=BuiltinHash(rounds=1), bad_command_limit=None
        )
        config.apply_context()
        for user in others:
            hashed = await Passwords(config).hash_password(people[user])
            await Identity(user, backend.login, None, frozenset()).set(UserMetadata(config, user, password=hashed))
        server = IMAPServer(backend.login, config)
        return lambda reader, writer: server(reader, writer, SocketInfo.get(writer, None))

    return made


def _smtp() -> Any:
    """A function that takes a host and gives the protocol of one connection. Raises ImportError."""
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it would write down who writes to whom

    class Handler:
        def __init__(self, host: MailHost) -> None:
            self.host = host

        async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
            if self.host.knows(address) is None:
                return "550 5.1.1 Nobody of that address is here, and this demo passes no mail on"
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            said = sender_of(envelope.content)
            return await self.host.deliver(envelope, said != "" and session.auth_data == said)

    def known(host: MailHost, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if isinstance(data, LoginPassword):
            user = data.login.decode("utf-8", "replace").lower()
            with contextlib.suppress(KeyError):
                if host.password(user) == data.password.decode("utf-8", "replace"):
                    return AuthResult(success=True, auth_data=user)
        return AuthResult(success=False, handled=False)

    class Line(SMTP):
        def connection_made(self, transport: Any) -> None:
            self.event_handler.host.opened(transport)
            super().connection_made(transport)

    def protocol(host: MailHost) -> SMTP:
        return Line(
            Handler(host), hostname=NAME, ident="Vipdesk demo", data_size_limit=MOST_MAIL, enable_SMTPUTF8=True,
            auth_require_tls=False, authenticator=partial(known, host), loop=asyncio.get_running_loop(),
        )  # fmt: skip

    return protocol
