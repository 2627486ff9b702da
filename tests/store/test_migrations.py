"""Migrations: from empty to the metadata, once, in order, and never backwards."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine, func, inspect, select, text
from sqlalchemy.engine import Engine

from store import migrations
from store.engine import Record, RecordError, open_record
from store.migrations import Step, freeze
from store.schema import message, metadata
from tests.store.words import counting, putting

BOTH = ("sqlite", "postgresql")
SECOND = Step(2, "colour", dict.fromkeys(BOTH, ("CREATE TABLE colour (name TEXT PRIMARY KEY)",)), 2)
EXPANDS = Step(2, "mood", dict.fromkeys(BOTH, ("ALTER TABLE message ADD COLUMN mood TEXT",)), 1)
CONTRACTS = Step(3, "no_mood", dict.fromkeys(BOTH, ("ALTER TABLE message DROP COLUMN mood",)), 2)


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def steps_of(url: str) -> list[int]:
    """What was done, as the record itself says."""
    engine = engine_of(url)
    with engine.connect() as connection:
        found = list(connection.execute(text("SELECT number FROM migration ORDER BY number")).scalars())
    engine.dispose()
    return found


def described(engine: Engine) -> dict[str, Any]:
    """Tables as the database itself describes them."""
    look = inspect(engine)
    return {
        name: {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in look.get_columns(name)],
            "key": look.get_pk_constraint(name)["constrained_columns"],
            "references": sorted(
                (tuple(f["constrained_columns"]), f["referred_table"]) for f in look.get_foreign_keys(name)
            ),
            "indexes": _indexes(engine, name),
            "unique": sorted(tuple(u["column_names"]) for u in look.get_unique_constraints(name)),
        }
        for name in look.get_table_names()
        if name != "migration"
    }


def _indexes(engine: Engine, name: str) -> list[str]:
    """As the database would make them again, with conditions and expressions."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            asked = text("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :name AND sql IS NOT NULL")
        else:
            asked = text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = :name")
        return sorted(" ".join(row[0].split()) for row in connection.execute(asked, {"name": name}))


@pytest.fixture(params=["sqlite", "postgresql"])
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """One record to migrate, one to make from the metadata."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'migrated.db'}", f"sqlite:///{tmp_path / 'made.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        migrated, made = server.fresh(), server.fresh()
        request.addfinalizer(lambda: [server.drop(name) for name in (migrated, made)])
        return server.url(migrated), server.url(made)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")  # `_indexes` has them
async def test_a_record_migrated_from_empty_is_what_the_metadata_says(two_urls: tuple[str, str]) -> None:
    migrated, made = two_urls
    await (await open_record(migrated)).close()
    one, other = engine_of(migrated), engine_of(made)
    metadata.create_all(other)
    assert described(one) == described(other)
    assert described(one).keys() == metadata.tables.keys()
    for engine in (one, other):
        engine.dispose()


def test_step_1_was_frozen_after_the_last_change_of_the_schema() -> None:
    assert freeze.STEP.read_text() == freeze.written(), "run `python -m store.migrations.freeze`"


async def test_a_second_start_changes_nothing(record_url: str) -> None:
    record = await open_record(record_url)
    await record.write(putting("k1"))
    await record.close()
    record = await open_record(record_url)
    assert await record.read(counting) == 1
    await record.close()


async def test_records_opened_at_once_are_migrated_once(record_url: str) -> None:
    records: list[Record] = await asyncio.gather(*(open_record(record_url) for _ in range(4)))
    for record in records:
        await record.close()
    assert steps_of(record_url) == [step.number for step in migrations.steps()]


async def test_processes_started_at_once_are_migrated_once(record_url: str) -> None:
    script = (
        "import asyncio, sys\nfrom store.engine import open_record\n"
        "async def main():\n await (await open_record(sys.argv[1])).close()\nasyncio.run(main())"
    )
    started = [subprocess.Popen([sys.executable, "-c", script, record_url]) for _ in range(3)]
    assert [each.wait(60) for each in started] == [0, 0, 0]
    assert steps_of(record_url) == [step.number for step in migrations.steps()]


async def migrate(url: str, steps: list[Step]) -> list[int]:
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None) as db:
            return migrations.migrate_sqlite(db, steps)
    else:
        with psycopg.connect(url, autocommit=True) as raw:
            return migrations.migrate_postgres(raw, steps)


async def test_a_newer_record_refuses_an_older_program(record_url: str) -> None:
    assert await migrate(record_url, [*migrations.steps(), SECOND]) == [1, 2]
    with pytest.raises(RecordError, match=r"newer vipdesk.*step 2 \(colour\)"):
        await open_record(record_url)


async def test_a_step_that_only_adds_lets_the_older_program_start_beside_the_newer(record_url: str) -> None:
    assert await migrate(record_url, [*migrations.steps(), EXPANDS]) == [1, 2]
    older = await open_record(record_url)
    await older.write(putting("k1"))
    assert await older.read(counting) == 1
    await older.close()
    assert await migrate(record_url, [*migrations.steps(), EXPANDS, CONTRACTS]) == [3]
    with pytest.raises(RecordError, match=r"step 3 \(no_mood\) works with programs from step 2 on, .* up to 1\. Start"):
        await open_record(record_url)


async def test_a_change_waits_behind_a_reader_without_holding_everybody_up(postgres_url: str) -> None:
    older = await open_record(postgres_url)
    with psycopg.connect(postgres_url) as backup:
        backup.execute("SELECT count(*) FROM message")  # its transaction stays open, as that of a pg_dump
        changing = asyncio.create_task(asyncio.to_thread(_changed, postgres_url))
        await asyncio.to_thread(_until_somebody_waits, postgres_url)
        assert await older.read(lambda connection: connection.scalar(select(func.count()).select_from(message))) == 0
        assert not changing.done()
    assert await changing == [2]
    await older.close()


def _changed(url: str) -> list[int]:
    with psycopg.connect(url, autocommit=True) as raw:
        return migrations.migrate_postgres(raw, [*migrations.steps(), EXPANDS])


def _until_somebody_waits(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as raw:
        while not raw.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'message'::regclass").fetchone():
            pass


async def test_only_the_missing_steps_run(record_url: str) -> None:
    await (await open_record(record_url)).close()
    assert await migrate(record_url, [*migrations.steps(), SECOND]) == [2]
    assert await migrate(record_url, [*migrations.steps(), SECOND]) == []


async def test_a_step_that_was_changed_later_is_refused(record_url: str) -> None:
    await (await open_record(record_url)).close()
    first, *rest = migrations.steps()
    changed = {name: (*texts, "SELECT 1") for name, texts in first.statements.items()}
    with pytest.raises(RecordError, match="not the one of this program"):
        await migrate(record_url, [replace(first, statements=changed), *rest])


async def test_a_step_that_fails_leaves_the_record_as_it_was(record_url: str) -> None:
    await (await open_record(record_url)).close()
    bad = replace(SECOND, statements={name: (*texts, "NONSENSE") for name, texts in SECOND.statements.items()})
    with pytest.raises((sqlite3.Error, psycopg.Error)):
        await migrate(record_url, [*migrations.steps(), bad])
    assert await migrate(record_url, [*migrations.steps(), SECOND]) == [2]


def test_no_table_of_the_schema_is_called_like_the_ledger() -> None:
    assert "migration" not in metadata.tables
    assert isinstance(metadata, MetaData)
