"""What the desk knows of itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from store import meta
from store.engine import Record


async def test_an_empty_record_has_no_epoch_no_kind_and_no_offset(record: Record) -> None:
    assert await record.read(meta.epoch) is None
    assert await record.read(meta.kind) is None
    assert await record.read(meta.clock_offset) == timedelta(0)


async def test_all_who_start_at_once_agree_on_the_epoch(record: Record) -> None:
    names = set(await asyncio.gather(*(record.write(meta.ensure_epoch) for _ in range(10))))
    assert len(names) == 1
    assert await record.read(meta.epoch) in names


async def test_a_new_epoch_is_another_one(record: Record) -> None:
    first, second = await record.write(meta.begin_epoch), await record.write(meta.begin_epoch)
    assert first != second
    assert await record.read(meta.epoch) == second


async def test_the_offset_of_the_clock_is_exact(record: Record) -> None:
    offset = timedelta(days=-400, microseconds=7)
    await record.write(lambda connection: meta.set_clock_offset(connection, offset))
    assert await record.read(meta.clock_offset) == offset


async def test_a_record_is_a_demo_or_real(record: Record) -> None:
    await record.write(lambda connection: meta.set_kind(connection, "demo"))
    assert await record.read(meta.kind) == "demo"
    await record.write(lambda connection: meta.set_kind(connection, "real"))
    assert await record.read(meta.kind) == "real"
