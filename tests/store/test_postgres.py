"""What a server, a wire and other people's locks do to the record on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from routing.errors import Unavailable
from store import condition, postgres
from store.engine import Connection, RecordError, Violation, open_record
from store.postgres import PostgresRecord
from tests.store.words import CHANGE, GET, LOCK, PUT, counting, getting, putting
from tests.support import services
from tests.support.eventually import eventually
from tests.support.proxy import FaultProxy
from tests.support.services import PostgresServer


@pytest.fixture
async def record(laid_postgres_url: str) -> AsyncIterator[PostgresRecord]:
    opened = await PostgresRecord.open(laid_postgres_url)
    yield opened
    await opened.close()


@pytest.fixture
def other(record: PostgresRecord, laid_postgres_url: str) -> Iterator[psycopg.Connection]:
    """Somebody else on the same database."""
    with psycopg.connect(laid_postgres_url, autocommit=True) as raw:
        yield raw


def changing(key: str, value: str) -> Callable[[Connection], int]:
    return lambda connection: connection.run(CHANGE, b_key=key, b_value=value)


def end_all(other: psycopg.Connection) -> None:
    """Every other connection of this database ends, as at a restart."""
    other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def test_verbs_go_on_after_the_server_ended_every_connection(
    record: PostgresRecord, other: psycopg.Connection
) -> None:
    await asyncio.gather(*(record.write(putting(f"k{number}")) for number in range(20)))
    end_all(other)
    done = await asyncio.gather(*(record.write(putting(f"k{number}")) for number in range(20, 40)))
    assert len(done) == 20
    assert await record.read(counting) == 40
    assert record.health().ok


async def test_a_connection_that_ends_inside_a_verb_runs_it_again(
    record: PostgresRecord, other: psycopg.Connection
) -> None:
    runs: list[int] = []

    def verb(connection: Connection) -> str:
        runs.append(len(runs))
        connection.run(PUT, key="k1", value="")
        if len(runs) == 1:
            end_all(other)
        return str(connection.scalar(GET, key="k1"))

    await record.write(verb)
    assert runs == [0, 1]
    assert await record.read(counting) == 1


async def test_a_deadlock_is_decided_again(record: PostgresRecord) -> None:
    await record.write(putting("k1"))
    await record.write(putting("k2"))
    both = threading.Barrier(2, timeout=20)
    runs: list[str] = []

    def locking(first: str, second: str) -> Callable[[Connection], None]:
        def verb(connection: Connection) -> None:
            runs.append(first)
            connection.scalar(LOCK, key=first)
            if len(runs) <= 2:
                both.wait()
            connection.run(CHANGE, b_key=second, b_value=first)

        return verb

    await asyncio.gather(record.write(locking("k1", "k2")), record.write(locking("k2", "k1")))
    assert len(runs) >= 3  # more when the winner was slow
    assert (await record.read(getting("k1")), await record.read(getting("k2"))) == ("k2", "k1")


async def test_a_lost_race_for_a_row_sees_the_winner_when_it_runs_again(
    record: PostgresRecord, other: psycopg.Connection
) -> None:
    runs: list[object] = []

    def verb(connection: Connection) -> object:
        found = connection.scalar(GET, key="k1")
        runs.append(found)
        if found is None:
            if len(runs) == 1:
                other.execute("INSERT INTO meta (key, value) VALUES ('k1', 'winner')")
            connection.run(PUT, key="k1", value="loser")
        return found

    assert await record.write(verb) == "winner"
    assert runs == [None, "winner"]


async def test_a_violation_that_stays_is_the_answer(record: PostgresRecord) -> None:
    await record.write(putting("k1"))
    with pytest.raises(Violation):
        await record.write(putting("k1"))


async def test_a_row_that_somebody_locks_refuses_only_who_needs_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_OPTIONS", "-c lock_timeout=50")
    record = await PostgresRecord.open(postgres_url)
    await record.write(putting("k1"))
    with psycopg.connect(postgres_url) as holder:
        holder.execute("SELECT value FROM meta WHERE key = 'k1' FOR UPDATE")
        stuck = asyncio.ensure_future(record.write(changing("k1", "x")))
        assert await record.write(putting("k2")) == "k2"
        with pytest.raises(Unavailable):
            await stuck
        assert record.health().ok
    await record.write(changing("k1", "y"))
    assert await record.read(getting("k1")) == "y"
    await record.close()


async def test_a_read_only_server_is_said_and_forgotten_when_it_is_over(record: PostgresRecord) -> None:
    def verb(connection: Connection) -> None:
        connection.run(text("SET TRANSACTION READ ONLY"))
        connection.run(PUT, key="k1", value="")

    with pytest.raises(Unavailable):
        await record.write(verb)
    assert record.health().reason == "the database is read-only"
    await record.write(putting("k1"))
    assert record.health().ok


async def test_a_query_sees_one_snapshot(record: PostgresRecord, other: psycopg.Connection) -> None:
    def twice(connection: Connection) -> tuple[int, int]:
        before = counting(connection)
        other.execute("INSERT INTO meta (key, value) VALUES ('k1', '')")
        return before, counting(connection)

    assert await record.read(twice) == (0, 0)


async def test_a_mistake_in_a_statement_is_no_trouble_of_the_server(record: PostgresRecord) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await record.write(lambda connection: connection.run(text("DELETE FROM nothing")))
    assert record.health().ok


async def test_a_server_that_may_lose_commits_is_told_not_to(record: PostgresRecord) -> None:
    setting = text("SELECT current_setting('synchronous_commit')")
    assert await record.write(lambda connection: connection.scalar(setting)) == "on"


@pytest.mark.parametrize("known", [True, False], ids=["the server never got it", "the answer was lost"])
async def test_a_commit_with_unknown_outcome_is_settled_by_running_again(
    postgres_server: PostgresServer, known: bool
) -> None:
    """The wire is cut at COMMIT, before it or after it arrived: the verb that looks first writes exactly once."""
    name = postgres_server.fresh()
    runs: list[object] = []

    def verb(connection: Connection) -> object:
        runs.append(connection.scalar(GET, key="k1"))
        if runs[-1] is None:
            connection.run(PUT, key="k1", value="")
        return "answer"

    async with FaultProxy(postgres_server.port) as proxy:
        record = await PostgresRecord.open(f"postgresql://desk@127.0.0.1:{proxy.port}/{name}?sslmode=disable")
        await asyncio.gather(*(record.write(counting) for _ in range(10)))
        if known:
            proxy.faults.up.cut_before = b"COMMIT"
        else:
            proxy.faults.down.cut_before = b"COMMIT\0"
        assert await record.write(verb, name="say") == "answer"
        assert runs == ([None, None] if known else [None, ""])
        assert await record.read(counting) == 1
        await record.close()
    postgres_server.drop(name)


async def test_a_server_that_is_gone_refuses_and_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> None:
    """A server of its own, killed as at a power cut: nothing acknowledged is missing."""
    folder: Path = tmp_path_factory.mktemp("server")
    try:
        started = services.postgres_server(folder)
        with started as server:
            await _killed_and_back(server)
    except services.NotToBeHad:
        services.missing.note("postgresql", request.node.nodeid)
        pytest.skip("no postgresql here")


async def _killed_and_back(server: PostgresServer) -> None:
    url = server.url(server.fresh())
    record = await open_record(url)
    acked = list(await asyncio.gather(*(record.write(putting(f"k{number}")) for number in range(50))))
    await asyncio.to_thread(server.stop)
    for number in range(50, 60):
        with pytest.raises(Unavailable):
            await record.write(putting(f"k{number}"))
    with pytest.raises(Unavailable):
        await record.read(counting)
    assert record.health().reason == "the database cannot be reached"
    await asyncio.to_thread(server.start)

    async def back() -> bool:
        with contextlib.suppress(Unavailable):
            await record.read(counting)
        return record.health().ok

    await eventually(back)
    acked.append(await record.write(putting("kback")))
    assert await record.read(counting) == len(acked)
    await record.close()


async def test_a_server_that_is_not_there_is_said_at_the_start(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.CRITICAL)
    with pytest.raises(RecordError, match="cannot be used"):
        await open_record(f"postgresql://desk@/none?host={tmp_path}")


async def test_a_database_that_would_not_know_letters_is_refused_and_named(postgres_server: PostgresServer) -> None:
    name = postgres_server.fresh(encoding="SQL_ASCII")
    url = postgres_server.url(name)
    said = "The database must hold texts as UTF8; this one is made with SQL_ASCII."
    with pytest.raises(RecordError, match=said):
        await open_record(url)
    assert condition.look(url, 0.0).fault == said
    postgres_server.drop(name)
