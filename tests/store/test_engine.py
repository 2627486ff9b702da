"""What every record does, whichever database it is."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import bindparam, func, select

from store.engine import Connection, Record, RecordError, Violation, greatest, least, open_record, upsert
from store.record import Row
from store.schema import job, meta
from tests.store.words import CHANGE, COUNT, GET, KEYS, PUT, SET, counting, getting, putting


async def test_what_a_verb_wrote_is_read_back(record: Record) -> None:
    assert await record.write(putting("k1", "one"), name="put") == "k1"
    assert await record.read(getting("k1")) == "one"


async def test_a_verb_that_raises_writes_nothing_and_its_error_arrives(record: Record) -> None:
    def verb(connection: Connection) -> None:
        connection.run(PUT, key="k1", value="")
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        await record.write(verb)
    assert await record.read(counting) == 0


async def test_verbs_beside_a_failing_one_are_written(record: Record) -> None:
    def bad(connection: Connection) -> None:
        connection.run(PUT, key="kbad", value="")
        raise LookupError

    verbs = [bad if number % 3 == 0 else putting(f"k{number}") for number in range(30)]
    done = await asyncio.gather(*(record.write(verb) for verb in verbs), return_exceptions=True)
    assert [isinstance(each, LookupError) for each in done] == [number % 3 == 0 for number in range(30)]
    assert await record.read(counting) == 20


async def test_a_refused_row_is_a_violation_in_every_database(record: Record) -> None:
    await record.write(putting("k1"))
    with pytest.raises(Violation):
        await record.write(putting("k1"))


async def test_a_query_cannot_write(record: Record) -> None:
    with pytest.raises(Exception, match="read"):
        await record.read(putting("k1"))
    assert await record.read(counting) == 0
    await record.write(putting("k1"))


async def test_a_connection_is_dead_after_its_verb(record: Record) -> None:
    kept: list[Connection] = []
    await record.write(kept.append)
    await record.read(kept.append)
    for connection in kept:
        with pytest.raises(RuntimeError, match="after its verb"):
            connection.all(COUNT)


async def test_rows_have_the_names_of_their_columns(record: Record) -> None:
    await record.write(putting("k1", "one"))
    both = select(meta.c.key, meta.c.value, func.length(meta.c.value).label("size"))

    def query(connection: Connection) -> Row | None:
        return connection.one(both)

    row = await record.read(query)
    assert row is not None
    assert (row.key, row.value, row.size) == ("k1", "one", 3)


@pytest.mark.parametrize("wanted", [[], ["k1"], ["k1", "k3"], ["k1", "k3", "k2", "none", "k5"], ["k2"] * 300])
async def test_lists_of_any_length_are_bound(record: Record, wanted: list[str]) -> None:
    def fill(connection: Connection) -> int:
        return connection.many(PUT, [{"key": f"k{number}", "value": ""} for number in range(6)])

    assert await record.write(fill) == 6
    found = await record.read(lambda connection: [row.key for row in connection.all(KEYS, keys=wanted)])
    assert found == sorted(set(wanted) - {"none"})


async def test_an_upsert_inserts_then_changes(record: Record) -> None:
    keep = upsert(meta, ("key",))
    limited = upsert(
        meta,
        ("key",),
        lambda new: {"value": new.value},
        where=lambda new: meta.c.value < new.value,
        returning=(meta.c.value,),
    )

    def verb(connection: Connection) -> list[object]:
        return [
            connection.run(SET, key="k1", value="b"),
            connection.run(SET, key="k1", value="c"),
            connection.run(keep, key="k1", value="z"),
            connection.scalar(GET, key="k1"),
            connection.scalar(limited, key="k1", value="a"),
            connection.scalar(limited, key="k1", value="d"),
        ]

    assert await record.write(verb) == [1, 1, 0, "c", None, "d"]


async def test_least_and_greatest_are_the_same_everywhere(record: Record) -> None:
    def query(connection: Connection) -> Row | None:
        low, high = bindparam("low", type_=job.c.due_at.type), bindparam("high", type_=job.c.due_at.type)
        return connection.one(select(least(low, high).label("low"), greatest(low, high).label("high")), low=2, high=1)

    assert await record.read(query) == (1, 2)


async def test_sums_are_whole_numbers(record: Record) -> None:
    def verb(connection: Connection) -> object:
        connection.many(PUT, [{"key": "k1", "value": "1"}, {"key": "k2", "value": "22"}])
        return connection.scalar(select(func.sum(func.length(meta.c.value) + 2**40)))

    total = await record.write(verb)
    assert total == 2**41 + 3
    assert type(total) is int


async def test_changes_count_the_rows_they_met(record: Record) -> None:
    await record.write(putting("k1"))
    assert await record.write(lambda connection: connection.run(CHANGE, b_key="k1", b_value="x")) == 1
    assert await record.write(lambda connection: connection.run(CHANGE, b_key="none", b_value="x")) == 0


async def test_a_missing_parameter_is_said(record: Record) -> None:
    with pytest.raises(TypeError, match="key"):
        await record.read(lambda connection: connection.scalar(GET))


async def test_what_a_verb_swallowed_never_makes_half_an_answer(record: Record) -> None:
    """On PostgreSQL a COMMIT after a caught error is a silent ROLLBACK; on SQLite the rest of the verb stands."""

    def verb(connection: Connection) -> str:
        connection.run(PUT, key="k1", value="")
        with suppress(Violation):
            connection.run(PUT, key="k1", value="")
        return "answer"

    try:
        await record.write(verb)
    except Violation:
        assert await record.read(counting) == 0
    else:
        assert await record.read(counting) == 1


async def test_work_accepted_before_the_close_is_done(record_url: str) -> None:
    record = await open_record(record_url)
    waiting = [asyncio.ensure_future(record.write(putting(f"k{number}"))) for number in range(100)]
    await asyncio.sleep(0)
    await record.close()
    assert sorted(await asyncio.gather(*waiting)) == sorted(f"k{number}" for number in range(100))
    again = await open_record(record_url)
    assert await again.read(counting) == 100
    assert again.health().ok
    await again.close()


async def test_a_closed_record_refuses_politely(record_url: str) -> None:
    from routing.errors import Unavailable

    record = await open_record(record_url)
    await record.close()
    with pytest.raises(Unavailable):
        await record.write(putting("k1"))
    assert not record.health().ok


async def test_a_cancelled_caller_disturbs_nobody(record: Record) -> None:
    waiting = [asyncio.ensure_future(record.write(putting(f"k{number}"))) for number in range(20)]
    await asyncio.sleep(0)
    for each in waiting[::2]:
        each.cancel()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError | str) for each in done[::2])
    assert done[1::2] == [f"k{number}" for number in range(1, 20, 2)]
    assert await record.write(putting("klast")) == "klast"
    assert record.health().pending == 0


async def test_many_verbs_at_once_are_all_there_once(record: Record) -> None:
    def verb(connection: Connection) -> None:
        connection.run(SET, key="kcount", value=str(int(connection.scalar(LOCKED, key="kcount") or 0) + 1))

    LOCKED = GET.with_for_update()
    await record.write(putting("kcount", "0"))
    await asyncio.gather(*(record.write(verb) for _ in range(60)))
    assert await record.read(getting("kcount")) == "60"


async def test_an_unknown_url_is_refused_in_plain_words() -> None:
    with pytest.raises(RecordError, match="sqlite"):
        await open_record("mysql://localhost/desk")
