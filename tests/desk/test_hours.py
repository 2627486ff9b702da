"""Opening, closing, the queue between them, and the edges of the add-on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from desk.requests import Accept, AgentSay, Leave, Press
from store import customers
from store.engine import Connection
from store.times import micros
from tests.desk.conftest import NewWorld
from tests.desk.test_press import live_chat
from tests.support.world import World, of_type

CLOSES = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
OPENS = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


async def test_closing_time_ends_no_chat_and_new_requests_go_to_the_pool(new_world: NewWorld) -> None:
    world = await new_world(start=CLOSES - timedelta(minutes=1))
    ticket = await live_chat(world)
    await world.go_on(120)
    shown = (await world.summary("priya", ticket))["chat"]
    assert (shown["state"], shown["serving"]["id"]) == ("live", "anna")
    other = (await world.ask("mei", Press, text="Hello"))["ticket"]
    assert (await world.summary("petra", other))["chat"]["because"] == "closed" and await world.rung() == {"petra": 1}


async def test_who_waits_at_opening_is_dedicated_from_then_on(new_world: NewWorld) -> None:
    world = await new_world(start=OPENS - timedelta(minutes=2), here=("anna",))
    await world.desk.run("start", lambda work: work.job("edges", "edges"))
    await world.comes("contact", "priya")
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.go_on(115)
    assert (await world.summary("priya", ticket))["chat"]["state"] == "waiting" and await world.rung() == {}
    await world.go_on(10)
    assert await world.rung() == {"anna": 1}
    assert (await world.summary("priya", ticket))["chat"]["because"] == "open"


async def test_the_end_of_the_add_on_ends_no_chat_and_the_next_press_goes_to_the_pool(world: World) -> None:
    ticket = await live_chat(world)
    ends = micros(world.clock.now() + timedelta(seconds=30))

    def end(connection: Connection) -> None:
        [sale] = customers.sales(connection, "brightwater")
        customers.change_sale(connection, replace(sale, until=ends))

    await world.record.write(end)
    await world.go_on(60)
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "anna"
    other = (await world.ask("mei", Press, text="Hello"))["ticket"]
    shown = await world.summary("petra", other)
    assert (shown["chat"]["because"], shown["owner"], await world.rung()) == ("expired", None, {"petra": 1})


async def test_everybody_in_the_queue_is_told_their_place_as_it_changes(new_world: NewWorld) -> None:
    world = await new_world(here=())
    heard = world.listen("contact:mei")
    first = (await world.ask("priya", Press, text="Hello"))["ticket"]
    world.clock.move(timedelta(seconds=5))
    await world.ask("mei", Press, text="Hello")
    await world.due()
    assert of_type(heard, "queue")[-1]["place"] == 2
    await world.ask("priya", Leave, ticket=first)
    await world.due()
    assert of_type(heard, "queue")[-1]["place"] == 1


async def test_an_agent_who_ends_a_chat_gets_the_next_of_the_queue(new_world: NewWorld) -> None:
    world = await new_world(here=("anna",))
    tickets = []
    for number in range(4):
        visitor = await world.visitor(f"visitor-{number}")
        tickets.append((await world.ask(visitor, Press, text="Hello"))["ticket"])
    assert await world.rung() == {"anna": 3}
    ring = (await world.reading.open_rings(["anna"]))["anna"][0]
    served = (await world.ask("anna", Accept, ring=ring))["ticket"]
    await world.ask("anna", AgentSay, ticket=served, body="Done", anyway=True, next="solved")
    await world.due()
    assert await world.rung() == {"anna": 3}
    assert (await world.summary("anna", tickets[3]))["chat"]["state"] == "ringing"
