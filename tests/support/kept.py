"""One connection of HTTP that stays open, and may ask to become a WebSocket whenever it likes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

PLAIN = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Kept:
    """Made by `kept`."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port = port
        self._reader = reader
        self._writer = writer

    async def ask(self, request: str, path: str, origin: str = "") -> tuple[int, str]:
        """Status and body of the next answer."""
        self._writer.write(request.format(path=path, port=self._port, origin=origin).encode())
        async with asyncio.timeout(20):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length: ")[1].split("\r\n")[0])
            return int(head.split()[1]), (await self._reader.readexactly(length)).decode()


@contextlib.asynccontextmanager
async def kept(port: int) -> AsyncIterator[Kept]:
    """To a port of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Kept(port, reader, writer)
    finally:
        writer.close()
