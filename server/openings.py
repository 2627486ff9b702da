"""HTTP connections: a peer who does not finish the head of a request in time is closed, or it would hold a file for
ever. WebSockets begin as one of them."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

OPENING_S = 10.0


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, with a limit from the first moment to the end of the head; between requests its own limit holds."""

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
        super().on_headers_complete()

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
        self.transport.abort()
