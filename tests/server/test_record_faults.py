"""Disk, lock and database fail under a running desk: it says so, refuses politely, goes on, and has lost nothing."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.checker import check
from tests.support.damage import Damage
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.support.services import NotToBeHad, PostgresServer, missing, postgres_server
from tests.support.talking import ready, talker

QUICK = {"VIPDESK_FRAME_RATE": "1000", "VIPDESK_FRAME_BURST": "1000"}


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Iterator[RunningDesk]:
    with RunningDesk(tmp_path / "data", QUICK) as desk:
        yield desk


@pytest.fixture
def own_postgres(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A cluster that may be stopped."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(postgres_server(tmp_path_factory.mktemp("own")))
        except NotToBeHad:
            missing.note("postgresql", request.node.nodeid)
            pytest.skip("no postgresql here")
        yield server


async def survives(
    desk: RunningDesk, url: str, begin: Callable[[], object], mend: Callable[[], object], said: tuple[str, ...]
) -> None:
    """Talks before, during and after."""
    async with talker(desk) as person:
        await person.say(20)
        await asyncio.to_thread(begin)
        during = asyncio.create_task(person.say(40))
        await eventually(lambda: bool(person.refused))
        await eventually(lambda: ready(desk)[0] == 503)
        state = ready(desk)[1]["record"]
        assert any(words in state for words in said), state
        assert all(retry_s > 0 for retry_s in person.refused)
        await asyncio.to_thread(mend)
        await during
        await eventually(lambda: ready(desk) == (200, dict.fromkeys(ready(desk)[1], "ok")))
        await person.say(10)
        await eventually(lambda: len(person.client.events(person.ticket)) == 71)
    assert check(url, [person.log], settled=False) == []
    assert len(person.log.acked) == 71


async def test_a_full_disk(sqlite_desk: RunningDesk) -> None:
    """No file of the process can grow any more, the log neither."""
    _, most = resource.prlimit(sqlite_desk.pid, resource.RLIMIT_FSIZE)

    def limit(to: int) -> Callable[[], object]:
        return lambda: resource.prlimit(sqlite_desk.pid, resource.RLIMIT_FSIZE, (to, most))

    url = f"sqlite:///{sqlite_desk.folder}/vipdesk.db"
    await survives(sqlite_desk, url, limit(4096), limit(most), ("disk",))


async def test_a_locked_file(sqlite_desk: RunningDesk) -> None:
    other = sqlite3.connect(sqlite_desk.folder / "vipdesk.db", isolation_level=None, check_same_thread=False)
    url = f"sqlite:///{sqlite_desk.folder}/vipdesk.db"
    with contextlib.closing(other):
        await survives(
            sqlite_desk, url, lambda: other.execute("BEGIN IMMEDIATE"), lambda: other.execute("ROLLBACK"), ("locked",)
        )


async def test_a_damaged_file(sqlite_desk: RunningDesk) -> None:
    """It goes on by itself when the sound bytes are back, and its log told why it did not, without a traceback."""
    file = sqlite_desk.folder / "vipdesk.db"
    damage = Damage(file, "message")
    await survives(sqlite_desk, f"sqlite:///{file}", damage.begin, damage.mend, ("damaged",))
    log = sqlite_desk.log.read_text()
    assert 'record.unavailable reason="the record\'s file is damaged"' in log
    assert "record.available" in log
    assert "Traceback" not in log


async def test_a_database_that_stops_and_starts_again(own_postgres: PostgresServer, tmp_path: Path) -> None:
    url = own_postgres.url(own_postgres.fresh())
    with RunningDesk(tmp_path / "data", QUICK | {"VIPDESK_DATABASE_URL": url}) as desk:
        await survives(desk, url, own_postgres.stop, own_postgres.start, ("reached", "closes"))
