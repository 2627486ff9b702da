"""Who is here and who went: what the record waits for, and what it got wrong for a moment."""

from __future__ import annotations

from typing import Any

import pytest

from desk.reading import Opening
from desk.requests import Press
from tests.desk.test_press import live_chat
from tests.support.world import World


async def opening(world: World, person: str) -> Opening:
    return await world.reading.opening(await world.signed(person))


async def test_the_record_is_told_only_of_contacts_it_waits_for(world: World) -> None:
    assert not (await opening(world, await world.visitor())).awaited
    await world.comes("contact", "priya")
    await live_chat(world)
    assert not (await opening(world, "priya")).awaited
    await world.goes("contact", "priya")
    assert (await opening(world, "priya")).awaited
    await world.comes("contact", "priya")
    assert not (await opening(world, "priya")).awaited


async def test_the_record_waits_for_who_stands_in_the_queue(world: World) -> None:
    for agent in ("anna", "ben", "petra"):
        await world.goes("agent", agent)
    await world.comes("contact", "priya")
    await world.ask("priya", Press, text="Hello?")
    assert (await opening(world, "priya")).awaited


async def test_agents_are_always_waited_for(world: World) -> None:
    assert (await opening(world, "anna")).awaited


async def test_who_came_back_while_their_going_was_noted_counts_as_here_at_the_next_look(world: World) -> None:
    await world.comes("contact", "priya")
    await live_chat(world)
    await world.desk.person_gone("contact", "priya")  # of the line before; the next one has its lease already
    assert (await opening(world, "priya")).awaited
    await world.watch.look()
    assert not (await opening(world, "priya")).awaited


async def test_who_goes_while_the_watch_looks_is_not_taken_for_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.comes("contact", "priya")
    await live_chat(world)
    read = world.record.read

    async def goes_first(query: Any) -> Any:
        monkeypatch.undo()
        await world.goes("contact", "priya")
        return await read(query)

    monkeypatch.setattr(world.record, "read", goes_first)
    await world.watch.look()
    assert (await opening(world, "priya")).awaited
