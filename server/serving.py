"""uvicorn, started from code: the loop, the limits and the drain."""

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

from server.openings import OPENING_S, HttpProtocol
from server.sockets.protocol import SocketProtocol

log = logging.getLogger(__name__)

BACKLOG = 4096
MOST_FRAME_BYTES = 64 * 1024
FINISH_S = 2
GC_THRESHOLDS = 10_000, 10, 5
"""A burst of messages makes and drops thousands of objects: with Python's own 700 the collector ran at every few of
them, and looked at all open sockets each hundredth time, which took 100 ms. What is left over is still found."""
T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs the program on uvloop, and the collector rarely."""
    gc.set_threshold(*GC_THRESHOLDS)
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
