"""A WebSocket client cheap enough not to be what is measured: raw asyncio protocol, prebuilt frames, no masking cost.

A client's frames must be masked (RFC 6455, section 5.3); a key of four zero bytes is a legal key and leaves the
payload as it is.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import cast

TEXT = 1
CLOSE = 8
PING = 9
PONG = 10


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


class Wire(asyncio.Protocol):
    """One socket. `on_text` is called with the payload of each text frame; heartbeats are answered underneath."""

    def __init__(self, host: str, path: str, origin: str, headers: dict[str, str] | None = None) -> None:
        self.on_text: Callable[[bytes], None] = lambda payload: None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._host, self._path, self._origin, self._headers = host, path, origin, headers or {}
        self._buffer = bytearray()
        self._shaken = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports do not inherit from it
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self._path} HTTP/1.1",
            f"Host: {self._host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: vipdesk.1",
            f"Origin: {self._origin}",
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
        assert self._transport is not None
        self._transport.write(frame)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _shake(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        status = bytes(self._buffer[: self._buffer.find(b"\r\n")])
        del self._buffer[: end + 4]
        if b" 101 " in status:
            self._shaken = True
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(status.decode(errors="replace")))

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
        if opcode == TEXT and payload.startswith(HEARTBEAT):
            self.send(PONG_FRAME)
        elif opcode == TEXT:
            self.on_text(payload)
        elif opcode == PING:
            self.send(_frame(PONG, payload))
        elif opcode == CLOSE and not self.closed.done():
            self.closed.set_result(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005)


async def connect(port: int, path: str, origin: str, headers: dict[str, str] | None = None) -> Wire:
    """An open socket to 127.0.0.1. Raises ConnectionError when the handshake is refused; cancelling drops it."""
    host = f"127.0.0.1:{port}"
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(host, path, origin, headers), "127.0.0.1", port)
    await asyncio.wait_for(wire.opened, 30)
    return wire
