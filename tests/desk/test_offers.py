"""The named agent frees up while somebody else serves: the contact is asked, and alone decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk.requests import Accept, AnswerOffer, Decline, Leave, Presence, Press, Transfer
from routing.errors import Conflict, Expired, Forbidden, NotFound
from tests.support.world import World


async def served_by_ben(world: World) -> str:
    """Anna talks with Owen and passes Priya on; so Ben answers her."""
    for contact in ("priya", "owen"):
        await world.comes("contact", contact)
    await world.ask("owen", Press, text="First")
    await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    ticket: str = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.ask("anna", Decline, ring=await world.ring_of("anna"), reason="busy with Owen")
    await world.ask("ben", Accept, ring=await world.ring_of("ben"))
    await world.due()
    return ticket


async def offers_of(world: World, contact: str) -> list[dict[str, Any]]:
    return (await world.reading.opening(await world.signed(contact))).offers


async def end_owens(world: World) -> None:
    shown = (await world.reading.opening(await world.signed("owen"))).tickets
    [ticket] = [each["ticket"] for each in shown if each["contact"]["id"] == "owen"]
    await world.ask("owen", Leave, ticket=ticket)
    await world.due()


async def test_a_chat_that_ends_frees_the_named_agent_for_an_offer(world: World) -> None:
    ticket = await served_by_ben(world)
    assert await offers_of(world, "priya") == []
    await end_owens(world)
    [offer] = await offers_of(world, "priya")
    assert (offer["kind"], offer["ticket"], offer["answered"]) == ("change_agent", ticket, None)
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "ben"


async def test_a_console_that_comes_back_is_offered_too(world: World) -> None:
    await world.goes("agent", "anna")
    await world.comes("contact", "priya")
    await world.ask("priya", Press, text="Hello")
    await world.ask("ben", Accept, ring=await world.ring_of("ben"))
    await world.comes("agent", "anna")
    await world.due()
    assert len(await offers_of(world, "priya")) == 1


async def test_a_yes_rings_the_named_agent_and_the_chat_moves_when_they_accept(world: World) -> None:
    ticket = await served_by_ben(world)
    await end_owens(world)
    [offer] = await offers_of(world, "priya")
    await world.ask("priya", AnswerOffer, ticket=ticket, offer=offer["offer"], yes=True)
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "ben"
    await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "anna"


async def test_a_no_leaves_everything_and_is_not_asked_again(world: World) -> None:
    ticket = await served_by_ben(world)
    await end_owens(world)
    [offer] = await offers_of(world, "priya")
    await world.ask("priya", AnswerOffer, ticket=ticket, offer=offer["offer"], yes=False)
    await world.ask("anna", Presence, status="available")
    await world.due()
    assert await offers_of(world, "priya") == [] and await world.rung() == {}
    with pytest.raises(Conflict):
        await world.ask("priya", AnswerOffer, ticket=ticket, offer=offer["offer"], yes=True)


async def test_no_agent_answers_for_the_contact(world: World) -> None:
    ticket = await served_by_ben(world)
    await end_owens(world)
    [offer] = await offers_of(world, "priya")
    for agent in ("anna", "ben"):
        with pytest.raises(Forbidden):
            await world.ask(agent, AnswerOffer, ticket=ticket, offer=offer["offer"], yes=True)
    assert await offers_of(world, "priya") == [offer]


async def test_an_offer_nobody_answers_lapses_after_ten_minutes(world: World) -> None:
    ticket = await served_by_ben(world)
    await end_owens(world)
    [offer] = await offers_of(world, "priya")
    world.clock.move(timedelta(minutes=10))
    await world.due()
    last = [event["data"] for event in await world.events(ticket) if event["kind"] == "offer"][-1]
    assert (last["offer"], last["answered"]) == (offer["offer"], "lapsed")
    with pytest.raises(Expired):
        await world.ask("priya", AnswerOffer, ticket=ticket, offer=offer["offer"], yes=True)


async def test_an_offer_of_another_ticket_is_not_there(world: World) -> None:
    await served_by_ben(world)
    await end_owens(world)
    [offer] = await offers_of(world, "priya")
    other = (await world.ask("mei", Press, text="Hello"))["ticket"]
    with pytest.raises(NotFound):
        await world.ask("mei", AnswerOffer, ticket=other, offer=offer["offer"], yes=True)


async def test_who_handed_over_is_not_offered_back_at_once(world: World) -> None:
    await world.comes("contact", "priya")
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    await world.ask("anna", Transfer, ticket=ticket, to="ben", note="Knows it")
    await world.ask("ben", Accept, ring=await world.ring_of("ben"))
    await world.due()
    assert await offers_of(world, "priya") == []
