"""The audit: refuses changes, and notices those that went around the refusal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from store import audit, emptying, meta
from store.engine import Connection, Record

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def act(connection: Connection, number: int) -> None:
    audit.append(connection, "lena", "severity", f"ticket-{number}", {"to": 1, "from": None}, NOON)


async def fill(record: Record, rows: int = 6) -> None:
    for number in range(1, rows + 1):
        await record.write(lambda connection, number=number: act(connection, number))  # type: ignore[misc]


async def tamper(record: Record, *statements: str) -> None:
    """As somebody with the keys of the database would."""

    def verb(connection: Connection) -> None:
        if connection.dialect == "sqlite":
            for name in ("audit_keeps_rows", "audit_keeps_all"):
                connection.run(text(f"DROP TRIGGER {name}"))
        else:
            connection.run(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.run(text(statement))

    await record.write(verb)


async def test_an_empty_audit_is_sound(record: Record) -> None:
    verdict = await audit.verify_all(record)
    assert (verdict.rows, verdict.fault, verdict.whole) == (0, "", True)


async def test_what_was_appended_verifies(record: Record) -> None:
    await fill(record)
    verdict = await audit.verify_all(record)
    assert (verdict.rows, verdict.fault) == (6, "")


async def test_the_chain_is_looked_through_in_pages(record: Record) -> None:
    await fill(record)
    first = await record.read(lambda connection: audit.verify(connection, None, 4))
    assert (first.rows, first.whole) == (4, False)
    second = await record.read(lambda connection: audit.verify(connection, first, 4))
    assert (second.rows, second.whole, second.fault) == (6, True, "")


async def test_appends_at_once_make_one_chain(record: Record) -> None:
    def verb(connection: Connection) -> None:
        act(connection, 1)

    await asyncio.gather(*(record.write(verb) for _ in range(30)))
    verdict = await audit.verify_all(record)
    assert (verdict.rows, verdict.fault) == (30, "")


async def test_a_verb_that_fails_leaves_no_hole(record: Record) -> None:
    def failing(connection: Connection) -> None:
        act(connection, 1)
        raise LookupError

    await fill(record, 2)
    await asyncio.gather(record.write(failing), return_exceptions=True)
    await fill(record, 1)
    verdict = await audit.verify_all(record)
    assert (verdict.rows, verdict.fault) == (3, "")


@pytest.mark.parametrize("statement", ["UPDATE audit SET detail = '{}'", "DELETE FROM audit"])
async def test_the_database_refuses_to_change_a_row(record: Record, statement: str) -> None:
    await fill(record, 2)
    with pytest.raises(Exception, match="append-only"):
        await record.write(lambda connection: connection.run(text(statement)))
    assert (await audit.verify_all(record)).rows == 2


@pytest.mark.parametrize(
    "column", ["at = at + 1", "actor_id = NULL", "action = 'x'", "object = 'x'", "detail = '{}'", "hash = 'x'"]
)
async def test_a_changed_row_is_found(record: Record, column: str) -> None:
    await fill(record)
    await tamper(record, f"UPDATE audit SET {column} WHERE number = 3")
    verdict = await audit.verify_all(record)
    assert (verdict.rows, verdict.fault) == (2, "Row 3 was changed or put in another's place.")


async def test_a_missing_row_is_found(record: Record) -> None:
    await fill(record)
    await tamper(record, "DELETE FROM audit WHERE number = 3")
    assert (await audit.verify_all(record)).fault == "Row 3 is missing."


async def test_a_closed_gap_is_found(record: Record) -> None:
    await fill(record)
    await tamper(
        record,
        "DELETE FROM audit WHERE number = 3",
        "UPDATE audit SET number = -number WHERE number > 3",
        "UPDATE audit SET number = -number - 1 WHERE number < 0",
    )
    assert (await audit.verify_all(record)).fault == "Row 3 was changed or put in another's place."


async def test_reordered_rows_are_found(record: Record) -> None:
    await fill(record)
    moves = (("99", "2"), ("2", "4"), ("4", "99"))
    await tamper(record, *(f"UPDATE audit SET number = {to} WHERE number = {which}" for to, which in moves))
    assert (await audit.verify_all(record)).fault == "Row 2 was changed or put in another's place."


async def test_a_cut_off_end_is_found(record: Record) -> None:
    await fill(record)
    await tamper(record, "DELETE FROM audit WHERE number > 4")
    assert (await audit.verify_all(record)).fault == "Row 5 is missing: the chain was cut off."


async def test_an_emptied_demo_keeps_its_audit(record: Record) -> None:
    def make(connection: Connection) -> None:
        meta.set_kind(connection, "demo")
        meta.begin_epoch(connection)
        act(connection, 1)

    await record.write(make)
    await record.write(emptying.empty)
    assert (await audit.verify_all(record)).rows == 1
    assert await record.read(meta.epoch) is None


async def test_a_real_desk_is_never_emptied(record: Record) -> None:
    await record.write(lambda connection: meta.set_kind(connection, "real"))
    with pytest.raises(ValueError, match="demo"):
        await record.write(emptying.empty)
