"""An agent leaves, and calendars change: what is replaced at once, what stays, what is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from desk.actors import Signed
from desk.administration import Administration, Wrong
from desk.administration.agents import AgentDraft
from desk.administration.agents import drafted as profile
from desk.administration.calendars import drafted
from desk.administration.leaving import SHOWN, left_open
from desk.identity import Identity
from desk.requests import Accept, Press
from desk.taking_over import PIECE
from routing.errors import Conflict, NotFound
from store import agents, calendars, customers
from store.engine import Connection
from store.times import micros
from tests.support.world import SEALER, World, of_type


async def answering(world: World, customer: str) -> tuple[str | None, list[str]]:
    def query(connection: Connection) -> tuple[str | None, list[str]]:
        found = customers.find(connection, customer)
        assert found is not None
        return found.named_id, customers.stand_ins(connection, customer)

    return await world.record.read(query)


async def test_who_leaves_is_replaced_in_every_list_and_nobody_stands_there_twice(
    world: World, admin: Administration
) -> None:
    await admin.agents.leave(None, "anna", "ben")
    assert await answering(world, "brightwater") == ("ben", ["jana"])
    assert await answering(world, "halden") == ("ben", [])
    gone = await world.record.read(lambda connection: agents.find(connection, "anna"))
    assert gone is not None and not gone.active
    heard = world.listen("agent:ben", "agent:anna")
    await world.ask("priya", Press, text="Hello")
    [ring] = of_type(heard, "ring")
    assert ring["why"]["agent"]["name"] == "Ben Okafor" and ring["why"]["step"] == "named"


async def test_a_link_from_before_lets_nobody_in_also_when_who_left_comes_back(
    world: World, admin: Administration
) -> None:
    identity = Identity(world.desk, SEALER)
    link = await identity.new_link("anna")
    await admin.agents.leave(None, "anna", "ben")
    await admin.agents.come_back(None, "anna")
    assert not await identity.link_holds(link)


async def test_who_has_customers_leaves_only_with_somebody_to_take_over(world: World, admin: Administration) -> None:
    with pytest.raises(Wrong, match="Choose who takes over: Anna Kovács has customers"):
        await admin.agents.leave(None, "anna", "")
    with pytest.raises(Wrong, match="Adam Novak is in no team"):
        await admin.agents.leave(None, "anna", "adam")
    assert await answering(world, "brightwater") == ("anna", ["ben", "jana"])


async def test_a_chat_of_who_leaves_rings_who_takes_over_and_nobody_is_left_in_between(
    world: World, admin: Administration
) -> None:
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    heard = world.listen("agent:ben")
    await admin.agents.leave(None, "anna", "ben")
    [ring] = of_type(heard, "ring")
    assert (ring["ticket"], ring["why"]["step"]) == (ticket, "named")
    await world.ask("ben", Accept, ring=await world.ring_of("ben"))
    shown = await world.summary("ben", ticket)
    assert (shown["chat"]["serving"]["id"], shown["owner"]["id"]) == ("ben", "ben")


async def test_of_many_open_tickets_the_last_too_goes_to_who_took_over_even_when_that_one_left_too(
    world: World, admin: Administration
) -> None:
    for number in range(2 * PIECE + 3):
        visitor = await world.visitor(f"visitor-{number}")
        await world.ask(visitor, Press, text="Hello", message_only=True)
    left = await world.record.read(lambda connection: left_open(connection, "anna", micros(world.clock.now())))
    assert left.tickets_in_all >= 2 * PIECE + 3 and len(left.tickets) == SHOWN
    assert set(left.named) == {"brightwater"} and set(left.stands_in) == {"halden"} and left.needs_somebody
    await admin.agents.leave(None, "anna", "ben")
    kept = await world.record.read(lambda connection: agents.owned_count(connection, "anna"))
    assert kept == left.tickets_in_all - PIECE, "the first piece at once"
    await admin.agents.leave(None, "ben", "jana")
    await world.due()
    owned = await world.record.read(
        lambda c: [agents.owned_count(c, each) for each in ("anna", "ben", "jana")],
    )
    assert owned[:2] == [0, 0] and owned[2] >= left.tickets_in_all


async def test_who_left_does_not_leave_again(world: World, admin: Administration) -> None:
    await admin.agents.leave(None, "anna", "ben")
    with pytest.raises(Conflict, match="Anna Kovács does not work here any more"):
        await admin.agents.leave(None, "anna", "jana")


async def test_the_ring_and_the_tickets_of_who_leaves_go_to_others(world: World, admin: Administration) -> None:
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    heard = world.listen("agent:ben", "agent:anna")
    await admin.agents.leave(None, "anna", "ben")
    [ring] = of_type(heard, "ring")
    assert ring["ticket"] == ticket and [frame["because"] for frame in of_type(heard, "ring_gone")] == ["given_up"]
    assert (await world.summary("ben", ticket))["owner"]["name"] == "Ben Okafor"


async def test_the_only_admin_stays(world: World, admin: Administration) -> None:
    with pytest.raises(Wrong, match="Adam Novak is the only admin"):
        await admin.agents.leave(None, "adam", "")


EVE = AgentDraft("Eve Admin", "eve@larkfield.example", roles=("admin",))


@pytest.mark.parametrize("how", ["demoted", "left", "by themselves"])
async def test_of_two_admins_who_go_at_once_one_stays(world: World, admin: Administration, how: str) -> None:
    for _ in range(5):
        eve = await admin.agents.add(None, EVE)
        both = {"adam": await world.signed("adam"), eve: await world.signed(eve)}

        async def goes(id: str, both: dict[str, Signed] = both) -> None:
            by = both[id] if how == "by themselves" else next(signed for other, signed in both.items() if other != id)
            if how == "left":
                await admin.agents.leave(by, id, "")
            else:
                await admin.agents.change(by, id, await demoted(world, id))

        found = await asyncio.gather(*map(goes, both), return_exceptions=True)
        assert [type(each) for each in found if each is not None] in ([Wrong], [NotFound])
        await admin.agents.come_back(None, "adam")
        await admin.agents.change(None, "adam", replace(await demoted(world, "adam"), roles=("admin",)))
        await admin.agents.change(None, eve, replace(EVE, name="Eve", email=f"{eve}@x.example", roles=("agent",)))


async def demoted(world: World, id: str) -> AgentDraft:
    kept = await world.record.read(lambda connection: agents.find(connection, id))
    assert kept is not None
    return replace(profile(kept), roles=("agent",))


async def test_who_is_no_admin_any_more_changes_nothing_that_they_began_as_one(
    world: World, admin: Administration
) -> None:
    await admin.agents.add(None, EVE)
    adam = await world.signed("adam")
    await admin.agents.change(None, "adam", await demoted(world, "adam"))
    with pytest.raises(NotFound):
        await admin.agents.add(adam, replace(EVE, email="other@larkfield.example"))


async def test_a_change_of_office_hours_is_a_new_version_and_the_same_again_is_none(
    world: World, admin: Administration
) -> None:
    kept = await world.record.read(lambda connection: calendars.find(connection, "office"))
    assert kept is not None
    draft = replace(drafted(kept), weekly=("9-12, 13-17",) * 5 + ("", "closed"))
    assert await admin.calendars.change(None, "office", draft) == 2
    assert await admin.calendars.change(None, "office", draft) == 2
    saved = await world.record.read(lambda connection: calendars.history(connection, "office"))
    assert [each.version for each in saved] == [2, 1]
    with pytest.raises(Wrong, match="close after it opens"):
        await admin.calendars.change(None, "office", replace(draft, weekly=("17-9", *draft.weekly[1:])))
    with pytest.raises(Wrong, match="is not a day"):
        await admin.calendars.change(None, "office", replace(draft, holidays="25.12.2026"))


@pytest.mark.parametrize("who", ["anna", "lena", "priya"])
async def test_the_administration_is_not_there_for_others(world: World, admin: Administration, who: str) -> None:
    with pytest.raises(NotFound):
        await admin.agents.leave(await world.signed(who), "ben", "anna")
