"""Rings: how long, for whom, what follows when nobody answers, and what a lost agent leaves behind."""

from __future__ import annotations

import pytest

from desk.requests import Accept, Decline, Leave, Presence, Press
from routing.errors import Forbidden, NotFound
from tests.desk.conftest import NewWorld
from tests.desk.test_press import live_chat
from tests.support.world import World, of_type


async def status_of(world: World, agent: str) -> str:
    return str(next(person["status"] for person in await world.reading.people() if person["id"] == agent))


async def test_a_ring_lasts_twenty_five_seconds(world: World) -> None:
    await world.comes("contact", "priya")
    await world.ask("priya", Press, text="Hello")
    await world.go_on(24)
    assert await world.rung() == {"anna": 1}
    await world.go_on(1)
    assert await world.rung() == {"ben": 1}


async def test_two_missed_rings_make_an_agent_away_and_tell_them_so(world: World) -> None:
    heard = world.listen("agent:anna")
    for contact in ("priya", "owen"):
        await world.comes("contact", contact)
        await world.ask(contact, Press, text="Hello")
        await world.go_on(25)
    [told] = of_type(heard, "presence")
    assert told["status"] == "away" and "not answered" in told["because"]
    assert await status_of(world, "anna") == "away"


@pytest.mark.parametrize("answer", [Accept, Decline])
async def test_an_answer_between_two_missed_rings_starts_the_count_anew(world: World, answer: type) -> None:
    for contact, answers in (("priya", False), ("owen", True), ("mei", False)):
        await world.comes("contact", contact)
        await world.ask(contact, Press, text="Hello")
        if answers:
            await world.ask("anna", answer, ring=await world.ring_of("anna"))
        else:
            await world.go_on(25)
    assert await status_of(world, "anna") == "available"


async def test_who_was_tried_is_asked_again_after_a_minute_in_the_queue(new_world: NewWorld) -> None:
    world = await new_world(here=("anna",))
    await world.comes("contact", "priya")
    await world.ask("priya", Press, text="Hello")
    await world.ask("anna", Decline, ring=await world.ring_of("anna"), reason="one moment")
    await world.go_on(55)
    assert await world.rung() == {}
    await world.go_on(5)
    assert await world.rung() == {"anna": 1}


async def test_severity_one_takes_the_named_agent_one_over_capacity(world: World) -> None:
    for number in range(3):
        await world.ask(await world.visitor(f"visitor-{number}"), Press, text="Hello")
    assert await world.rung() == {"anna": 3}
    await world.ask("priya", Press, text="A question", severity=3)
    assert await world.rung() == {"anna": 3, "ben": 1}
    await world.ask("owen", Press, text="All is down", severity=1)
    assert await world.rung() == {"anna": 4, "ben": 1}


async def test_who_goes_away_gives_their_rings_back_at_once(world: World) -> None:
    await world.ask("priya", Press, text="Hello")
    await world.ask("anna", Presence, status="away")
    assert await world.rung() == {"ben": 1}


async def test_a_rung_agent_whose_console_goes_is_passed_over_without_blame(world: World) -> None:
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.goes("agent", "anna")
    assert await world.rung() == {"ben": 1}
    rings = [event["data"] for event in await world.events(f"{ticket}/i") if event["kind"] == "ring"]
    assert [ring["outcome"] for ring in rings] == [None, "given_up", None]


async def test_every_decision_is_kept_with_its_steps_and_who_was_skipped_and_why(world: World) -> None:
    await world.ask("anna", Presence, status="away")
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    why = (await world.reading.ticket_page(await world.signed("ben"), ticket))["ticket"]["why"]
    assert (why["agent"]["id"], why["step"], why["steps"]) == ("ben", "stand_in", ["named", "stand_in", "pool"])
    assert [(skip["agent"]["id"], skip["step"], skip["reason"]) for skip in why["skipped"]] == [
        ("anna", "named", "away")
    ]


async def test_nobody_answers_the_ring_of_another(world: World) -> None:
    await world.ask("priya", Press, text="Hello")
    ring = await world.ring_of("anna")
    for who in ("ben", "lena"):
        for verb, fields in ((Accept, {}), (Decline, {"reason": "no"})):
            with pytest.raises(NotFound):
                await world.ask(who, verb, ring=ring, **fields)
    assert await world.rung() == {"anna": 1}


async def test_who_works_in_no_conversation_has_no_presence_to_choose(world: World) -> None:
    with pytest.raises(Forbidden):
        await world.ask("adam", Presence, status="available")


async def test_after_the_grace_the_next_agent_gets_the_history_and_the_contact_an_apology(world: World) -> None:
    ticket = await live_chat(world)
    await world.goes("agent", "anna")
    told = (await world.events(ticket))[-1]["data"]
    assert told["state"] == "grace" and "lost the connection" in told["words"]
    await world.go_on(30)
    told = (await world.events(ticket))[-1]["data"]
    assert told["state"] == "ringing" and told["words"].startswith("Sorry for the interruption.")
    await world.ask("ben", Accept, ring=await world.ring_of("ben"))
    page = await world.reading.ticket_page(await world.signed("ben"), ticket)
    assert any(b"Hello Priya" in bytes(event) for event in page["public"])


async def test_after_the_grace_an_automatic_answer_apologises_too(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("ben", Presence, status="available", auto_answer=True)
    await world.goes("agent", "anna")
    await world.go_on(30)
    told = (await world.events(ticket))[-1]["data"]
    assert told["state"] == "live" and told["words"].startswith("Sorry for the interruption.")


async def test_after_the_grace_with_nobody_there_the_queue_apologises(new_world: NewWorld) -> None:
    world = await new_world(here=("anna",))
    ticket = await live_chat(world)
    await world.goes("agent", "anna")
    await world.go_on(30)
    told = (await world.events(ticket))[-1]["data"]
    assert told["state"] == "waiting" and told["words"].startswith("Sorry")


async def test_a_contact_who_leaves_while_it_rings_ends_the_ring(world: World) -> None:
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    heard = world.listen("agent:anna")
    await world.ask("priya", Leave, ticket=ticket)
    assert of_type(heard, "ring_gone") and await world.rung() == {}
