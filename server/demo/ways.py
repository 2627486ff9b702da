"""How a client is let in, and what carries its frames: sessions over HTTP, then a WebSocket."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

Audience = Literal["contact", "agent"]
Frame = dict[str, Any]

PROTOCOL = Subprotocol("vipdesk.1")
MOST_BYTES = 1024 * 1024
OPENING_S = 30.0
PARTING_S = 2.0


class Closed(Exception):
    """The line ended; `code` is the close code, 1006 when it broke."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@dataclass(frozen=True)
class Credentials:
    """`token` is a contact's; `cookie` (the whole header) and `csrf` an agent's."""

    token: str | None = None
    cookie: str | None = None
    csrf: str | None = None

    def hello(
        self, *, epoch: str | None = None, resume: Mapping[str, int] | None = None, lang: str, zone: str
    ) -> Frame:
        """The first frame."""
        who = {"csrf": self.csrf} if self.csrf is not None else {"token": self.token}
        return {"type": "hello", "epoch": epoch, "resume": resume or {}, "lang": lang, "zone": zone, **who}

    def headers(self) -> dict[str, str]:
        """For requests over HTTP."""
        found = {"Cookie": self.cookie, "X-CSRF": self.csrf, "Authorization": self.token and f"Bearer {self.token}"}
        return {name: value for name, value in found.items() if value}


def door(desk: str, transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """HTTP towards a desk, as its own pages speak it."""
    return httpx2.AsyncClient(base_url=desk, headers={"Origin": desk}, timeout=60, transport=transport, trust_env=False)


async def visit(desk: str, button: str, **fields: str) -> Credentials:
    """A contact's session on a button; fields as `POST /b/<button>/session` takes them."""
    async with door(desk) as http:
        return await visit_through(http, button, **fields)


async def visit_through(http: httpx2.AsyncClient, button: str, **fields: str) -> Credentials:
    """The same, through a door that is open."""
    answer = await http.post(f"/b/{button}/session", json=fields)
    answer.raise_for_status()
    return Credentials(token=answer.json()["token"])


async def sign_in(desk: str, email: str, password: str) -> Credentials:
    """An agent's session."""
    async with door(desk) as http:
        answer = await http.post("/api/v1/sessions", json={"email": email, "password": password})
        answer.raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        return Credentials(cookie=cookie, csrf=answer.json()["csrf"])


class Way(Protocol):
    """Carries frames and answers heartbeats; `frames` raises Closed at its end."""

    @classmethod
    async def open(cls, desk: str, audience: Audience, credentials: Credentials, hello: Frame) -> Self:
        """Says hello. Raises OSError when it is refused, TimeoutError."""
        ...

    def frames(self) -> AsyncIterator[Frame]: ...
    async def send(self, frame: Frame) -> None: ...

    async def resume(self, cursors: Mapping[str, int]) -> None:
        """Asks for what comes behind these. Raises Closed where only a new opening can."""
        ...

    async def close(self) -> None: ...

    def abort(self) -> None:
        """Loses the line without a word."""
        ...


class SocketWay:
    """Over a WebSocket. `address`: host and port to connect to where they are not the desk's own, as with a relay."""

    address: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def open(cls, desk: str, audience: Audience, credentials: Credentials, hello: Frame) -> Self:
        """Raises OSError when it is refused, TimeoutError."""
        headers = {"Cookie": credentials.cookie} if credentials.cookie else {}
        try:
            socket = await connect(
                f"{desk.replace('http', 'ws', 1)}/ws/{audience}",
                origin=Origin(desk),
                subprotocols=[PROTOCOL],
                additional_headers=headers,
                max_size=MOST_BYTES,
                open_timeout=OPENING_S,
                close_timeout=PARTING_S,
                ping_interval=None,  # the heartbeat does it
                compression=None,
                proxy=None,
                **cls.address,
            )
        except InvalidHandshake as refused:
            raise ConnectionError(str(refused)) from refused
        way = cls(socket)
        await way.send(hello)
        return way

    async def frames(self) -> AsyncIterator[Frame]:
        try:
            async for text in self._socket:
                frame: Frame = json.loads(text)
                if frame["type"] == "heartbeat":
                    await self.send({"type": "pong"})
                yield frame
        except ConnectionClosed:
            pass
        raise Closed(self._socket.close_code or 1006)

    async def send(self, frame: Frame) -> None:
        """What is sent into a line that has ended is lost, as on any network."""
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps(frame))

    async def resume(self, cursors: Mapping[str, int]) -> None:
        await self.send({"type": "resume", "resume": cursors})

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        self._socket.transport.abort()
