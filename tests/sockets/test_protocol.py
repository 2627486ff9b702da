"""The way past ASGI: frames as `websockets` writes them, messages in order, none lost."""

from __future__ import annotations

import asyncio

import pytest
from websockets.frames import Frame, Opcode

from server.sockets.outgoing import Outgoing
from server.sockets.protocol import Inbox, head_of
from tests.sockets.conftest import House


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 1_000_000])
def test_a_frame_has_the_head_that_the_library_writes(size: int) -> None:
    whole = Frame(Opcode.TEXT, b"x" * size).serialize(mask=False)
    assert head_of(size) == whole[: len(whole) - size]


def test_what_goes_out_in_one_go_is_bounded_and_never_nothing() -> None:
    out = Outgoing()
    for text in (b"a" * 10, b"b" * 10, b"c" * 10):
        out.event(text)
    assert out.some(15) == [b"a" * 10, b"b" * 10]
    assert out.some(1) == [b"c" * 10]
    assert out.some(15) == []


async def test_a_reader_that_gives_up_waiting_loses_nothing() -> None:
    inbox = Inbox(asyncio.get_running_loop())
    reader = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert inbox.awaited
    inbox.put_nowait("one")
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    inbox.put_nowait("two")
    assert [await inbox.get(), await inbox.get()] == ["one", "two"]
    assert inbox.empty() and not inbox.awaited


async def test_many_requests_at_once_are_answered_in_their_order(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    rids = [await line.request("say", ticket="T", body=str(number)) for number in range(30)]
    answered = [(await line.until("ok"))["rid"] for _ in rids]
    assert answered == rids
    await line.until(lambda frame: frame["type"] == "event" and frame["seq"] == 30)
    assert line.seqs("T") == list(range(1, 31))
