"""When everybody comes at once: who comes back goes first, nobody starves, and who waits too long is sent away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from routing.errors import Unavailable
from server.sockets.gate import Gate
from tests.sockets.conftest import House
from tests.support.eventually import eventually


class Crowd:
    """People at one gate; `came` are their names in the order of their turns."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.came: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def comes(self, name: str, *, returning: bool) -> asyncio.Task[None]:
        async def one() -> None:
            async with self.gate.turn(returning=returning):
                self.came.append(name)

        self.tasks.append(asyncio.create_task(one()))
        await asyncio.sleep(0)
        return self.tasks[-1]

    async def all_gone(self) -> None:
        await asyncio.gather(*self.tasks, return_exceptions=True)


@asynccontextmanager
async def full(gate: Gate) -> AsyncIterator[Crowd]:
    """Its only place is taken until the end of the block."""
    crowd = Crowd(gate)
    async with gate.turn(returning=True):
        yield crowd
    await crowd.all_gone()


async def test_of_seven_turns_five_go_to_who_comes_back_and_two_to_who_is_new() -> None:
    async with full(Gate(at_once=1)) as crowd:
        for number in range(14):
            await crowd.comes(f"new {number}", returning=False)
            await crowd.comes(f"back {number}", returning=True)
    first = [name.split()[0] for name in crowd.came[:14]]
    assert (first.count("back"), first.count("new")) == (10, 4)
    assert [name for name in crowd.came if name.startswith("back")] == [f"back {number}" for number in range(14)]
    assert [name for name in crowd.came if name.startswith("new")] == [f"new {number}" for number in range(14)]


async def test_who_waits_too_long_is_sent_away_and_leaves_the_place_to_others() -> None:
    gate = Gate(at_once=1, patience_s=0.01)
    async with full(gate) as crowd:
        with pytest.raises(Unavailable):
            async with gate.turn(returning=False):
                pass
        assert gate.waiting == 0
    await crowd.comes("later", returning=False)
    assert crowd.came == ["later"]


async def test_a_turn_of_who_has_left_goes_to_the_next() -> None:
    gate = Gate(at_once=1)
    async with full(gate) as crowd:
        gone = await crowd.comes("gone", returning=True)
        await crowd.comes("next", returning=False)
        gone.cancel()
    assert gone.cancelled() and crowd.came == ["next"]


async def test_a_turn_given_to_somebody_who_leaves_in_that_moment_is_not_lost() -> None:
    gate = Gate(at_once=1)
    crowd = Crowd(gate)
    async with gate.turn(returning=True):
        gone = await crowd.comes("gone", returning=True)
        await crowd.comes("next", returning=False)
    gone.cancel()  # it has its turn, and has not run yet
    await asyncio.gather(*crowd.tasks, return_exceptions=True)
    await crowd.comes("last", returning=False)
    assert crowd.came == ["next", "last"]


async def test_who_finds_no_turn_is_asked_to_come_again(house: House) -> None:
    house.sockets.gate = Gate(at_once=0, patience_s=0.01)
    assert await (await house.contact()).code() == 1013
    await eventually(lambda: not house.sockets.connections)
