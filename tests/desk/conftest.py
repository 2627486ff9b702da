"""Worlds on both kinds of record; records that several tasks or processes use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from store import schema
from store.engine import InlineRecord, Record, open_record
from store.postgres import PostgresRecord
from tests.desk.doors import Doors
from tests.desk.post import Post, opened
from tests.support.services import PostgresServer
from tests.support.world import World

NewWorld = Callable[..., Awaitable[World]]
EMPTY = "SET session_replication_role = replica; " + "; ".join(
    f'DELETE FROM "{table.name}"' for table in schema.metadata.sorted_tables
)
"""Quicker than TRUNCATE, which makes each table a new file. The audit refuses to be emptied, except by a superuser who
leaves triggers out."""


@pytest.fixture(scope="module")
def _database(_postgres: PostgresServer | None) -> Iterator[str | None]:
    """One database for the worlds of a module."""
    if _postgres is None:
        yield None
    else:
        name = _postgres.fresh()
        yield _postgres.url(name)
        _postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, _database: str | None) -> AsyncIterator[Record]:
    """A record with nothing in it."""
    if request.param == "sqlite":
        record: Record = InlineRecord()
    else:
        request.getfixturevalue("postgres_server")  # skips, and says so, where there is none
        assert _database is not None
        record = await PostgresRecord.open(_database)
        with psycopg.connect(_database, autocommit=True) as connection:
            connection.execute(EMPTY.encode())
    yield record
    await record.close()


@pytest.fixture
def new_world(empty: Record) -> NewWorld:
    """Makes the world of a test: at another hour, with other people here."""

    async def make(**fields: object) -> World:
        return await World.make(empty, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
async def world(new_world: NewWorld) -> World:
    """In office hours; Anna, Ben and Petra at their consoles."""
    return await new_world()


@pytest.fixture(params=["sqlite", "postgresql"])
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Record]:
    """A record that several tasks use at once."""
    if request.param == "sqlite":
        record = await open_record(f"sqlite:///{tmp_path / 'desk.db'}")
    else:
        record = await open_record(request.getfixturevalue("laid_postgres_url"))
    yield record
    await record.close()


@pytest.fixture
def record_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where several processes, one after the other, open the same record."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url: str = request.getfixturevalue("postgres_url")
        return url


@pytest.fixture
async def doors(new_world: NewWorld) -> Doors:
    """A world in which nobody is there yet, and the ways into it."""
    return Doors(await new_world(here=()))


@pytest.fixture
async def post(world: World) -> Post:
    """Mail that arrives in it."""
    return await opened(world)
