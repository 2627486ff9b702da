"""HTTP connections: who sends too slowly, or too much around a body, or does not read an answer, is closed: they would
hold a file, the memory or the loop for ever. WebSockets begin as one of them."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

OPENING_S = 10.0
LEAST_PER_S = 1024
"""Bytes of a body, over the time that it takes."""
MOST_AROUND = 64 * 1024
"""Bytes of a request besides its body: its head, and what frames the pieces of a body. The parser keeps all of a head,
and joins its pieces anew with each that comes."""
MOST_IN_A_ROW = 16
"""Requests that wait for the answer to the one before."""
PROGRESS_BYTES = 4096
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nCache-Control: no-store\r\n"
    b"Content-Length: 0\r\n\r\n"
)


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, with limits. `opening_s` is for the head, each rest within the body, each rest of a reader; between
    requests uvicorn's own limit holds."""

    def __init__(self, *args: Any, opening_s: float = OPENING_S, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opening_s = opening_s
        self._opening: asyncio.TimerHandle | None = None
        self._until = 0.0
        self._body_since, self._body = 0.0, 0
        self._around = 0
        self._reading: asyncio.TimerHandle | None = None
        self._unread = 0
        self._answered: RequestResponseCycle | None = None

    # Coming in --------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        self._around += len(data)
        super().data_received(data)
        if self._around > MOST_AROUND and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
        self._body_since, self._body = self.loop.time(), 0
        self._wait_no_more()
        self._wait()
        super().on_headers_complete()
        if len(self.pipeline) > MOST_IN_A_ROW:
            raise ValueError("too many requests in a row")  # the parser stops, and uvicorn closes

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        self._around -= len(body) + len(body) // 16
        self._until = min(self.loop.time(), self._body_since + self._body / LEAST_PER_S) + self._opening_s
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._around = 0
        self._wait_no_more()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._around = 0
        self._wait_no_more()
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as at the end of a connection: each holds the other

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        self._read_no_more()
        self._answer_no_more()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        self._answer_no_more()
        super().send_400_response(msg)

    def _refuse(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(TOO_LARGE)
            self.transport.close()
        else:
            self._abort()

    def _abort(self) -> None:
        self._answer_no_more()
        self.transport.abort()

    def _wait(self) -> None:
        if self._opening is None:
            self._until = self.loop.time() + self._opening_s
            self._opening = self.loop.call_later(self._opening_s, self._too_slow)

    def _wait_no_more(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None

    def _too_slow(self) -> None:
        self._opening = None
        now = self.loop.time()
        if self.flow.read_paused:  # it is us who do not read
            self._body_since += self._opening_s
            self._wait()
        elif now < self._until:
            self._opening = self.loop.call_at(self._until, self._too_slow)
        else:
            self._abort()

    # Going out --------------------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        self._read_no_more()
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _answer_no_more(self) -> None:
        """Whoever still answers writes to a closed line otherwise, which is an error: uvicorn tells only the request
        that came last, and not before the line is lost."""
        waiting = [cycle for cycle, _app in self.pipeline]
        self.pipeline.clear()
        for cycle in [self._answered, *waiting]:
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_reading()

    def _expect_reading(self) -> None:
        """A transport, also one that is to close, waits without end for what its peer has not taken."""
        self._unread = self.transport.get_write_buffer_size()
        if self._unread and self._reading is None:
            self._reading = self.loop.call_later(self._opening_s, self._look_at_reader)

    def _read_no_more(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _look_at_reader(self) -> None:
        self._reading = None
        unread = self.transport.get_write_buffer_size()
        if unread and self._unread - unread < PROGRESS_BYTES:
            self._abort()
        elif unread:
            self._expect_reading()
