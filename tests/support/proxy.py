"""A TCP proxy that misbehaves on order: delay, narrow, swallow, reset, cut after bytes or a pattern, per direction.

Needs no root. It sits between a client and a server on 127.0.0.1; every fault is a field of `Faults` that may be
changed while connections are open. A new `proxy.faults` is for connections that are opened from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Direction:
    """What happens to the bytes of one direction."""

    delay_s: float = 0.0
    bytes_per_s: float | None = None
    swallow: bool = False
    """Bytes are read and thrown away, the connection stays open: a peer that vanished."""
    stall: bool = False
    """Bytes are not read at all: a peer that is too slow."""
    cut_after_bytes: int | None = None
    """The connection is reset when so many more bytes have passed."""
    cut_at: bytes | None = None
    """The connection is reset once these bytes have passed (they pass); this once."""
    cut_before: bytes | None = None
    """The connection is reset when these bytes come by (they do not pass); this once."""


@dataclass
class Faults:
    """Both directions, and whether new connections are taken."""

    up: Direction = field(default_factory=Direction)
    down: Direction = field(default_factory=Direction)
    refuse: bool = False


class Cut(Exception):
    """The order was to reset here."""


class FaultProxy:
    """`async with FaultProxy(port) as proxy:` listens on `proxy.port` and passes on to 127.0.0.1:`port`.

    A path instead of a port is a Unix socket; host and port are another machine's.
    """

    def __init__(self, target: int | str | tuple[str, int]) -> None:
        self.faults = Faults()
        self.connections = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.reset_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset_all(self) -> None:
        """Every open connection ends at once with RST on both sides."""
        for writer in list(self._open):
            _reset(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.faults.refuse:
            _reset(writer)
            return
        self.connections += 1
        faults = self.faults
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            if isinstance(self._target, str):
                far_reader, far_writer = await asyncio.open_unix_connection(self._target)
            else:
                host, port = self._target if isinstance(self._target, tuple) else ("127.0.0.1", self._target)
                far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, far_writer, faults.up))
                pumps.create_task(self._pump(far_reader, writer, faults.down))
        except* (Cut, OSError):
            _reset(writer)
            _reset(far_writer)
        finally:
            self._open -= {writer, far_writer}
            writer.close()
            far_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Direction) -> None:
        tail = b""
        while True:
            while way.stall:
                await asyncio.sleep(0.01)
            data = await reader.read(65536)
            if not data and not way.swallow:
                with contextlib.suppress(OSError, RuntimeError):  # it may have ended from the other side
                    writer.write_eof()
                return
            elif not data:
                return
            tail = await self._pass(data, tail, writer, way)

    async def _pass(self, data: bytes, tail: bytes, writer: asyncio.StreamWriter, way: Direction) -> bytes:
        if way.delay_s:
            await asyncio.sleep(way.delay_s)
        if way.bytes_per_s:
            await asyncio.sleep(len(data) / way.bytes_per_s)
        if way.swallow:
            return b""
        if way.cut_before is not None and _comes(way.cut_before, tail, data):
            way.cut_before = None
            raise Cut
        if way.cut_after_bytes is not None and len(data) >= way.cut_after_bytes:
            writer.write(data[: way.cut_after_bytes])
            way.cut_after_bytes = None
            raise Cut
        if way.cut_after_bytes is not None:
            way.cut_after_bytes -= len(data)
        writer.write(data)
        await writer.drain()
        if way.cut_at is not None and _comes(way.cut_at, tail, data):
            way.cut_at = None
            raise Cut
        return (tail + data)[-256:]


def _comes(pattern: bytes, tail: bytes, data: bytes) -> bool:
    """Whether the pattern ends in the new bytes; one that has passed already does not count."""
    return (
        pattern in tail[len(tail) - len(pattern) + 1 :] + data if len(tail) >= len(pattern) else pattern in tail + data
    )


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and not writer.transport.is_closing():
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
