"""Second level beside the serving agent, warm transfers, who takes over when somebody leaves."""

from __future__ import annotations

import pytest

from desk.requests import Accept, AskTechnical, Decline, Escalate, Leave, Transfer
from live.base import Published
from routing.errors import BadRequest, Conflict, NotFound
from tests.desk.conftest import NewWorld
from tests.desk.test_press import live_chat
from tests.support.world import World

EVERYBODY = ("anna", "ben", "clara", "petra")


async def transfers(world: World, ticket: str) -> list[str]:
    return [e["data"]["outcome"] for e in await world.events(f"{ticket}/i") if e["kind"] == "transfer"]


@pytest.mark.parametrize("how", ["declined", "timeout"])
async def test_a_transfer_nobody_takes_returns_and_says_so_inside(world: World, how: str) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", Transfer, ticket=ticket, to="ben", note="Knows it")
    if how == "declined":
        await world.ask("ben", Decline, ring=await world.ring_of("ben"), reason="no")
    else:
        await world.go_on(25)
    assert await transfers(world, ticket) == ["asked", "returned"]
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "anna"
    assert [e for e in await world.events(ticket) if e["kind"] == "transfer"] == []


@pytest.mark.parametrize("how", ["declined", "timeout"])
async def test_whom_a_ticket_concerns_no_more_hears_no_more_of_it(world: World, how: str) -> None:
    ticket = await live_chat(world)
    told = [reviews_of(world, each) for each in ("anna", "petra")]
    await world.ask("anna", Transfer, ticket=ticket, to="petra", note="Knows it")
    assert (await world.summary("petra", ticket))["ticket"] == ticket
    if how == "declined":
        await world.ask("petra", Decline, ring=await world.ring_of("petra"), reason="no")
    else:
        await world.go_on(25)
    with pytest.raises(NotFound):
        await world.summary("petra", ticket)
    assert told == [[], [ticket]]


def reviews_of(world: World, agent: str) -> list[str]:
    """Tickets of which this agent's lines are looked at again, from now on."""
    heard: list[str] = []

    def receive(item: Published) -> None:
        if item.kind == "rights":
            heard.append(item.frame.decode())

    world.live.follow(f"agent:{agent}", receive)
    return heard


async def test_a_transfer_to_a_team_rings_one_of_it_and_keeps_the_owner(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", Transfer, ticket=ticket, to="pool", note="For the night")
    assert await world.rung() == {"petra": 1}
    await world.ask("petra", Accept, ring=await world.ring_of("petra"))
    shown = await world.summary("petra", ticket)
    assert (shown["chat"]["serving"]["id"], shown["owner"]["id"]) == ("petra", "anna")


async def test_a_transfer_to_nobody_is_refused_in_words(world: World) -> None:
    ticket = await live_chat(world)
    with pytest.raises(Conflict):
        await world.ask("anna", Transfer, ticket=ticket, to="technical", note="")
    with pytest.raises(BadRequest):
        await world.ask("anna", Transfer, ticket=ticket, to="nobody", note="")
    with pytest.raises(BadRequest):
        await world.ask("anna", Transfer, ticket=ticket, to="anna", note="")
    with pytest.raises(BadRequest):  # who only sets the desk up answers nobody
        await world.ask("anna", Transfer, ticket=ticket, to="adam", note="")
    assert await world.rung() == {}


async def test_second_level_joins_beside_and_the_contact_is_told_only_who_joined(new_world: NewWorld) -> None:
    world = await new_world(here=EVERYBODY)
    ticket = await live_chat(world)
    await world.ask("anna", Escalate, ticket=ticket, note="Token expired?")
    await world.ask("clara", Accept, ring=await world.ring_of("clara"))
    shown = (await world.summary("priya", ticket))["chat"]
    assert (shown["state"], shown["serving"]["id"]) == ("live", "anna")
    assert await world.kinds(ticket) == ["message", "chat ringing", "chat live", "message", "status", "member"]


async def test_with_no_second_level_there_the_ticket_waits_for_it_where_they_see_it(world: World) -> None:
    ticket = await live_chat(world)
    with pytest.raises(NotFound):
        await world.summary("clara", ticket)
    await world.ask("priya", AskTechnical, ticket=ticket)
    assert await world.rung() == {}
    assert (await world.summary("clara", ticket))["technical"]


async def test_who_waits_and_asks_for_second_level_is_decided_anew(new_world: NewWorld) -> None:
    world = await new_world(here=EVERYBODY)
    ticket = await live_chat(world)
    await world.ask("anna", Leave, ticket=ticket)
    assert await world.rung() == {"ben": 1}
    await world.ask("priya", AskTechnical, ticket=ticket)
    assert await world.rung() == {"clara": 1}


async def test_a_member_takes_over_when_the_serving_agent_leaves(new_world: NewWorld) -> None:
    world = await new_world(here=EVERYBODY)
    ticket = await live_chat(world)
    await world.ask("anna", Escalate, ticket=ticket, note="")
    await world.ask("clara", Accept, ring=await world.ring_of("clara"))
    await world.ask("anna", Leave, ticket=ticket)
    shown = (await world.summary("priya", ticket))["chat"]
    assert (shown["state"], shown["serving"]["id"], await world.rung()) == ("live", "clara", {})


async def test_who_is_not_in_the_chat_cannot_leave_it(world: World) -> None:
    ticket = await live_chat(world)
    with pytest.raises(Conflict):
        await world.ask("ben", Leave, ticket=ticket)
