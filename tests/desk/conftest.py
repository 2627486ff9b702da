"""Worlds on every kind of record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.engine import Record, open_record
from tests.support.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """In office hours; Anna, Ben and Petra at their consoles."""
    made = await World.make()
    yield made
    await made.record.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Record]:
    """A record that several tasks use at once."""
    if request.param == "sqlite":
        record = await open_record(f"sqlite:///{tmp_path / 'desk.db'}")
    else:
        record = await open_record(request.getfixturevalue("postgres_url"))
    yield record
    await record.close()
