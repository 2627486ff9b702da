"""uvicorn, started from code: the loop, the limits, WebSockets that can be closed at once, and the drain."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, TypeVar, cast

import uvicorn
import uvloop
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from server.openings import OPENING_S, HttpProtocol
from server.sockets.buckets import Bucket, Rate

log = logging.getLogger(__name__)

BACKLOG = 4096
MOST_FRAME_BYTES = 64 * 1024
FINISH_S = 2
LINGER_S = 5.0
GC_THRESHOLDS = 10_000, 10, 5
"""A burst of messages makes and drops thousands of objects: with Python's own 700 the collector ran at every few of
them, and looked at all open sockets each hundredth time, which took 100 ms. What is left over is still found."""
PINGS = Rate(per_s=5, burst=20)
NO_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs the program on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError when the port is taken or not allowed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(
    app: ASGIApp,
    listeners: list[socket.socket],
    *,
    drain: Callable[[], Awaitable[None]],
    started: Callable[[], None] = lambda: None,
    stop: asyncio.Event | None = None,
    trusted_proxies: str = "",
    opening_s: float = OPENING_S,
) -> None:
    """Serves until SIGTERM, SIGINT or `stop`, then drains and returns within ten seconds.

    `trusted_proxies`: addresses whose X-Forwarded-* are believed, comma-separated; empty: nobody's.
    """
    raise_file_limit()
    config = uvicorn.Config(
        app,
        ws=SocketProtocol,
        http=cast("type[asyncio.Protocol]", partial(HttpProtocol, opening_s=opening_s)),
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        ws_max_size=MOST_FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # the protocol's own heartbeat does it
        ws_ping_timeout=None,
        timeout_graceful_shutdown=FINISH_S,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or "",
    )
    await Server(config, drain, started, stop).serve(sockets=listeners)


async def wait_for_stop() -> None:
    """Returns at SIGTERM or SIGINT: for processes that serve nothing."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def raise_file_limit() -> None:
    """Every socket is a file: as many as the system lets us have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server(uvicorn.Server):
    """Drains before uvicorn closes everything; leaves the process to its caller afterwards."""

    def __init__(
        self,
        config: uvicorn.Config,
        drain: Callable[[], Awaitable[None]],
        started: Callable[[], None],
        stop: asyncio.Event | None,
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._tell_started = started
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what lives as long as the process is never looked at again
        gc.set_threshold(*GC_THRESHOLDS)
        self._tell_started()

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or (self._stop is not None and self._stop.is_set())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._drain()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn raises the signal again when it is done, which would end the process before our own clean-up."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        caught = (signal.SIGTERM, signal.SIGINT)
        for number in caught:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket that can also be closed without waiting, and does not answer floods of pings."""

    shut_by_us = False
    _pings: Bucket | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["state"]["protocol"] = self

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.transport.is_closing():
            self._refuse_opening()

    def _refuse_opening(self) -> None:
        """`websockets` could not read the request (a body, headers without end): uvicorn would leave it hanging, and
        stumble over it at its own end."""
        self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()) or NO_REQUEST)
        self.transport.close()

    def handle_ping(self) -> None:
        now = self.loop.time()
        self._pings = self._pings or Bucket(PINGS, now)
        if self._pings.take(now):
            self.shut(4029)
        else:
            super().handle_ping()

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
