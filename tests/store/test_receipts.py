"""Receipts: the same answer again for 7 days, `expired` after that, never a second run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from store import receipts
from store.engine import Connection, Record, Violation
from store.receipts import Receipt

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


async def keep(record: Record, rid: str, at: datetime = NOON, actor: str = "anna") -> None:
    await record.write(lambda connection: receipts.keep(connection, actor, rid, "say", "digest", '{"seq":1}', at))


async def find(record: Record, rid: str, actor: str = "anna") -> Receipt | None:
    return await record.read(lambda connection: receipts.find(connection, actor, rid))


async def expire(record: Record, now: datetime, limit: int = 500) -> bool:
    def verb(connection: Connection) -> bool:
        return receipts.expire(connection, now, limit)

    return await record.write(verb)


async def test_a_kept_receipt_is_found_as_it_was(record: Record) -> None:
    await keep(record, "r1")
    found = await find(record, "r1")
    assert found == Receipt("anna", "r1", "say", "digest", '{"seq":1}', NOON)
    assert not found.expired


async def test_a_rid_belongs_to_its_person(record: Record) -> None:
    await keep(record, "r1")
    assert await find(record, "r1", "ben") is None
    await keep(record, "r1", actor="ben")


async def test_a_rid_is_kept_once(record: Record) -> None:
    await keep(record, "r1")
    with pytest.raises(Violation):
        await keep(record, "r1")


async def test_after_seven_days_the_answer_is_gone_and_the_rid_still_known(record: Record) -> None:
    await keep(record, "old", NOON - timedelta(days=7, microseconds=1))
    await keep(record, "young", NOON - timedelta(days=7))
    await expire(record, NOON)
    old, young = await find(record, "old"), await find(record, "young")
    assert old is not None
    assert young is not None
    assert old.expired
    assert not young.expired


async def test_after_ninety_days_the_rid_is_forgotten(record: Record) -> None:
    await keep(record, "ancient", NOON - timedelta(days=90, microseconds=1))
    await keep(record, "old", NOON - timedelta(days=90))
    await expire(record, NOON)
    assert await find(record, "ancient") is None
    assert await find(record, "old") is not None


async def test_expiry_goes_in_pieces_and_says_when_more_is_left(record: Record) -> None:
    for number in range(5):
        await keep(record, f"r{number}", NOON - timedelta(days=8))
    assert [await expire(record, NOON, limit=2) for _ in range(3)] == [True, True, False]
    found = [await find(record, f"r{number}") for number in range(5)]
    assert all(each is not None and each.expired for each in found)
