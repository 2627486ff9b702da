"""One press: whom it reaches, when, and what the contact is told at each hop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from desk.promising import button_state
from desk.requests import (
    Accept,
    AgentSay,
    ContactSay,
    Decline,
    Leave,
    Presence,
    Press,
    Transfer,
)
from routing.errors import BadRequest, Taken
from store import outgoing
from store.engine import Connection
from store.schema import agent as agents
from tests.desk.conftest import NewWorld
from tests.support.world import BUTTON, NIGHT, World, of_type


async def test_a_press_in_office_hours_rings_the_named_agent(world: World) -> None:
    heard = world.listen("agent:anna", "contact:priya")
    answer = await world.ask("priya", Press, text="The feed has stopped.")
    [ring] = of_type(heard, "ring")
    assert (ring["kind"], ring["customer"]["name"], ring["text"]) == (
        "serve",
        "Brightwater Hotels",
        "The feed has stopped.",
    )
    assert ring["why"]["step"] == "named" and ring["why"]["next"] == ["Ben Okafor"]
    assert answer["chat"]["state"] == "ringing" and answer["seq"] == 2
    assert await world.kinds(answer["ticket"]) == ["message", "chat ringing"]
    assert await world.kinds(answer["ticket"] + "/i") == ["decision", "ring"]


async def test_a_ring_quotes_the_contact_also_when_an_agent_wrote_last(world: World) -> None:
    ticket = await live_chat(world)
    heard = world.listen("agent:ben")
    await world.ask("anna", Transfer, ticket=ticket, to="ben", note="")
    [ring] = of_type(heard, "ring")
    assert ring["text"] == "Hello"


async def test_an_accepted_ring_makes_the_chat_live_and_the_ticket_open(world: World) -> None:
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    answer = await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    assert (answer["ticket"], answer["seq"]) == (ticket, 3)
    shown = await world.summary("priya", ticket)
    assert (shown["status"], shown["chat"]["state"], shown["chat"]["serving"]["name"]) == (
        "open",
        "live",
        "Anna Kovács",
    )
    assert shown["owner"]["name"] == "Anna Kovács"


async def test_automatic_answer_opens_the_chat_without_a_ring(world: World) -> None:
    await world.ask("anna", Presence, status="available", auto_answer=True)
    heard = world.listen("agent:anna")
    answer = await world.ask("priya", Press, text="Hello")
    assert answer["chat"]["state"] == "live" and not of_type(heard, "ring")
    assert {frame["order"] for frame in of_type(heard, "follow")} == {answer["ticket"]}


async def test_silence_passes_the_ring_to_stand_in_pool_and_queue_and_tells_each_hop(world: World) -> None:
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.comes("contact", "priya")
    await world.go_on(25)
    assert await world.rung() == {"ben": 1}
    await world.go_on(25)
    assert await world.rung() == {"petra": 1}
    await world.go_on(25)
    assert await world.rung() == {}
    told = [event["data"] for event in await world.events(ticket) if event["kind"] == "chat"]
    assert [each["state"] for each in told] == ["ringing", "ringing", "ringing", "waiting"]
    assert [each["agent"] and each["agent"]["id"] for each in told] == ["anna", "ben", "petra", None]
    assert all(each["words"] for each in told)


async def test_a_decline_passes_the_ring_on_at_once_with_its_reason_for_colleagues_only(world: World) -> None:
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.ask("anna", Decline, ring=await world.ring_of("anna"), reason="in a call")
    assert await world.rung() == {"ben": 1}
    internal = [event["data"] for event in await world.events(ticket + "/i") if event["kind"] == "ring"]
    assert any(each.get("reason") == "in a call" for each in internal)
    assert "in a call" not in str(await world.events(ticket))


async def test_a_ring_that_is_over_is_taken(world: World) -> None:
    await world.ask("priya", Press, text="Hello")
    ring = await world.ring_of("anna")
    await world.go_on(26)
    with pytest.raises(Taken):
        await world.ask("anna", Accept, ring=ring)


async def test_colleagues_are_told_who_has_more_to_do_and_who_less(world: World) -> None:
    heard = world.listen("desk")

    def load() -> int:
        """Of Anna, as it was told last."""
        return next(int(each["load"]) for each in of_type(heard, "people")[-1]["people"] if each["id"] == "anna")

    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.go_on(1)
    assert load() == 1
    await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    await world.ask("priya", Leave, ticket=ticket)
    await world.go_on(1)
    assert load() == 0


async def test_two_missed_rings_in_a_row_make_an_agent_away(world: World) -> None:
    for contact in ("priya", "owen"):
        await world.ask(contact, Press, text="Hello")
        await world.comes("contact", contact)
        await world.go_on(26)
    anna = next(person for person in await world.reading.people() if person["id"] == "anna")
    assert anna["status"] == "away"


async def test_at_night_the_same_button_reaches_the_pool(new_world: NewWorld) -> None:
    world = await new_world(start=NIGHT)
    answer = await world.ask("priya", Press, text="Hello")
    assert await world.rung() == {"petra": 1}
    shown = await world.summary("petra", answer["ticket"])
    assert shown["chat"]["because"] == "closed" and shown["owner"]["id"] == "anna"


async def test_without_the_add_on_the_pool_answers_and_whoever_accepts_first_owns_it(world: World) -> None:
    answer = await world.ask("hugo", Press, text="Hello")
    assert await world.rung() == {"petra": 1}
    await world.ask("petra", Accept, ring=await world.ring_of("petra"))
    assert (await world.summary("petra", answer["ticket"]))["owner"]["id"] == "petra"


async def test_a_second_press_returns_the_open_chat_and_says_its_text_there(world: World) -> None:
    first = await world.ask("priya", Press, text="Hello")
    second = await world.ask("priya", Press, text="Anybody?")
    assert second["ticket"] == first["ticket"] and await world.rung() == {"anna": 1}
    said = [event["data"]["body"] for event in await world.events(first["ticket"]) if event["kind"] == "message"]
    assert said == ["Hello", "Anybody?"]


async def test_a_press_after_the_chat_goes_on_in_the_same_ticket_for_a_day(world: World) -> None:
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.ask("priya", Leave, ticket=ticket)
    assert (await world.ask("priya", Press, text="Again"))["ticket"] == ticket
    await world.ask("priya", Leave, ticket=ticket)
    world.clock.move(timedelta(hours=25))
    assert (await world.ask("priya", Press, text="Next day"))["ticket"] != ticket


async def test_a_message_only_press_is_a_ticket_without_a_ring(world: World) -> None:
    answer = await world.ask("priya", Press, text="Please call back", message_only=True)
    assert answer["chat"] is None and await world.rung() == {}
    assert await world.kinds(answer["ticket"]) == ["message"]
    with pytest.raises(BadRequest):
        await world.ask("priya", Press, message_only=True)


async def test_nobody_there_is_a_queue_with_a_place_and_an_alarm_for_the_leads(new_world: NewWorld) -> None:
    world = await new_world(here=())
    heard = world.listen("agent:lena", "contact:priya")
    answer = await world.ask("priya", Press, text="Hello")
    await world.comes("contact", "priya")
    await world.due()
    assert answer["chat"]["state"] == "waiting"
    assert of_type(heard, "alarm") and of_type(heard, "queue")[-1]["place"] == 1
    await world.comes("agent", "petra")
    await world.due()
    assert await world.rung() == {"petra": 1}


async def test_who_became_free_gets_the_most_severe_first(world: World) -> None:
    await world.ask("petra", Presence, status="away")
    for agent in ("anna", "ben"):
        await world.ask(agent, Presence, status="away")
    calm = (await world.ask("mei", Press, text="A question", severity=5))["ticket"]
    grave = (await world.ask("owen", Press, text="All is down", severity=1))["ticket"]
    for contact in ("mei", "owen"):
        await world.comes("contact", contact)
    heard = world.listen("agent:petra")
    await world.ask("petra", Presence, status="available")
    await world.due()
    assert [ring["ticket"] for ring in of_type(heard, "ring")] == [grave, calm]


async def test_a_contact_who_goes_while_waiting_loses_the_chat_after_two_minutes_and_keeps_the_ticket(
    new_world: NewWorld,
) -> None:
    world = await new_world(here=())
    await world.comes("contact", "priya")
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.goes("contact", "priya")
    await world.go_on(115)
    assert (await world.summary("priya", ticket))["chat"]["state"] == "waiting"
    await world.go_on(10)
    shown = await world.summary("priya", ticket)
    assert shown["chat"] is None and shown["status"] == "new"


async def test_a_lost_agent_has_thirty_seconds_to_come_back(world: World) -> None:
    ticket = await live_chat(world)
    await world.goes("agent", "anna")
    assert (await world.summary("priya", ticket))["chat"]["state"] == "grace"
    await world.go_on(20)
    await world.comes("agent", "anna")
    shown = (await world.summary("priya", ticket))["chat"]
    assert (shown["state"], shown["serving"]["id"]) == ("live", "anna")


async def test_after_the_grace_the_chat_is_routed_again_at_its_old_place_with_an_apology(world: World) -> None:
    ticket = await live_chat(world)
    since = (await world.summary("priya", ticket))["chat"]["waiting_since"]
    await world.goes("agent", "anna")
    await world.go_on(31)
    shown = (await world.summary("priya", ticket))["chat"]
    assert (shown["state"], shown["waiting_since"]) == ("ringing", since) and await world.rung() == {"ben": 1}


async def test_an_agent_whose_line_dies_silently_is_noticed_within_their_lease(world: World) -> None:
    ticket = await live_chat(world)
    world.there.discard(("agent", "anna"))
    await world.go_on(20)
    assert (await world.summary("priya", ticket))["chat"]["state"] == "grace"


async def test_thirty_silent_minutes_end_a_live_chat(world: World) -> None:
    ticket = await live_chat(world)
    await world.go_on(29 * 60)
    await world.ask("priya", ContactSay, ticket=ticket, body="Still here")
    await world.go_on(20 * 60)
    assert (await world.summary("priya", ticket))["chat"]["state"] == "live"
    await world.go_on(11 * 60)
    assert (await world.summary("priya", ticket))["chat"] is None


async def test_the_promise_says_what_a_press_then_does(world: World) -> None:
    state = await promise(world)
    assert (state["label"], state["because"], state["step"], state["agent"]["name"]) == (
        "Anna is here", "open", "named", "Anna Kovács",
    )  # fmt: skip
    assert state["until"] == "2026-03-04T16:00:00.000000Z"
    await world.goes("agent", "anna")
    state = await promise(world)
    assert (state["label"], state["step"]) == ("Ben covers for Anna", "stand_in")
    await world.goes("agent", "ben")
    assert (await promise(world))["step"] == "pool"
    await world.goes("agent", "petra")
    state = await promise(world)
    assert (state["step"], state["label"], state["presence"]) == ("queue", "Anna is not here now", "off")


async def test_closing_time_changes_the_promise_of_every_open_page(world: World) -> None:
    heard = world.listen(f"button:{BUTTON}")
    await world.desk.run("edges", lambda work: work.job("edges", "edges"))
    world.clock.move(timedelta(hours=7, seconds=-5))
    await world.go_on(10)
    said = of_type(heard, "promise")[-1]
    assert said["because"] == "closed" and said["next_opening"] == "2026-03-05T08:00:00.000000Z"


async def test_a_rush_of_chats_changes_what_a_button_promises_once_a_second(world: World) -> None:
    heard = world.listen(f"button:{BUTTON}")
    for _ in range(3):
        ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
        await world.ask("priya", Leave, ticket=ticket)
    await world.due()
    assert of_type(heard, "promise") == []
    await world.go_on(2)
    assert len(of_type(heard, "promise")) == 1


async def test_a_verified_visitor_keeps_ticket_and_chat_under_their_name(world: World) -> None:
    visitor = await world.visitor()
    ticket = (await world.ask(visitor, Press, text="Hello"))["ticket"]
    await world.desk.verified(visitor, "priya")
    await world.due()
    shown = await world.summary("priya", ticket)
    assert shown["contact"] == {"id": "priya", "name": "Priya Raman", "verified": True}
    assert shown["chat"]["state"] == "ringing" and sum((await world.rung()).values()) == 1
    assert (await world.ask("priya", Press))["ticket"] == ticket


async def live_chat(world: World) -> str:
    """Priya and Anna are talking."""
    await world.comes("contact", "priya")
    ticket: str = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    await world.ask("anna", AgentSay, ticket=ticket, body="Hello Priya", base_seq=3)
    return ticket


async def promise(world: World) -> dict[str, Any]:
    present = await world.desk.present()
    found = await world.record.read(lambda c: button_state(c, BUTTON, world.clock.now(), present))
    assert found is not None
    return found


async def test_a_promise_counts_no_longer_than_a_presence(world: World) -> None:
    assert (await promise(world))["valid_for_s"] == 15


async def test_who_let_it_ring_is_not_called_busy(world: World) -> None:
    await world.goes("agent", "ben")
    await world.goes("agent", "petra")
    answer = await world.ask("priya", Press)
    await world.ask("anna", Decline, ring=await world.ring_of("anna"), reason="later")
    told = [event["data"] for event in await world.events(answer["ticket"]) if event["kind"] == "chat"][-1]
    assert told["state"] == "waiting"
    assert told["words"].startswith("Nobody has picked up.")


async def mails_to(world: World, kind: str) -> list[str]:
    """Recipients of the mails of a kind, in their order."""

    def query(connection: Connection) -> list[str]:
        mails = sorted(outgoing.latest(connection), key=lambda mail: mail.created_at)
        return [mail.recipient for mail in mails if mail.kind.split(":")[0] == kind]

    return await world.record.read(query)


async def test_with_nobody_there_each_lead_is_told_and_mailed_once_for_the_chat(new_world: NewWorld) -> None:
    world = await new_world(here=())
    heard = world.listen("agent:lena")
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    assert [frame["ticket"] for frame in of_type(heard, "alarm")] == [ticket]
    await world.comes("agent", "petra")
    await world.due()
    await world.goes("agent", "petra")
    await world.due()
    assert len(of_type(heard, "alarm")) == 2, "it was decided again"
    assert await mails_to(world, "alarm") == ["lena@larkfield.example"]
    assert "We have alerted the lead" in (await world.events(ticket))[-1]["data"]["words"]


async def test_where_there_is_no_lead_nobody_is_said_to_be_alerted(new_world: NewWorld) -> None:
    world = await new_world(here=())
    await world.record.write(lambda connection: connection.run(update(agents).values(roles='["agent"]')), name="demote")
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    said = (await world.events(ticket))[-1]["data"]["words"]
    assert said == "Nobody is at the desk this minute. You can wait here or leave a message."
    assert await mails_to(world, "alarm") == []
