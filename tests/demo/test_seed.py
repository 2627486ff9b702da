"""The demo is there as a whole or made anew, and starting over is a new life."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server.demo import cast, history, seed
from server.demo.seed import Ground
from server.opening import Opened, opened
from server.settings import Settings
from store import agents, meta
from store.emptying import empty
from store.engine import Connection
from store.schema import ticket


@pytest.fixture
async def base(tmp_path: Path) -> AsyncIterator[Opened]:
    async with opened(Settings(data=tmp_path)) as base:
        yield base


COUNT = select(func.count()).select_from(ticket)


async def tickets_of(base: Opened) -> int:
    found: int = await base.record.read(lambda connection: connection.scalar(COUNT))
    return found


class Cut(Exception):
    """The power went."""


async def test_a_demo_that_was_interrupted_in_its_making_is_made_anew(
    base: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(now: object) -> Iterator[history.Act]:
        raise Cut
        yield

    with monkeypatch.context() as patched:
        patched.setattr(history, "acts", cut)
        with pytest.raises(Cut):
            await seed.begin(base)
    assert await base.record.read(meta.kind) == "demo"
    assert await tickets_of(base) == 0
    await seed.go_on(base)
    assert await tickets_of(base) == len(history.STORIES)
    first = await base.record.read(meta.epoch)
    await seed.go_on(base)
    assert await base.record.read(meta.epoch) == first


async def test_starting_over_is_a_new_epoch_with_the_same_people(base: Opened) -> None:
    await seed.begin(base)
    before = await base.record.read(meta.epoch)
    await seed.start_over(Ground(base.settings, base.record, base.clock, base.sealer))
    assert await base.record.read(meta.epoch) not in (None, before)
    assert {each.id for each in await base.record.read(agents.every)} == {each.id for each in cast.AGENTS}
    assert await tickets_of(base) == len(history.STORIES)


async def test_a_real_desks_record_is_never_emptied(base: Opened) -> None:
    def verb(connection: Connection) -> None:
        meta.set_kind(connection, "real")
        empty(connection)

    with pytest.raises(ValueError, match="only a demo's record"):
        await base.record.write(verb, name="test")
