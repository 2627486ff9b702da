"""An IMAP server that says what it is told to: for answers that no real server gives when a test needs them."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

from tests.support.proxy import _reset

Reply = bytes | Callable[["Session", str, str], Awaitable[bytes]]
"""What a command is answered, TAG standing for its tag; or who answers, given the tag and the arguments."""

ABLE = b"IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER IDLE MOVE UIDPLUS NAMESPACE"
SELECTED = (
    b"* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 4] next\r\nTAG OK [READ-WRITE] in\r\n"
)


class Session:
    """One connection of a client."""

    def __init__(self, server: ScriptedImap, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def line(self) -> str:
        """The next one, without its end; empty when the client has gone."""
        return (await self.reader.readline()).decode().removesuffix("\r\n")

    def cut(self) -> None:
        """RST, as a killed machine's kernel sends it."""
        _reset(self.writer)

    async def command(self) -> str:
        """The next one with its literals, each of which is asked for."""
        text = await self.line()
        while literal := re.search(r"\{(\d+)\}\Z", text):
            await self.say(b"+ go on\r\n")
            text += "\r\n" + (await self.reader.readexactly(int(literal[1]))).decode() + await self.line()
        return text

    async def run(self) -> None:
        await self.say(self.server.greeting)
        while text := await self.command():
            tag, _, rest = text.partition(" ")
            name, _, arguments = rest.partition(" ")
            if name == "UID":
                verb, _, arguments = arguments.partition(" ")
                name = f"UID {verb}"
            self.server.heard.append(f"{name} {arguments}".strip())
            reply = self.server.replies.get(name, b"TAG BAD never heard of\r\n")
            said = reply if isinstance(reply, bytes) else await reply(self, tag, arguments)
            await self.say(said.replace(b"TAG", tag.encode()))
            if name == "LOGOUT":
                return
            elif name == "STARTTLS" and self.server.starttls is not None and b"OK" in said:
                await self.writer.start_tls(self.server.starttls)


class ScriptedImap:
    """`async with ScriptedImap({"UID FETCH": b"…TAG OK\\r\\n"}) as server:` listens on `server.port`."""

    def __init__(
        self,
        replies: Mapping[str, Reply] | None = None,
        *,
        greeting: bytes = b"* OK ready\r\n",
        able: bytes = ABLE,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self.greeting = greeting
        self.starttls = starttls
        self.heard: list[str] = []
        self.sessions: list[Session] = []
        self.replies: dict[str, Reply] = {
            "CAPABILITY": b"* CAPABILITY " + able + b"\r\nTAG OK done\r\n",
            "LOGIN": b"TAG OK in\r\n",
            "SELECT": SELECTED,
            "NOOP": b"TAG OK nothing\r\n",
            "STARTTLS": b"TAG OK go\r\n",
            "IDLE": idling,
            "LOGOUT": b"* BYE see you\r\nTAG OK bye\r\n",
            **(replies or {}),
        }
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        session = Session(self, reader, writer)
        self.sessions.append(session)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
                await session.run()
        finally:
            self._tasks.discard(task)
            writer.transport.abort()


async def idling(session: Session, tag: str, arguments: str) -> bytes:
    await session.say(b"+ idling\r\n")
    assert await session.line() in ("DONE", "")
    return b"TAG OK idled\r\n"


async def silence(session: Session, tag: str, arguments: str) -> bytes:
    """Nothing, as long as the client stays."""
    await session.reader.read()
    return b""


def pushing(*said: bytes) -> Reply:
    """IDLE in which the server says something at once."""

    async def push(session: Session, tag: str, arguments: str) -> bytes:
        await session.say(b"+ idling\r\n" + b"".join(said))
        assert await session.line() in ("DONE", "")
        return b"TAG OK idled\r\n"

    return push


def mail(number: int, uid: int, raw: bytes, *, date: str = "17-Jul-1996 02:44:25 -0700") -> bytes:
    """A FETCH answer with a whole mail."""
    return b'* %d FETCH (UID %d INTERNALDATE "%s" BODY[] {%d}\r\n%s)\r\n' % (number, uid, date.encode(), len(raw), raw)
