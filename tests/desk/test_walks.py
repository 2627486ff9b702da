"""Jobs that walk over the whole desk: nobody's verb waits behind them, and what they tell is complete."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from desk.walks import PIECE
from store import buttons
from store.buttons import Button
from store.engine import Connection
from store.inline import InlineRecord
from store.times import micros
from tests.support.world import World, of_type

T = TypeVar("T")
MANY = 2 * PIECE + 7


class Counting(InlineRecord):
    """Counts the statements of each transaction that writes."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    async def write(self, verb: Callable[[Connection], T], *, name: str = "") -> T:
        ran: list[str] = []
        self._db.set_trace_callback(ran.append)
        try:
            return await super().write(verb, name=name)
        finally:
            self._db.set_trace_callback(None)
            self.most = max(self.most, len(ran))


async def many_buttons() -> tuple[World, Counting]:
    record = Counting()
    world = await World.make(record)
    at = micros(world.clock.now())

    def verb(connection: Connection) -> None:
        for number in range(MANY):
            new = Button(f"b{number}", f"key_{number}", "brightwater", "Button", "office", (), "open", "en")
            buttons.add(connection, new, at)

    await record.write(verb, name="buttons")
    record.most = 0
    return world, record


async def test_every_button_is_told_and_no_verb_waits_for_the_last() -> None:
    world, record = await many_buttons()
    heard = world.listen(*(f"button:b{number}" for number in range(MANY)))
    await world.goes("agent", "anna")
    await world.due()
    assert len(of_type(heard, "promise")) == MANY
    assert record.most < MANY


async def test_the_next_opening_is_wished_whatever_the_number_of_buttons() -> None:
    world, record = await many_buttons()
    await world.desk.run("start", lambda work: work.job("edges", "edges"))
    await world.due()
    assert record.most < MANY
    heard = world.listen(f"button:b{MANY - 1}")
    await world.go_on(9 * 3600)
    assert {frame["because"] for frame in of_type(heard, "promise")} >= {"closed"}


async def test_who_dies_on_the_way_is_followed_by_another(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Died(BaseException):
        pass

    def dies(items: object) -> None:
        raise Died

    await world.due()
    heard = world.listen("desk")
    await world.desk.run("wish", lambda work: work.job("people", "people"))
    with monkeypatch.context() as dying:
        dying.setattr(world.live, "publish", dies)
        with pytest.raises(Died):
            await world.due()
    assert await world.due() == 0  # it is still leased
    await world.go_on(6)
    assert of_type(heard, "people")
