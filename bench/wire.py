"""A client's WebSocket, framed by hand: cheap enough not to be what is measured when thousands of them load a desk.

A client's frames must be masked (RFC 6455, section 5.3); a key of four zero bytes is a legal key and leaves the
payload as it is. The desk sends no fragments, and nobody compresses.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import struct
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlsplit

TEXT = 1
CLOSE = 8
PING = 9
PONG = 10
PROTOCOL = "vipdesk.1"
OPENING_S = 120.0
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def text_frame(payload: bytes) -> bytes:
    """One masked text frame."""
    return _frame(TEXT, payload)


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + b"\0\0\0\0" + payload


HEARTBEAT = b'{"type":"heartbeat"'
PONG_FRAME = text_frame(b'{"type":"pong"}')
GOODBYE = _frame(CLOSE, struct.pack("!H", 1000))


class Wire(asyncio.Protocol):
    """One socket. `on_text` is called with the payload of each text frame; heartbeats are answered underneath too.

    `closed` becomes the close code, 1006 when the line broke.
    """

    def __init__(self, desk: str, path: str, headers: Mapping[str, str]) -> None:
        self.on_text: Callable[[bytes], None] = lambda payload: None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._desk, self._path, self._headers = desk, path, headers
        self._key = base64.b64encode(os.urandom(16))
        self._buffer = bytearray()
        self._shaken = False
        self._said_goodbye = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports do not inherit from it
        lines = [
            f"GET {self._path} HTTP/1.1",
            f"Host: {urlsplit(self._desk).netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {self._key.decode()}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {PROTOCOL}",
            f"Origin: {self._desk}",
            *(f"{name}: {value}" for name, value in self._headers.items()),
        ]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._shaken:
            self._shake()
        if self._shaken:
            self._frames()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed before the handshake ended"))
        if not self.closed.done():
            self.closed.set_result(1006)

    def send(self, frame: bytes) -> None:
        """What is sent into a line that has ended is lost, as on any network."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def close(self) -> None:
        """Says good-bye; the desk's answer ends the line."""
        self._say_goodbye(GOODBYE)

    def abort(self) -> None:
        """Ends the line without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _shake(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self.opened.done():  # given up meanwhile
            return
        status, *lines = bytes(self._buffer[:end]).split(b"\r\n")
        del self._buffer[: end + 4]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        proof = base64.b64encode(hashlib.sha1(self._key + GUID).digest())
        if b" 101 " in status and headers.get(b"sec-websocket-accept") == proof:
            self._shaken = True
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(status.decode(errors="replace")))
            self.abort()

    def _frames(self) -> None:
        buffer = self._buffer
        start = 0
        while len(buffer) - start >= 2:
            opcode, size, head = buffer[start] & 15, buffer[start + 1] & 127, 2
            if size == 126:
                if len(buffer) - start < 4:
                    break
                size, head = struct.unpack_from("!H", buffer, start + 2)[0], 4
            elif size == 127:
                if len(buffer) - start < 10:
                    break
                size, head = struct.unpack_from("!Q", buffer, start + 2)[0], 10
            if len(buffer) - start < head + size:
                break
            payload = bytes(buffer[start + head : start + head + size])
            start += head + size
            self._frame_in(opcode, payload)
        del buffer[:start]

    def _frame_in(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            if payload.startswith(HEARTBEAT):
                self.send(PONG_FRAME)
            self.on_text(payload)
        elif opcode == PING:
            self.send(_frame(PONG, payload))
        elif opcode == CLOSE and not self.closed.done():
            self.closed.set_result(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005)
            self._say_goodbye(_frame(CLOSE, payload[:2]))
            if self._transport is not None:
                self._transport.close()

    def _say_goodbye(self, frame: bytes) -> None:
        if not self._said_goodbye:
            self._said_goodbye = True
            self.send(frame)


async def connect(desk: str, path: str, headers: Mapping[str, str]) -> Wire:
    """An open socket. Raises OSError when the handshake is refused, TimeoutError; cancelling drops it."""
    parts = urlsplit(desk)
    host, secure = parts.hostname or "", parts.scheme == "https"
    _, wire = await asyncio.get_running_loop().create_connection(
        lambda: Wire(desk, path, headers), host, parts.port or (443 if secure else 80), ssl=secure or None
    )
    try:
        await asyncio.wait_for(wire.opened, OPENING_S)
    except BaseException:
        wire.abort()
        raise
    return wire
