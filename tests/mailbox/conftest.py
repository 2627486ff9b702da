"""The office whose mailbox is read, on both kinds of record, and one whose mail makes its round over real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailbox import holding, service
from store.blobs import Blobs
from store.engine import Record, open_record
from tests.mailbox import outbound
from tests.mailbox.office import Office
from tests.mailbox.round_trip import Round
from tests.support.dovecot import DovecotServer
from tests.support.imap_pymap import pymap_server
from tests.support.postfix import PostfixServer
from tests.support.world import World


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a record on either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'record.db'}"
    else:
        return str(request.getfixturevalue("laid_postgres_url"))


@pytest.fixture
async def record(url: str) -> AsyncIterator[Record]:
    """With people in it."""
    opened = await open_record(url)
    await World.make(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def office(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(holding, "BEAT_S", 0.05)
    monkeypatch.setattr(holding, "STANDS_STILL_S", 0.5)
    monkeypatch.setattr(service, "LOOK_S", 0.05)
    async with pymap_server() as server:
        yield Office(record, Blobs(tmp_path / "files"), server.port)


@pytest.fixture
async def round(
    tmp_path: Path, postfix: PostfixServer, whole_dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Round]:
    monkeypatch.setattr(holding, "BEAT_S", 0.05)
    monkeypatch.setattr(service, "LOOK_S", 0.05)
    record = await open_record(f"sqlite:///{tmp_path / 'record.db'}")
    await World.make(record)
    yield await Round.begin(outbound.Office(record, tmp_path / "files"), postfix.port, whole_dovecot)
    await record.close()
