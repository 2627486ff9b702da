"""The same frames over HTTP where WebSockets are blocked: a stream of events, and a door for single requests."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from desk.actors import Signed
from live.base import Published
from routing.errors import BadRequest, TooLarge
from server.sockets import frames
from server.sockets.addresses import crowded, is_near
from server.sockets.connection import Connection, SingleRequest
from server.sockets.frames import Hello
from server.sockets.opening import Refused, log_unopened, open_line
from server.sockets.origins import from_elsewhere, from_the_desk
from server.sockets.ports import Audience

if TYPE_CHECKING:
    from server.sockets.sockets import Sockets

MOST_IN_BYTES = 64 * 1024
STATUS = {4400: 400, 4401: 401, 4403: 403, 4409: 409, 4410: 410}
FAREWELL_S = 1.0


class EventStream:
    """The server-sent events of one HTTP response."""

    streaming = True
    takes = False  # uvicorn's HTTP wants to be waited for

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.code: int | None = None
        self._begun = asyncio.Event()
        self._send: Send | None = None

    def begin(self, send: Send) -> None:
        self._send = send
        self._begun.set()

    def write(self, frames: Sequence[bytes]) -> None:
        """Never called."""

    async def send(self, frame: bytes) -> None:
        await self._begun.wait()
        assert self._send is not None
        await self._send({"type": "http.response.body", "body": b"data: %b\n\n" % frame, "more_body": True})

    def shut(self, code: int) -> None:
        self.code = code
        self.ended.set()

    def abort(self) -> None:
        self.ended.set()

    def unsent(self) -> int:
        return 0  # the server does not say


class Once:
    """Carries nothing: the one answer is taken from the connection's queue."""

    streaming = False
    takes = False

    def write(self, frames: Sequence[bytes]) -> None:
        """Never called."""

    async def send(self, frame: bytes) -> None:
        """Never called: single requests have no pump."""

    def shut(self, code: int) -> None:
        """The answer says it."""

    def abort(self) -> None:
        """There is no line."""

    def unsent(self) -> int:
        return 0


class Events(Response):
    """Answers with the frames of one connection until either side ends it."""

    def __init__(self, sockets: Sockets, connection: Connection, stream: EventStream) -> None:
        unbuffered = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers=unbuffered, media_type="text/event-stream")
        del self.headers["content-length"]
        self._sockets = sockets
        self._connection = connection
        self._stream = stream
        self._held = contextlib.ExitStack()

    def until_its_end(self, held: contextlib.ExitStack) -> None:
        """What is given back when the stream is over."""
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await self._answer(receive, send)

    async def _answer(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._stream.begin(send)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._until_gone(receive))
                await self._stream.ended.wait()
                await self._farewell(send)
                raise Ended
        except* Ended:
            pass
        finally:
            await self._sockets.left(self._connection, clean=False)

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._stream.ended.set()

    async def _farewell(self, send: Send) -> None:
        try:
            async with asyncio.timeout(FAREWELL_S):
                if self._stream.code is not None:
                    words = b'event: close\ndata: {"code":%d}\n\n' % self._stream.code
                    await send({"type": "http.response.body", "body": words, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            return  # a peer that does not read learns it from the end of the line


class Ended(Exception):
    """The stream is over."""


async def open_stream(sockets: Sockets, audience: Audience, request: Request) -> Response:
    """`POST /x/<audience>/stream`: the body is `hello`, the answer are frames."""
    if not _may_ask(sockets, audience, request):
        return PlainTextResponse("This origin may not connect.", 403)
    if sockets.draining:
        return PlainTextResponse("The desk is moving.", 503, headers={"Retry-After": "2"})
    with contextlib.ExitStack() as held:
        if held.enter_context(sockets.addresses.place(request)):
            opened = await _opened(sockets, audience, request)
        else:
            return crowded()
        if isinstance(opened, Events):
            opened.until_its_end(held.pop_all())
        return opened


async def _opened(sockets: Sockets, audience: Audience, request: Request) -> Response:
    try:
        hello = frames.read_hello(await _text(request))
    except TooLarge:
        return PlainTextResponse("The opening is too large.", 413)
    except BadRequest as error:
        return PlainTextResponse(error.message, 400)
    stream = EventStream()
    connection = Connection(
        sockets, audience, stream, secrets.token_hex(8), lambda: _signed(sockets, audience, request, hello)
    )
    connection.near = is_near(request)
    try:
        await open_line(connection, hello)
    except Refused as refused:
        return PlainTextResponse("You are not signed in.", STATUS[refused.code])
    except Exception as error:  # the edge: whatever is away, the client comes again
        log_unopened(error)
        await sockets.left(connection, clean=False)
        return PlainTextResponse("The desk cannot answer right now.", 503, headers={"Retry-After": "1"})
    return Events(sockets, connection, stream)


async def take_request(sockets: Sockets, audience: Audience, request: Request) -> Response:
    """`POST /x/<audience>`: one request and its answer, through any process; 204 for what has none."""
    if not _may_ask(sockets, audience, request):
        return PlainTextResponse("This origin may not connect.", 403)
    signed = await _signed(sockets, audience, request, Hello())
    if signed is None:
        return PlainTextResponse("You are not signed in.", 401)
    try:
        text = await _text(request)
    except (TooLarge, BadRequest) as error:
        return _frame(frames.refused(None, error), 413 if isinstance(error, TooLarge) else 400)
    connection = SingleRequest(sockets, audience, Once(), lambda: _signed(sockets, audience, request, Hello()), signed)
    connection.near = is_near(request)
    pulse = Published((f"{audience}:{connection.person}",), b"", kind="pulse")
    sockets.live.publish([pulse])  # the stream of this person may be held by any process
    await connection.take(text)
    answer = connection.pump.next()
    if connection.closed:
        return PlainTextResponse("Too many requests.", 429, headers={"Retry-After": "5"})
    elif answer is None:
        return Response(status_code=204)
    else:
        return _frame(answer, 200)


def _frame(frame: bytes, status: int) -> Response:
    return Response(frame, status, media_type="application/json", headers={"Cache-Control": "no-store"})


def _may_ask(sockets: Sockets, audience: Audience, request: Request) -> bool:
    """An agent's cookie travels by itself, so their page must be ours; a contact's token does not."""
    if audience == "agent":
        return from_the_desk(request, sockets.origins)
    else:
        return not from_elsewhere(request, sockets.origins)


async def _signed(sockets: Sockets, audience: Audience, request: Request, hello: Hello) -> Signed | None:
    if audience == "contact":
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return await sockets.identity.contact(token if scheme.lower() == "bearer" else hello.token or "")
    else:
        session = sockets.session_of(request.cookies) or ""
        return await sockets.identity.agent(session, request.headers.get("x-csrf", ""))


async def _text(request: Request) -> str:
    """The body. Raises TooLarge beyond 64 KiB without reading on, BadRequest when it is not UTF-8."""
    body = bytearray()
    async for portion in request.stream():
        body += portion
        if len(body) > MOST_IN_BYTES:
            raise TooLarge("A request has at most 64 KiB.")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise BadRequest("The request is not UTF-8.") from None
