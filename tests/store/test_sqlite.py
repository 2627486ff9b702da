"""Group commit, and everything that disk, lock and file do to SQLite while the desk runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from routing.errors import Unavailable
from store import sqlite as engine
from store import sqlite_checkpoints, sqlite_file
from store.engine import Connection, RecordError, open_record
from store.sqlite import SqliteRecord
from tests.store.words import COUNT, PUT, SET, counting, getting, putting
from tests.support.eventually import eventually

TINY = text("PRAGMA max_page_count = 1")  # it cannot shrink below what is there: the next new page is too much


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.db"


@pytest.fixture
async def record(path: Path) -> AsyncIterator[SqliteRecord]:
    opened = await SqliteRecord.open(path)
    yield opened
    await opened.close()


@pytest.fixture
def other(record: SqliteRecord, path: Path) -> Iterator[sqlite3.Connection]:
    """Another process's view of the file."""
    db = sqlite3.connect(path, isolation_level=None)
    yield db
    db.close()


def seen_by(db: sqlite3.Connection) -> set[str]:
    return {key for (key,) in db.execute("SELECT key FROM meta WHERE key LIKE 'k%'")}


class Holding:
    """A verb that writes its key and then holds the writer until it is let go."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, connection: Connection) -> str:
        connection.run(PUT, key=self.key, value="")
        self.begun.set()
        assert self.let_go.wait(20)
        return self.key


def filling(connection: Connection) -> None:
    """Needs a page more than the file may have."""
    connection.all(TINY)
    connection.run(PUT, key="kfull", value="x" * 100_000)


async def test_no_verb_of_a_batch_is_answered_before_the_commit(
    record: SqliteRecord, other: sqlite3.Connection
) -> None:
    first, second = Holding("k1"), Holding("k3")
    opening = asyncio.ensure_future(record.write(first))
    await asyncio.to_thread(first.begun.wait, 20)
    batch = [asyncio.ensure_future(record.write(verb)) for verb in (putting("k2"), second, putting("k4"))]
    await asyncio.sleep(0)
    first.let_go.set()
    await opening
    await asyncio.to_thread(second.begun.wait, 20)
    assert not any(each.done() for each in batch)
    assert seen_by(other) == {"k1"}
    second.let_go.set()
    assert await asyncio.gather(*batch) == ["k2", "k3", "k4"]
    assert seen_by(other) == {"k1", "k2", "k3", "k4"}


async def test_verbs_that_wait_for_a_commit_share_the_next_one(record: SqliteRecord) -> None:
    holding = Holding("k0")
    opening = asyncio.ensure_future(record.write(holding))
    await asyncio.to_thread(holding.begun.wait, 20)
    waiting = [asyncio.ensure_future(record.write(putting(f"k{number}"))) for number in range(1, 200)]
    await asyncio.sleep(0)
    before = record._writer.commits
    holding.let_go.set()
    await asyncio.gather(opening, *waiting)
    assert record._writer.commits - before == 2


async def test_readers_go_on_while_a_verb_holds_the_writer(record: SqliteRecord) -> None:
    await record.write(putting("k1", "one"))
    holding = Holding("k2")
    writing = asyncio.ensure_future(record.write(holding))
    await asyncio.to_thread(holding.begun.wait, 20)
    assert await record.read(getting("k1")) == "one"
    assert await record.read(getting("k2")) is None
    holding.let_go.set()
    await writing


async def test_a_full_disk_fails_the_whole_batch_and_the_record_goes_on_by_itself(
    record: SqliteRecord, other: sqlite3.Connection
) -> None:
    """SQLITE_FULL ends the transaction of all savepoints: what ran after it would be committed on its own."""
    await record.write(putting("k1"))
    later: list[str] = []

    def after(connection: Connection) -> None:
        later.append("ran")
        connection.run(PUT, key="k3", value="")

    holding = Holding("k2")
    opening = asyncio.ensure_future(record.write(holding))
    await asyncio.to_thread(holding.begun.wait, 20)
    batch = [asyncio.ensure_future(record.write(verb)) for verb in (putting("k4"), filling, after)]
    await asyncio.sleep(0)
    holding.let_go.set()
    await opening
    done = await asyncio.gather(*batch, return_exceptions=True)
    assert [type(each) for each in done] == [Unavailable] * 3
    assert later == []
    assert seen_by(other) == {"k1", "k2"}
    await eventually(lambda: record.health().ok)
    await record.write(putting("k5"))
    assert seen_by(other) == {"k1", "k2", "k5"}


async def test_a_verb_cannot_swallow_a_full_disk(record: SqliteRecord, other: sqlite3.Connection) -> None:
    def stubborn(connection: Connection) -> str:
        with contextlib.suppress(sqlite3.Error):
            filling(connection)
        with contextlib.suppress(sqlite3.Error):
            connection.run(PUT, key="kauto", value="")
        return "answer"

    with pytest.raises(Unavailable):
        await record.write(stubborn)
    assert seen_by(other) == set()


async def test_in_trouble_the_reason_is_said_and_retry_s_given(record: SqliteRecord) -> None:
    with pytest.raises(Unavailable) as refused:
        await record.write(filling)
    assert refused.value.retry_s is not None
    assert refused.value.retry_s >= 1
    assert record.health().reason in ("the disk is full", "")


async def test_a_verb_that_commits_by_itself_gets_no_answer(record: SqliteRecord) -> None:
    def rogue(connection: Connection) -> None:
        connection.run(PUT, key="k1", value="")
        connection.run(text("COMMIT"))

    with pytest.raises(Unavailable):
        await record.write(rogue)
    await record.write(putting("k2"))
    assert record.health().ok


async def test_a_lock_of_another_process_refuses_politely_then_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "LOCK_WAIT_S", 0.05)
    record = await SqliteRecord.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await record.write(putting("k1"))
    assert "locked" in record.health().reason
    assert await record.read(counting) == 0
    other.execute("ROLLBACK")
    other.close()
    await eventually(lambda: record.health().ok)
    await record.write(putting("k1"))
    await record.close()


async def test_a_damaged_file_is_refused_until_it_is_sound_again(path: Path) -> None:
    record = await SqliteRecord.open(path)
    for number in range(60):
        await record.write(putting(f"k{number}", "x" * 50_000))
    await record.close()
    record = await SqliteRecord.open(path)
    await record.write(putting("klast"))
    sound = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (len(sound) - 8192))
    with pytest.raises(Unavailable):
        await record.read(lambda connection: connection.all(text("SELECT key, value FROM meta")))
    await eventually(lambda: not record.health().ok)
    assert record.health().reason == "the record's file is damaged"
    with pytest.raises(Unavailable):
        await record.write(putting("kmore"))
    with path.open("r+b") as file:
        file.write(sound)
    await eventually(lambda: record.health().ok)
    await record.write(putting("kagain"))
    assert await record.read(counting) == 62
    await record.close()


async def test_what_is_no_database_is_refused_at_the_start(path: Path) -> None:
    path.write_bytes(b"this is a letter, not a database" * 1000)
    with pytest.raises(RecordError, match="damaged"):
        await open_record(f"sqlite:///{path}")


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecordError, match="cannot be used"):
        await open_record(f"sqlite:///{tmp_path / 'file' / 'record.db'}")


async def test_a_file_that_was_moved_away_takes_no_more_verbs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing to an unlinked file succeeds, and is lost."""
    monkeypatch.setattr(sqlite_checkpoints, "EVERY_S", 0.01)
    record = await SqliteRecord.open(path)
    await record.write(putting("k1"))
    elsewhere = path.rename(path.with_name("elsewhere.db"))
    await eventually(lambda: "moved" in record.health().reason)
    with pytest.raises(Unavailable):
        await record.write(putting("k2"))
    elsewhere.rename(path)
    await eventually(lambda: record.health().ok)
    assert await record.write(putting("k2")) == "k2"
    await record.close()


async def test_a_flood_is_refused_at_once(record: SqliteRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_PENDING", 10)
    done = await asyncio.gather(*(record.write(putting(f"k{number}")) for number in range(30)), return_exceptions=True)
    assert [type(each) for each in done] == [str] * 10 + [Unavailable] * 20
    assert await record.write(putting("klater")) == "klater"


async def test_checkpoints_move_the_wal_into_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "EVERY_S", 0.01)
    record = await SqliteRecord.open(path)
    await record.write(putting("k1"))

    def in_file() -> bool:
        db = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)
        try:
            return bool(seen_by(db))
        finally:
            db.close()

    await eventually(in_file)
    await eventually(lambda: (record.health().wal_bytes or 0) > 0)
    await record.close()
    assert not path.with_name("record.db-wal").exists()


def salts(path: Path) -> bytes:
    """They change when the WAL begins anew (SQLite's file format, section 4.1)."""
    with path.with_name(f"{path.name}-wal").open("rb") as wal:
        return wal.read(24)[16:]


async def test_the_wal_begins_anew_after_each_checkpoint(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "EVERY_S", 0.01)
    monkeypatch.setattr(sqlite_checkpoints, "CALM_COMMITS", 1)
    record = await SqliteRecord.open(path)
    seen: set[bytes] = set()
    for number in range(10_000):
        await record.write(putting(f"k{number}"))
        seen.add(salts(path))
        if len(seen) == 5:
            break
    assert len(seen) == 5
    assert await record.read(counting) == number + 1
    await record.close()


async def test_a_long_read_holds_up_neither_checkpoints_nor_verbs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "EVERY_S", 0.01)
    monkeypatch.setattr(sqlite_checkpoints, "CALM_COMMITS", 1)
    monkeypatch.setattr(sqlite_file, "LOCK_WAIT_S", 3600.0)
    record = await SqliteRecord.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM meta").fetchone()
    wal = path.with_name("record.db-wal")
    for number in range(5):
        await record.write(putting(f"k{number}"))
        await eventually(lambda: record.health().wal_bytes == wal.stat().st_size)  # a turn later
    other.close()
    await record.close()


async def test_who_is_refused_after_writing_leaves_nothing_and_harms_nobody_of_the_batch(record: SqliteRecord) -> None:
    runs: list[str] = []

    def half(connection: Connection) -> str:
        runs.append("half")
        connection.run(PUT, key="khalf", value="")
        raise LookupError

    def whole(connection: Connection) -> int:
        runs.append("whole")
        connection.run(PUT, key=f"kwhole{connection.scalar(COUNT)}", value="")
        return int(connection.scalar(COUNT))

    holding = Holding("kfirst")
    first = asyncio.ensure_future(record.write(holding))
    await asyncio.to_thread(holding.begun.wait, 20)
    batch = asyncio.gather(*(record.write(each) for each in (whole, half, whole)), return_exceptions=True)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    holding.let_go.set()
    one, refused, three = await batch
    assert (one, three) == (2, 3) and isinstance(refused, LookupError)
    assert runs == ["whole", "half", "whole", "half", "whole"]
    await first
    assert await record.read(counting) == 3


async def test_no_reader_keeps_the_wal_from_being_emptied(record: SqliteRecord, other: sqlite3.Connection) -> None:
    await record.write(putting("k1"))
    await asyncio.gather(*(record.read(counting) for _ in range(20)))
    await record.write(putting("k2"))
    busy, frames, moved = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert (busy, frames, moved) == (0, 0, 0)


async def test_a_query_sees_one_snapshot(record: SqliteRecord) -> None:
    await record.write(putting("k1"))
    counted, go_on = threading.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[int, int]:
        first: int = connection.scalar(COUNT)
        counted.set()
        assert go_on.wait(20)
        return first, connection.scalar(COUNT)

    reading = asyncio.ensure_future(record.read(twice))
    await asyncio.to_thread(counted.wait, 20)
    await record.write(putting("k2"))
    go_on.set()
    assert await reading == (1, 1)
    assert await record.read(counting) == 2


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
async def test_no_verb_ends_the_writer(record: SqliteRecord, stop: type[BaseException]) -> None:
    def verb(connection: Connection) -> None:
        raise stop

    future = asyncio.ensure_future(_caught(lambda: record.write(verb)))
    assert isinstance(await future, stop)
    await record.write(putting("k1"))


async def _caught(call: Callable[[], object]) -> BaseException | None:
    try:
        await call()  # type: ignore[misc]
    except BaseException as error:
        return error
    return None


async def test_changes_and_upserts_meet_the_same_row(record: SqliteRecord) -> None:
    await asyncio.gather(*(record.write(lambda c: c.run(SET, key="k1", value="x")) for _ in range(50)))
    assert await record.read(counting) == 1


def test_a_full_disk_loses_nothing_acknowledged(path: Path) -> None:
    """A limit on the size of files is a full disk without root; the limit is lifted, and it goes on by itself."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.store.full", str(path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert set(told["acked"]) == seen_by(db)
    db.close()
    assert told["refused"] > 0
    assert told["reason"] in ("the disk is full", "the disk reports read or write errors")
    assert told["after"] > 0
