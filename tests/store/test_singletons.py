"""One at a time: who takes over is fenced off from who was there before."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from store import singletons
from store.engine import Record, open_record
from store.singletons import Held, Superseded

NAME = "mailbox 1"


async def taken(record: Record, holder: str) -> int | None:
    """As a watcher does who saw the beat stand still."""
    seen = await record.write(lambda connection: singletons.begin(connection, NAME), name="begin")
    return await record.write(lambda connection: singletons.take(connection, NAME, seen, holder), name="take")


async def test_nobody_holds_it_at_first_and_each_who_takes_it_gets_a_higher_fence(record: Record) -> None:
    assert await record.read(lambda connection: singletons.find(connection, NAME)) is None
    assert [await taken(record, "a"), await taken(record, "b"), await taken(record, "a")] == [1, 2, 3]
    held = await record.read(lambda connection: singletons.find(connection, NAME))
    assert held == Held("a", 3, 3)


async def test_a_beat_since_it_was_seen_keeps_it(record: Record) -> None:
    await taken(record, "a")
    seen = await record.read(lambda connection: singletons.find(connection, NAME))
    assert seen is not None
    await record.write(lambda connection: singletons.beat(connection, NAME, 1), name="beat")
    assert await record.write(lambda connection: singletons.take(connection, NAME, seen, "b"), name="take") is None


async def test_who_was_superseded_neither_beats_nor_writes(record: Record) -> None:
    await taken(record, "a")
    await taken(record, "b")
    for function in (singletons.beat, singletons.hold):
        with pytest.raises(Superseded):
            await record.write(partial(function, name=NAME, fence=1), name="late")
        await record.write(partial(function, name=NAME, fence=2), name="in time")


async def test_what_was_never_taken_cannot_be_written_under(record: Record) -> None:
    with pytest.raises(Superseded):
        await record.write(lambda connection: singletons.hold(connection, NAME, 0), name="hold")


async def test_given_up_it_is_nobodys_and_its_fence_still_holds_off_nobody_else(record: Record) -> None:
    await taken(record, "a")
    await record.write(lambda connection: singletons.release(connection, NAME, 1), name="release")
    held = await record.read(lambda connection: singletons.find(connection, NAME))
    assert held is not None and held.holder == ""
    assert await taken(record, "b") == 2


async def test_of_many_who_saw_the_same_one_takes_it(record_url: str) -> None:
    records = [await open_record(record_url) for _ in range(4)]
    seen = await records[0].write(lambda connection: singletons.begin(connection, NAME), name="begin")
    won = await asyncio.gather(
        *(
            each.write(partial(singletons.take, name=NAME, seen=seen, holder=str(number)), name="take")
            for number, each in enumerate(records)
        )
    )
    assert sorted(fence for fence in won if fence is not None) == [1]
    for each in records:
        await each.close()
