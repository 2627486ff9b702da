"""Processes that do not reach each other in live know each other's agents by the record, and miss who really left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from desk.requests import Accept, Press
from desk.roll import ALONE_S, EVERY_S, Roll
from live.base import LEASE_S
from live.redis import RedisLive
from tests.desk.conftest import NewWorld
from tests.support.world import World

NOWHERE = "redis://127.0.0.1:1/0"


class Two:
    """Two processes on one record, none with Redis: `near` has Anna's line, `far` has nobody's and runs the clock."""

    def __init__(self, near: World, far: World) -> None:
        self.near, self.far = near, far
        self._rolls = [Roll(near.desk), Roll(far.desk)]

    async def go_on(self, seconds: float) -> None:
        """Time passes for both; Anna's line beats while she is there."""
        for _ in range(round(seconds / EVERY_S)):
            self.near.clock.move(timedelta(seconds=EVERY_S))
            for kind, person in self.near.there:
                await self.near.live.beat(kind, person, "socket")
            for roll in self._rolls:
                await roll.look()
            await self.far.watch.look()
            await self.far.due()


@pytest.fixture
async def two(new_world: NewWorld) -> AsyncIterator[Two]:
    near = await new_world(here=())
    far = World(near.record, near.clock.now())
    far.clock = far.desk.clock = near.clock
    for each in (near, far):
        each.live = each.desk.live = RedisLive(NOWHERE, "roll", monotonic=near.clock.monotonic)
        await each.live.start()
    yield Two(near, far)
    for each in (near, far):
        await each.live.close()


async def test_whose_line_is_elsewhere_is_rung_and_kept_until_they_are_gone(two: Two) -> None:
    await two.near.comes("agent", "anna")
    await two.go_on(2 * EVERY_S)
    pressed = await two.far.ask("priya", Press, text="The feed has stopped.")
    await two.near.ask("anna", Accept, ring=await two.near.ring_of("anna"))
    await two.go_on(ALONE_S + LEASE_S)
    assert (await two.far.kinds(pressed["ticket"]))[-1] == "chat live"
    two.near.there.clear()
    await two.near.live.gone("agent", "anna", "socket")
    await two.go_on(LEASE_S - EVERY_S)
    assert (await two.far.kinds(pressed["ticket"]))[-1] == "chat live"
    await two.go_on(3 * EVERY_S)
    assert (await two.far.kinds(pressed["ticket"]))[-1] == "chat grace"


async def test_nobody_is_missed_before_all_could_tell(two: Two) -> None:
    await two.near.comes("agent", "anna")
    await two.go_on(2 * EVERY_S)
    pressed = await two.far.ask("priya", Press, text="The feed has stopped.")
    await two.near.ask("anna", Accept, ring=await two.near.ring_of("anna"))
    lonely = Roll(two.far.desk)
    await lonely.look()
    await two.far.watch.look()
    assert not two.far.desk.elsewhere.settled
    assert (await two.far.kinds(pressed["ticket"]))[-1] == "chat live"
