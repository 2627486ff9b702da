"""Frames no library would send (RFC 6455): each ends its own line with the standard's code, and nobody else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from live.memory import MemoryLive
from tests.sockets.conftest import House, built
from tests.support.eventually import eventually

MASK = b"\x01\x02\x03\x04"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
ECHOED = [1000, 1001, 1011, 3000, 4999]
"""A good-bye is answered with its own code, so these come back."""
SAID = b'{"type":"typing","ticket":"T","on":true}'


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """One frame of a client; section 5.2. `reserved` is RSV1-3 as bits 4, 2, 1."""
    head = bytes([fin << 7 | reserved << 4 | opcode])
    size, mark = len(payload), masked << 7
    if size < 126:
        head += bytes([mark | size])
    elif size < 65536:
        head += bytes([mark | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([mark | 127]) + size.to_bytes(8, "big")
    if masked:
        payload = bytes(byte ^ MASK[place % 4] for place, byte in enumerate(payload))
        head += MASK
    return head + payload


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


@dataclass
class Raw:
    """A line whose bytes are ours."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def next(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame."""
        async with asyncio.timeout(20):
            first, second = await self.reader.readexactly(2)
            size = second
            if size > 125:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            return first & 15, await self.reader.readexactly(size)

    async def code(self) -> int:
        """Of the close that comes; 1006 where the line just ends."""
        with suppress(asyncio.IncompleteReadError, ConnectionResetError):
            while True:
                opcode, payload = await self.next()
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2], "big") if payload else 1005
        return 1006

    async def until(self, opcode: int, type: str = "") -> bytes:
        while True:
            found, payload = await self.next()
            if found == opcode and (not type or json.loads(payload)["type"] == type):
                return payload


@asynccontextmanager
async def opened(house: House, person: str = "odd") -> AsyncIterator[Raw]:
    """A line that is ready."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(
        f"GET /ws/contact HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nOrigin: {house.url}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: vipdesk.1\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    line = Raw(reader, writer)
    hello: dict[str, object] = {"type": "hello", "token": f"token-{person}", "epoch": None, "resume": {}}
    writer.write(frame(TEXT, json.dumps(hello).encode()))
    await line.until(TEXT, "ready")
    try:
        yield line
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


WRONG = {
    "unmasked": (1002, [frame(TEXT, SAID, masked=False)]),
    **{f"reserved bit {bit}": (1002, [frame(TEXT, SAID, reserved=bit)]) for bit in (4, 2, 1, 7)},
    **{f"opcode {code}": (1002, [frame(code, b"x")]) for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "a ping too long": (1002, [frame(PING, b"x" * 126)]),
    "a ping in pieces": (1002, [frame(PING, b"x", fin=False)]),
    "a pong in pieces": (1002, [frame(PONG, b"x", fin=False)]),
    "a close in pieces": (1002, [frame(CLOSE, b"\x03\xe8", fin=False)]),
    "a piece without a beginning": (1002, [frame(0, SAID)]),
    "a last piece without a beginning": (1002, [frame(0, b"", fin=False)]),
    "a message inside a message": (1002, [frame(TEXT, SAID[:9], fin=False), frame(TEXT, SAID)]),
    "a binary message inside a message": (1002, [frame(TEXT, SAID[:9], fin=False), frame(BINARY, SAID)]),
    "half a close code": (1002, [frame(CLOSE, b"\x03")]),
    **{f"close code {code}": (1002, [closing(code)]) for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535)},
    "a close whose reason is no text": (1007, [closing(1000, b"\xff")]),
    "a close too long": (1002, [closing(1000, b"x" * 124)]),
    "no text": (1007, [frame(TEXT, b"\xff")]),
    "a surrogate": (1007, [frame(TEXT, b"\xed\xa0\x80")]),
    "an overlong character": (1007, [frame(TEXT, b"\xc0\x80")]),
    "beyond Unicode": (1007, [frame(TEXT, b"\xf4\x90\x80\x80")]),
    "half a character at the end": (1007, [frame(TEXT, b"\xc3", fin=False), frame(0, b"")]),
    "too large": (1009, [frame(TEXT, b"x" * 65_537)]),
    "too large, said before it comes": (1009, [b"\x81\xff" + (2**40).to_bytes(8, "big") + MASK]),
    "a length beyond 63 bits": (1009, [b"\x81\xff" + b"\xff" * 8 + MASK]),
    "too large in pieces": (1009, [frame(TEXT, b"x" * 40_000, fin=False), frame(0, b"x" * 40_000)]),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_frame_against_the_standard_ends_its_line_and_no_other(house: House, name: str) -> None:
    code, frames = WRONG[name]
    other = await house.ready()
    async with opened(house) as line:
        line.writer.writelines(frames)
        assert await line.code() == code
    await other.until("heartbeat")


STRANGE = {
    "empty": ([frame(TEXT)], "error"),
    "empty in pieces": ([frame(TEXT, fin=False), frame(0, fin=False), frame(0)], "error"),
    "in small pieces": ([frame(TEXT, b"{", fin=False), *[frame(0, b" ", fin=False)] * 9, frame(0, b"}")], "error"),
    "a character over two pieces": ([frame(TEXT, b'"\xc3', fin=False), frame(0, b'\xa9"')], "error"),
    "a pong nobody asked for": ([frame(PONG, b"x" * 125)], "heartbeat"),
    "a ping inside a message": ([frame(TEXT, b"{", fin=False), frame(PING, b"!"), frame(0, b"}")], "error"),
    "binary": ([frame(BINARY, b"x")], "error"),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
async def test_what_the_standard_allows_is_answered_and_the_line_lives_on(house: House, name: str) -> None:
    frames, answer = STRANGE[name]
    async with opened(house) as line:
        line.writer.writelines(frames)
        await line.until(TEXT, answer)
        line.writer.write(frame(PING, b"still here"))
        assert await line.until(PONG) in (b"still here", b"!")


async def test_bytes_that_come_one_by_one_are_a_frame(house: House) -> None:
    async with opened(house) as line:
        for byte in frame(PING, b"slow"):
            line.writer.write(bytes([byte]))
            await line.writer.drain()
            await asyncio.sleep(0)
        assert await line.until(PONG) == b"slow"


async def test_many_frames_in_one_go_are_answered_in_their_order(house: House) -> None:
    house.desk.ticket("T", "odd")
    rids = [f"5b6a8c7e-0000-4000-8000-{number:012d}" for number in range(20)]
    said = [{"type": "say", "rid": rid, "ticket": "T", "body": "x"} for rid in rids]
    async with opened(house) as line:
        line.writer.write(b"".join(frame(TEXT, json.dumps(one).encode()) for one in said))
        assert [json.loads(await line.until(TEXT, "ok"))["rid"] for _ in rids] == rids


@pytest.mark.parametrize("code", ECHOED)
async def test_a_good_bye_is_echoed_and_what_comes_after_it_is_not_heard(house: House, code: int) -> None:
    house.desk.ticket("T", "odd")
    said = {"type": "say", "rid": "5b6a8c7e-0000-4000-8000-000000000000", "ticket": "T", "body": "x"}
    async with opened(house) as line:
        line.writer.writelines([closing(code), frame(TEXT, json.dumps(said).encode())])
        assert await line.code() == code
    assert (await house.desk.heads(["T"])) == {"T": 0}


async def test_a_stop_is_no_error_while_a_line_ends_whose_peer_takes_nothing(house: House) -> None:
    async with opened(house) as line:
        carried = next(iter(house.sockets.connections)).transport
        while carried.takes:
            carried.write([b"x" * 65_000])
        line.writer.write(closing(1000))
        await eventually(lambda: not house.sockets.connections)
        house.stop.set()
        await house.served


async def test_a_line_cut_in_mid_frame_leaves_nothing_behind(house: House) -> None:
    other = await house.ready()
    async with opened(house) as line:
        line.writer.write(frame(TEXT, b"x" * 1000)[:500])
        await line.writer.drain()
        line.writer.transport.abort()
    await eventually(lambda: len(house.sockets.connections) == 1)
    await other.until("heartbeat")


ANYTHING = some.builds(
    frame,
    some.integers(0, 15).filter(lambda opcode: opcode != CLOSE),
    some.binary(max_size=140),
    fin=some.booleans(),
    reserved=some.sampled_from([0, 0, 0, 1, 4]),
    masked=some.sampled_from([True, True, True, False]),
)
BAD_CLOSES = some.builds(
    frame, some.just(CLOSE), some.sampled_from([b"x", b"\0\1", b"\x03\xe8\xff\xff", b"\x0f" * 200])
)
FRAMES = ANYTHING | BAD_CLOSES | some.builds(closing, some.sampled_from(ECHOED))


def test_no_frames_whatever_do_more_than_end_their_line() -> None:
    async def all_of_them(examples: Sequence[list[bytes]]) -> None:
        async with built(MemoryLive()) as house:
            other = await house.ready()
            for frames in examples:
                async with opened(house) as line:
                    line.writer.writelines(frames)
                    line.writer.write(closing(1000))
                    line.writer.write_eof()  # of a frame that was begun no more will come
                    assert await line.code() in (*ECHOED, 1002, 1006, 1007, 1009, 4029)
            await other.until("heartbeat")

    collected: list[list[bytes]] = []

    @settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(some.lists(FRAMES | some.binary(max_size=40), max_size=6))
    def collect(frames: list[bytes]) -> None:
        collected.append(frames)

    collect()
    asyncio.run(all_of_them(collected))


FLOODS = {
    "pings": (4029, b"", frame(PING)),
    "pongs": (4029, b"", frame(PONG)),
    "pieces": (1009, frame(TEXT, fin=False), frame(0, fin=False)),
    "messages": (4029, b"", frame(TEXT)),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_frames_without_a_byte_are_no_way_to_keep_us_busy(house: House, name: str) -> None:
    code, first, empty = FLOODS[name]
    other = await house.ready()
    async with opened(house) as line:
        line.writer.write(first + empty * 1000)
        assert await line.code() == code
        async with asyncio.timeout(2):  # who goes on does not keep the line until their own good-bye is overdue
            with pytest.raises(ConnectionError):
                while True:
                    line.writer.write(empty * 1000)
                    await line.writer.drain()
    await other.until("heartbeat")
