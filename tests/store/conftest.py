"""Records to test on: SQLite in a file, SQLite inline, PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.engine import InlineRecord, Record, open_record


@pytest.fixture(params=["sqlite", "postgresql"])
def record_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a record of the test's own can be opened, more than once."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'record.db'}"
    else:
        url: str = request.getfixturevalue("postgres_url")
        return url


@pytest.fixture(params=["sqlite", "inline", "postgresql"])
async def record(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Record]:
    """An empty record of each kind."""
    if request.param == "sqlite":
        opened: Record = await open_record(f"sqlite:///{tmp_path / 'record.db'}")
    elif request.param == "inline":
        opened = InlineRecord()
    else:
        opened = await open_record(request.getfixturevalue("laid_postgres_url"))
    yield opened
    await opened.close()
