"""HTTP connections of strangers: what they may send around a body, how slowly, and that they read the answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

import pytest
from starlette.types import Receive, Scope, Send

from server import serving
from tests.sockets.conftest import House
from tests.support.eventually import eventually

GET, POST = b"GET /nothing HTTP/1.1\r\nHost: x\r\n", b"POST /x/contact HTTP/1.1\r\nHost: x\r\n"
KNOWN = b"Authorization: Bearer token-vera\r\n"
CHUNKED = POST + KNOWN + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = 400_000


@pytest.mark.parametrize("begun", [b"", b"\r\n", b"GET /ws/contact HTTP/1.1\r\nHost: x\r\n"])
async def test_who_does_not_finish_a_request_is_closed(house: House, begun: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(begun)
    assert await rest(reader) == b""
    writer.close()


async def test_a_body_that_rests_is_not_waited_for(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    head = b"POST /x/contact HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-vera\r\nContent-Length: 100\r\n\r\n"
    for piece in (head, b"{", b'"type"'):
        writer.write(piece)
        await writer.drain()
    assert await rest(reader) == b""
    writer.close()


async def test_a_second_request_must_be_finished_too(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(20):
        assert b"HTTP/1.1 404" in await reader.readuntil(b"\r\n\r\nNot Found")
    writer.write(b"GET /nothing")
    assert await rest(reader) == b""
    writer.close()


@pytest.mark.parametrize(
    ("more", "status"),
    [(b"Content-Length: 5\r\n\r\nGET /", b"400"),
     (b"Transfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n0\r\n\r\n", b"400"),
     (b"X-Long: " + b"x" * 10_000 + b"\r\n\r\n", b"431"), (b"X-Many: 1\r\n" * 200 + b"\r\n", b"431")],
    ids=["length", "chunked", "long", "many"],
)  # fmt: skip
async def test_an_upgrade_that_is_none_is_refused_and_hangs_nowhere(house: House, more: bytes, status: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(
        b"GET /ws/contact HTTP/1.1\r\nHost: x\r\nOrigin: " + house.url.encode() + b"\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + more
    )
    answer = await rest(reader)
    assert answer.startswith(b"HTTP/1.1 " + status) and answer.count(b"HTTP/1.1") == 1
    writer.close()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Everything until the server closes."""
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(20):
            return await reader.read()
    return b""


@pytest.mark.parametrize(
    "request_bytes",
    [GET + b"X: " + b"x" * LARGE + b"\r\n\r\n", GET + b"X: x\r\n" * (LARGE // 6) + b"\r\n",
     GET + b"X" * LARGE + b": x\r\n\r\n", GET.replace(b"nothing", b"x" * LARGE) + b"\r\n"],
    ids=["a long header", "many headers", "a long name", "a long address"],
)  # fmt: skip
async def test_a_head_without_end_is_refused_before_it_ends(house: House, request_bytes: bytes) -> None:
    assert (await asked(house, request_bytes))[:12] in (b"HTTP/1.1 431", b"")
    assert (await asked(house, GET + b"X: " + b"x" * 20_000 + b"\r\nConnection: close\r\n\r\n"))[:12] == b"HTTP/1.1 404"


@pytest.mark.parametrize(
    "body",
    [b"2;x=" + b"x" * LARGE + b"\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\n" + b"X: x\r\n" * (LARGE // 6) + b"\r\n",
     b"1\r\n \r\n" * (LARGE // 6) + b"0\r\n\r\n"],
    ids=["an extension", "trailers", "pieces of a byte"],
)  # fmt: skip
async def test_what_frames_a_body_is_bounded_too(house: House, body: bytes) -> None:
    assert await asked(house, CHUNKED + body) == b""
    said = await asked(house, CHUNKED.replace(b"chunked", b"chunked\r\nConnection: close") + b"2\r\n{}\r\n0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200")


async def test_of_requests_in_a_row_only_some_wait_for_an_answer(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await asked(house, (GET + b"\r\n") * 200)
    assert answer.count(b"HTTP/1.1 404") < 20
    assert faults(caplog) == []


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log tells as an error, or with a traceback."""
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR or each.exc_info is not None]


async def test_a_body_that_comes_byte_by_byte_is_not_waited_for(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(POST + KNOWN + b"Content-Length: 1000\r\n\r\n")
    for _ in range(100):
        writer.write(b" ")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                assert await rest(reader) == b""
                break
    else:
        pytest.fail("it was waited for ten seconds")
    writer.close()


async def asked(house: House, request: bytes) -> bytes:
    """All that is answered, also when the rest of the request is not taken any more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(request)
    answer = await rest(reader)
    writer.close()
    return answer


@pytest.mark.parametrize("portions", [1, 200])
async def test_who_does_not_read_an_answer_is_closed(portions: int) -> None:
    given_up = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(portions):
            await send({"type": "http.response.body", "body": b"x" * (20_000_000 // portions), "more_body": True})
        await send({"type": "http.response.body"})
        while (await receive())["type"] != "http.disconnect":
            pass
        given_up.set()

    async def drain() -> None:
        pass

    listener, stop = serving.listen("127.0.0.1", 0), asyncio.Event()
    served = asyncio.create_task(serving.serve(app, [listener], drain=drain, stop=stop, opening_s=0.3))
    with socket.create_connection(listener.getsockname()) as deaf:
        deaf.sendall(GET + b"\r\n")
        await eventually(given_up.is_set)
    stop.set()
    await served
