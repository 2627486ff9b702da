"""HTTP connections: a peer who does not finish the head of a request in time, or lets its body rest for as long, is
closed, or it would hold a file for ever. WebSockets begin as one of them."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

OPENING_S = 10.0


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, with a limit for the head and for each rest within the body; between requests its own limit holds."""

    def __init__(self, *args: Any, opening_s: float = OPENING_S, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opening_s = opening_s
        self._opening: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._wait_no_more()
        self._wait()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._wait_no_more()
        self._wait()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._wait_no_more()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._wait_no_more()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._opening is None:
            self._opening = self.loop.call_later(self._opening_s, self._too_slow)

    def _wait_no_more(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None

    def _too_slow(self) -> None:
        self._opening = None
        if self.flow.read_paused:  # it is us who do not read
            self._wait()
        else:
            self.transport.abort()
