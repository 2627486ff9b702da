"""Jobs: a wish is never lost, a job is run by one, an effect outside is fenced."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

from store import jobs
from store.engine import Connection, Record, open_record
from store.jobs import Job

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def claim(connection: Connection, now: datetime = NOON, kinds: tuple[str, ...] = ()) -> list[Job]:
    return jobs.due(connection, now, 10, kinds)


async def put(record: Record, key: str, due_at: datetime = NOON, kind: str = "ring_timeout", **payload: str) -> None:
    await record.write(lambda connection: jobs.put(connection, kind, due_at, key, payload))


async def test_a_job_is_due_at_its_instant_and_not_before(record: Record) -> None:
    await put(record, "ring:1", NOON, ring="1")
    assert await record.write(partial(claim, now=NOON - timedelta(microseconds=1))) == []
    (found,) = await record.write(claim)
    assert (found.key, found.kind, found.due_at, found.payload) == ("ring:1", "ring_timeout", NOON, {"ring": "1"})


async def test_jobs_come_in_the_order_in_which_they_fall_due(record: Record) -> None:
    for number in (2, 0, 1):
        await put(record, f"ring:{number}", NOON - number * SECOND)
    assert [job.key for job in await record.write(claim)] == ["ring:2", "ring:1", "ring:0"]


async def test_a_second_wish_lowers_the_due_and_never_raises_it(record: Record) -> None:
    await put(record, "decide:1", NOON)
    await put(record, "decide:1", NOON - SECOND, why="sooner")
    await put(record, "decide:1", NOON + SECOND, why="later")
    (found,) = await record.write(partial(claim, now=NOON - SECOND))
    assert (found.due_at, found.payload) == (NOON - SECOND, {"why": "later"})


async def test_a_wish_made_while_the_job_runs_is_not_lost(record: Record) -> None:
    await put(record, "decide:1")
    (running,) = await record.write(claim)
    await put(record, "decide:1", NOON + SECOND, why="again")
    assert await record.write(lambda connection: jobs.done(connection, running)) is False
    (again,) = await record.write(partial(claim, now=NOON + SECOND))
    assert again.payload == {"why": "again"}
    assert await record.write(lambda connection: jobs.done(connection, again)) is True
    assert await record.write(partial(claim, now=NOON + SECOND)) == []


async def test_a_wish_made_inside_the_run_itself_is_not_lost(record: Record) -> None:
    await put(record, "read:1")

    def run(connection: Connection) -> bool:
        (running,) = claim(connection)
        jobs.put(connection, "ring_timeout", NOON + SECOND, "read:1")
        return jobs.done(connection, running)

    assert await record.write(run) is False
    assert await record.read(jobs.earliest) == NOON


async def test_a_failed_run_leaves_the_job(record: Record) -> None:
    await put(record, "ring:1")

    def run(connection: Connection) -> None:
        (running,) = claim(connection)
        assert jobs.done(connection, running)
        raise LookupError

    await asyncio.gather(record.write(run), return_exceptions=True)
    assert len(await record.write(claim)) == 1


async def test_a_cancelled_job_is_gone(record: Record) -> None:
    await put(record, "ring:1")
    assert await record.write(lambda connection: jobs.cancel(connection, "ring:1")) is True
    assert await record.write(lambda connection: jobs.cancel(connection, "ring:1")) is False
    assert await record.write(claim) == []


async def test_only_the_named_kinds_are_claimed(record: Record) -> None:
    await put(record, "ring:1")
    await put(record, "mail:1", NOON - SECOND, kind="hand_mail")
    assert [job.key for job in await record.write(partial(claim, kinds=("hand_mail", "webhook")))] == ["mail:1"]
    assert await record.read(lambda connection: jobs.earliest(connection, ("ring_timeout",))) == NOON
    assert await record.read(jobs.earliest) == NOON - SECOND


async def test_the_earliest_of_nothing_is_none(record: Record) -> None:
    assert await record.read(jobs.earliest) is None


async def leased(record: Record, until: datetime) -> Job:
    (claimed,) = await record.write(claim)
    held = await record.write(lambda connection: jobs.lease(connection, claimed, until))
    assert held is not None
    return held


async def test_a_leased_job_is_nobody_elses_until_the_lease_ends(record: Record) -> None:
    await put(record, "mail:1")
    await leased(record, NOON + 30 * SECOND)
    assert await record.write(partial(claim, now=NOON + 29 * SECOND)) == []
    assert await record.read(jobs.earliest) == NOON + 30 * SECOND
    assert len(await record.write(partial(claim, now=NOON + 30 * SECOND))) == 1


async def test_who_lost_the_lease_has_no_effect_any_more(record: Record) -> None:
    await put(record, "mail:1")
    slow = await leased(record, NOON + SECOND)
    (again,) = await record.write(partial(claim, now=NOON + SECOND))
    quick = await record.write(lambda connection: jobs.lease(connection, again, NOON + 9 * SECOND))
    assert quick is not None
    assert quick.fence == slow.fence + 1
    assert await record.write(lambda connection: jobs.done(connection, slow)) is False
    assert await record.write(lambda connection: jobs.later(connection, slow, NOON)) is False
    assert await record.write(partial(claim, now=NOON + 8 * SECOND)) == []
    assert await record.write(lambda connection: jobs.done(connection, quick)) is True


async def test_of_two_who_claimed_only_one_gets_the_lease(record: Record) -> None:
    await put(record, "mail:1")
    (first,), (second,) = await record.write(claim), await record.write(claim)
    until = NOON + SECOND
    assert await record.write(lambda connection: jobs.lease(connection, first, until)) is not None
    assert await record.write(lambda connection: jobs.lease(connection, second, until)) is None


async def test_a_job_put_off_counts_its_attempts(record: Record) -> None:
    await put(record, "mail:1")
    held = await leased(record, NOON + SECOND)
    assert await record.write(lambda connection: jobs.later(connection, held, NOON + 60 * SECOND)) is True
    assert await record.write(partial(claim, now=NOON + 59 * SECOND)) == []
    (again,) = await record.write(partial(claim, now=NOON + 60 * SECOND))
    assert again.attempts == 1


async def test_a_wish_made_during_an_effect_outside_stands_when_it_is_put_off(record: Record) -> None:
    await put(record, "mail:1")
    held = await leased(record, NOON + 30 * SECOND)
    await put(record, "mail:1", NOON, why="again")
    assert await record.write(lambda connection: jobs.later(connection, held, NOON + 600 * SECOND)) is False
    (again,) = await record.write(claim)
    assert (again.payload, again.attempts) == ({"why": "again"}, 0)


async def test_two_processes_run_each_job_once(record_url: str) -> None:
    """On PostgreSQL the second skips what the first has locked; on SQLite it waits its turn."""
    first, second = await open_record(record_url), await open_record(record_url)
    for number in range(40):
        await put(first, f"ring:{number}")
    ran: list[str] = []

    def run(connection: Connection) -> list[str]:
        claimed = jobs.due(connection, NOON, 1)
        return [job.key for job in claimed if jobs.done(connection, job)]

    async def work(record: Record) -> None:
        while keys := await record.write(run):
            ran.extend(keys)

    await asyncio.gather(*(work(record) for record in (first, second) for _ in range(3)))
    assert sorted(ran) == sorted(f"ring:{number}" for number in range(40))
    assert await first.read(jobs.earliest) is None
    await first.close()
    await second.close()
