"""The WebSocket under a line: uvicorn's, with a way past ASGI for frames once the line is accepted.

The handshake, the Origin check and the accept are ASGI's. Afterwards what the peer says waits in one `Inbox`, and what
goes out is written at once, many frames in one go.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Any, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import OPEN

from server.sockets.buckets import Bucket, Rate

LINGER_S = 5.0
TAKES_NOTHING_S = 9.0
"""So long a peer may acknowledge none of what was sent: with the system's own probes, it is gone within ten seconds."""
PINGS = Rate(per_s=5, burst=20)
"""Pings, and pongs that nobody asked for."""
MOST_PIECES = 256
"""Of one message: pieces without bytes would never end it."""
PARSED_AT_ONCE = 16 * 1024
"""Bytes: thousands of the smallest frames fit, and nobody else gets a turn meanwhile."""
MOST_AFTER = 256 * 1024
"""Bytes that are still read for the peer's own close when we have closed."""
NO_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Gone(Exception):
    """The line is over."""


class Inbox:
    """What one reader takes in order: a queue without what only several readers or a bound need. It seldom holds more
    than one message, so a list is smaller than a deque by half a KiB of every line, and no slower."""

    __slots__ = ("_loop", "_messages", "_reader")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: list[Any] = []
        self._reader: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return not self._messages

    @property
    def awaited(self) -> bool:
        """Whether the reader has nothing to do."""
        return self._reader is not None and not self._reader.done()

    def put_nowait(self, message: Any) -> None:
        """Hands over; a reader that waits is woken."""
        self._messages.append(message)
        reader = self._reader
        if reader is not None and not reader.done():
            reader.set_result(None)

    async def get(self) -> Any:
        """The next one. Cancelling loses nothing."""
        while not self._messages:
            self._reader = self._loop.create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._messages.pop(0)


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket that can also be closed without waiting, and does not answer floods of pings."""

    shut_by_us = False
    _carried = False
    _pings: Bucket | None = None
    _after = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inbox = Inbox(self.loop)
        self.queue = cast("asyncio.Queue[Any]", self._inbox)

    # Coming in --------------------------------------------------------------------------------------------------------

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["state"]["protocol"] = self
            self._lose_who_takes_nothing()

    def _lose_who_takes_nothing(self) -> None:
        """The system sees it sooner than we do: megabytes fit into its buffers before anything waits in ours."""
        line = self.transport.get_extra_info("socket")
        if (
            line is not None
            and line.family in (socket.AF_INET, socket.AF_INET6)
            and hasattr(socket, "TCP_USER_TIMEOUT")
        ):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(TAKES_NOTHING_S * 1000))

    def carry(self) -> None:
        """The handshake is over, and with it the application: the line ends with `close`. Nothing of the handshake is
        kept."""
        self._carried = True
        del self.scope, self.response

    async def run_asgi(self) -> None:
        """uvicorn's closes the line when the application returns; this one only when nobody carries the line on."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:  # the edge
            self.logger.exception("Exception in ASGI application")
            self.send_500_response()
        finally:
            if not self._carried:
                self.close()

    def close(self) -> None:
        """The end of the line; at once, unless the peer is still to answer a close."""
        if self.close_timer is None:
            self.transport.close()

    def shutdown(self) -> None:
        """The server ends. A line that is ending already is only let go: closing it twice is an error, which would
        leave every line behind it open."""
        if self.transport.is_closing():
            self.close()
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.conn.parser.close()  # it holds the connection that holds it: all would wait for the garbage collector

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), PARSED_AT_ONCE):
            part = data[start : start + PARSED_AT_ONCE]
            self._after += len(part) if self.shut_by_us else 0
            if self._after > MOST_AFTER:
                self.transport.abort()
            if self.transport.is_closing():
                return
            super().data_received(part)
        if self.conn.handshake_exc is not None and not self.transport.is_closing():
            self._refuse_opening()

    def _refuse_opening(self) -> None:
        """`websockets` could not read the request (a body, headers without end): uvicorn would leave it hanging, and
        stumble over it at its own end."""
        self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()) or NO_REQUEST)
        self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """A message is whole. Nothing is read behind one that its reader has not begun with."""
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        awaited = self._inbox.awaited
        try:
            self._inbox.put_nowait(data.decode() if self.curr_msg_data_type == "text" else None)
        except UnicodeDecodeError:
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        if not awaited and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    async def send(self, message: ASGISendEvent) -> None:
        """Accepts or denies: frames go past it. A denial is an answer too, where uvicorn sees a fault of ours."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    async def heard(self) -> str | None:
        """The next message; None for one that is no text. Raises Gone when there will be none. Cancelling is safe."""
        message = await self._inbox.get()
        if self.read_paused and self._inbox.empty():
            self.read_paused = False
            self.transport.resume_reading()
        if isinstance(message, dict):
            raise Gone
        text: str | None = message
        return text

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_PIECES:
            super().handle_cont(event)
        else:
            self.shut(1009)

    def handle_ping(self) -> None:
        if self._is_patient():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._is_patient():
            super().handle_pong(event)

    def _is_patient(self) -> bool:
        now = self.loop.time()
        self._pings = self._pings or Bucket(PINGS, now)
        if self._pings.take(now):
            self.shut(4029)
            return False
        return True

    # Going out --------------------------------------------------------------------------------------------------------

    @property
    def takes(self) -> bool:
        """Whether the peer is there and so little waits for it that more may be written."""
        return self.writable.is_set() and self.conn.state is OPEN and not self.close_sent and not self.disconnected

    def write(self, frames: Iterable[bytes]) -> None:
        """All of them as text, in one go; only while it `takes`."""
        self.transport.write(b"".join([part for frame in frames for part in (head_of(len(frame)), frame)]))

    def shut(self, code: int) -> None:
        """Sends the close behind whatever is still buffered, and drops the line when the peer does not answer it."""
        if self.close_sent or self.transport.is_closing() or not self.handshake_complete:
            return
        self.shut_by_us = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.writable.set()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_S, self.transport.abort)


def head_of(size: int) -> bytes:
    """The head of one whole text frame of a server (RFC 6455, section 5.2)."""
    if size < 126:
        return bytes((0x81, size))
    elif size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        return b"\x81\x7f" + size.to_bytes(8, "big")
