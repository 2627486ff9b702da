"""Lines over WebSocket: Origin before the accept, `hello` within five seconds, then frames both ways."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from desk.actors import Signed
from routing.errors import BadRequest
from server.sockets import frames
from server.sockets.addresses import crowded, is_near
from server.sockets.connection import Connection
from server.sockets.frames import Hello
from server.sockets.opening import Refused, log_unopened, open_line
from server.sockets.origins import from_the_desk
from server.sockets.ports import Audience
from server.sockets.protocol import Gone, SocketProtocol

if TYPE_CHECKING:
    from server.sockets.sockets import Sockets

SUBPROTOCOL = "vipdesk.1"
OPEN_S = 20.0


class SocketTransport:
    """One accepted WebSocket."""

    streaming = False

    def __init__(self, protocol: SocketProtocol, *, near: bool) -> None:
        self.near = near
        self._protocol = protocol

    @property
    def takes(self) -> bool:
        return self._protocol.takes

    def write(self, frames: Sequence[bytes]) -> None:
        self._protocol.write(frames)

    async def send(self, frame: bytes) -> None:
        await self._protocol.writable.wait()
        if not self._protocol.takes:
            raise ConnectionError
        self._protocol.write((frame,))

    def shut(self, code: int) -> None:
        self._protocol.shut(code)

    def abort(self) -> None:
        self._protocol.transport.abort()

    def unsent(self) -> int:
        return self._protocol.transport.get_write_buffer_size()

    def said_goodbye(self) -> bool:
        """The peer closed it; a lost line is something else."""
        return self._protocol.conn.close_rcvd is not None and not self._protocol.shut_by_us


async def serve(sockets: Sockets, audience: Audience, websocket: WebSocket) -> None:
    """The handshake of one WebSocket. Its line is then carried apart: no frame climbs through the layers of ASGI, and
    none of these layers lives as long as the line.
    """
    if not from_the_desk(websocket, sockets.origins):
        await websocket.send_denial_response(PlainTextResponse("This origin may not connect.", 403))
        return
    if sockets.draining:
        await websocket.send_denial_response(PlainTextResponse("The desk is moving.", 503))
        return
    with contextlib.ExitStack() as held:
        if not held.enter_context(sockets.addresses.place(websocket)):
            await websocket.send_denial_response(crowded())
            return
        offered = websocket.scope["subprotocols"]
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        protocol: SocketProtocol = websocket.scope["state"].pop("protocol")
        cookie = (sockets.session_of(websocket.cookies) or "") if audience == "agent" else ""
        protocol.carry()
        transport = SocketTransport(protocol, near=is_near(websocket))
        sockets.spawn(_carry(sockets, audience, transport, protocol, cookie, held.pop_all()))


async def _carry(
    sockets: Sockets,
    audience: Audience,
    transport: SocketTransport,
    protocol: SocketProtocol,
    cookie: str,
    held: contextlib.ExitStack,
) -> None:
    """The line from its opening to its end; `held` is given back then."""
    connection: Connection | None = None
    with held, contextlib.closing(protocol):
        try:
            connection = await _open(sockets, audience, cookie, protocol, transport)
            if connection is not None:
                await _listen(connection, protocol)
        except Gone:
            pass
        finally:
            if connection is not None:
                await sockets.left(connection, clean=transport.said_goodbye())


async def _listen(connection: Connection, protocol: SocketProtocol) -> None:
    """Raises Gone."""
    while not connection.closed:
        text = await protocol.heard()
        if connection.pump.crowded:
            await connection.pump.room()
        if not connection.closed and not connection.sockets.draining:
            await connection.take(text)


async def _open(
    sockets: Sockets, audience: Audience, cookie: str, protocol: SocketProtocol, transport: SocketTransport
) -> Connection | None:
    """Raises Gone when the peer leaves before it has said who it is."""
    try:
        async with asyncio.timeout(sockets.hello_s):
            text = await protocol.heard()
    except TimeoutError:
        transport.shut(4408)
        return None
    try:
        hello = frames.read_hello(text or "")
    except BadRequest:
        transport.shut(4400)
        return None
    return await _greet(sockets, audience, cookie, transport, hello)


async def _greet(
    sockets: Sockets, audience: Audience, cookie: str, transport: SocketTransport, hello: Hello
) -> Connection | None:
    token, csrf = hello.token or "", hello.csrf or ""

    async def authenticate() -> Signed | None:
        if audience == "contact":
            return await sockets.identity.contact(token)
        else:
            return await sockets.identity.agent(cookie, csrf)

    connection = Connection(sockets, audience, transport, secrets.token_hex(8), authenticate)
    connection.near = transport.near
    try:
        async with asyncio.timeout(OPEN_S):
            await open_line(connection, hello)
    except Refused as refused:
        connection.shut(refused.code)
    except Exception as error:  # the edge: whatever is away, the client comes again
        log_unopened(error)
        connection.shut(1013)
    return connection
