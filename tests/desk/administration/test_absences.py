"""Absences and own hours: whom routing passes over, what buttons promise, and from which instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desk.administration import Administration, Wrong
from desk.administration.absences import AbsenceDraft, coming, drafted
from desk.administration.agents import drafted as agent_draft
from desk.promising import button_state
from desk.requests import Press
from routing.errors import Conflict
from store import agents
from store.agents import Leave
from store.times import micros
from tests.support.world import BUTTON, World

TODAY = "2026-03-04"
"""A Wednesday, 10:00 in Bratislava."""


async def promised(world: World) -> tuple[str, str | None]:
    """What the button says, and until when."""
    here = await world.desk.present()
    state = await world.record.read(lambda connection: button_state(connection, BUTTON, world.clock.now(), here))
    assert state is not None
    return state["label"], state["until"]


async def rung(world: World, visitor: str) -> dict[str, int]:
    await world.ask(await world.visitor(visitor), Press, text="Hello")
    return await world.rung()


async def kept(world: World, agent: str) -> list[Leave]:
    return await world.record.read(lambda connection: coming(connection, agent, micros(world.clock.now())))


async def test_who_is_absent_today_is_not_rung_and_the_button_says_who_covers(
    world: World, admin: Administration
) -> None:
    assert (await promised(world))[0] == "Anna is here"
    await admin.absences.add(None, "anna", AbsenceDraft(TODAY, TODAY, "a day off"))
    assert (await promised(world))[0] == "Ben covers for Anna"
    assert await rung(world, "visitor") == {"ben": 1}


async def test_an_absence_begins_and_ends_by_itself_at_the_agents_own_clock(
    world: World, admin: Administration
) -> None:
    await admin.absences.add(None, "anna", AbsenceDraft(f"{TODAY} 11:00", f"{TODAY} 12:00"))
    assert await promised(world) == ("Anna is here", "2026-03-04T10:00:00.000000Z")
    await world.go_on(3600)
    assert (await promised(world))[0] == "Ben covers for Anna"
    assert await rung(world, "visitor") == {"ben": 1}
    await world.go_on(3600)
    assert (await promised(world))[0] == "Anna is here"


async def test_what_was_planned_is_taken_back_and_what_has_begun_ends_now(world: World, admin: Administration) -> None:
    await admin.absences.add(None, "anna", AbsenceDraft("2026-07-01", "2026-07-14", "holidays"))
    id = await admin.absences.add(None, "anna", AbsenceDraft(TODAY, TODAY))
    days = [drafted(each, "Europe/Bratislava") for each in await kept(world, "anna")]
    assert days == [AbsenceDraft(TODAY, TODAY, ""), AbsenceDraft("2026-07-01", "2026-07-14", "holidays")]
    await admin.absences.end(None, "anna", id)
    assert (await promised(world))[0] == "Anna is here"
    with pytest.raises(Conflict, match="over already"):
        await admin.absences.end(None, "anna", id)
    [planned] = await kept(world, "anna")
    with pytest.raises(Conflict, match="over already"):
        await admin.absences.end(None, "ben", planned.id)
    await admin.absences.end(None, "anna", planned.id)
    assert await kept(world, "anna") == []


@pytest.mark.parametrize(
    ("since", "until", "field", "sentence"),
    [
        ("", "", "since", "Enter the first day"),
        ("2026-07-01", "", "until", "Enter the last day"),
        ("soon", "2026-07-01", "since", "“soon” is not a day"),
        ("2026-07-01", "2026-06-30", "until", "Ends before it starts. The first day is 2026-07-01."),
        ("2026-03-02", "2026-03-03", "until", "would be over already"),
        ("2026-05-10", "2026-05-20", "since", "There is an absence from 2026-05-01 until 2026-05-10 already."),
        ("0001-01-01", "2026-04-01", "since", "is not a day"),
        ("2026-04-01", "9999-12-31", "until", "is not a day"),
    ],
)
async def test_a_wrong_absence_is_refused_beside_its_field(
    world: World, admin: Administration, since: str, until: str, field: str, sentence: str
) -> None:
    await admin.absences.add(None, "anna", AbsenceDraft("2026-05-01", "2026-05-10"))
    with pytest.raises(Wrong) as refused:
        await admin.absences.add(None, "anna", AbsenceDraft(since, until))
    assert sentence in str(refused.value.fields[field])
    assert len(await kept(world, "anna")) == 1


async def test_outside_their_own_hours_nobody_rings_them_and_the_button_knows_when_they_end(
    world: World, admin: Administration
) -> None:
    found = await world.record.read(lambda connection: agents.find(connection, "anna"))
    assert found is not None
    draft = replace(agent_draft(found), hours=("9-11, 12-16",) * 5 + ("", ""))
    await admin.agents.change(None, "anna", draft)
    assert await promised(world) == ("Anna is here", "2026-03-04T10:00:00.000000Z")
    await world.go_on(3600)
    assert world.clock.now() == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert (await promised(world))[0] == "Ben covers for Anna"
    assert await rung(world, "visitor") == {"ben": 1}
    await world.go_on(timedelta(hours=1).total_seconds())
    assert (await promised(world))[0] == "Anna is here"
    await admin.agents.change(None, "anna", replace(draft, hours=("",) * 7))
    again = await world.record.read(lambda connection: agents.find(connection, "anna"))
    assert again is not None and again.hours == ""
