"""The ticket through its life, and for whom it is not there."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from desk.actors import Signed
from desk.registry import VERBS, Verb
from desk.requests import AgentSay, ContactSay, Press, SetSeverity, SetStatus, View
from routing.errors import NotFound
from store import outgoing, tickets
from tests.desk.test_press import live_chat
from tests.support.world import World, of_type

FIELDS: dict[str, dict[str, Any]] = {
    "say": {"body": "x"}, "read": {"seq": 1}, "answer_offer": {"offer": "x", "yes": True},
    "ask_severity": {"severity": 2, "reason": "x"}, "rate": {"score": 5}, "link": {"file": "x"}, "view": {"on": True},
    "transfer": {"to": "ben"}, "set_severity": {"severity": 2, "mode": "situation", "reason": "x"},
    "set_status": {"status": "solved"}, "take_back": {"mail": "x"}, "send_again": {"mail": "x"},
    "mark_arrived": {"mail": "x"}, "add_person": {"address": "x@elsewhere.example"},
    "remove_person": {"contact": "priya"},
}  # fmt: skip
ON_TICKETS = [
    (verb, request)
    for (_, request), verb in VERBS.items()
    if verb.name not in ("press", "presence", "accept", "decline")
]


@pytest.mark.parametrize(("verb", "request_type"), ON_TICKETS, ids=lambda each: getattr(each, "name", ""))
async def test_missing_and_forbidden_are_one_answer(world: World, verb: Verb, request_type: type) -> None:
    ticket = await live_chat(world)
    strangers = ("mei", "jonas", "hugo") if verb.audience == "contact" else ("paul", "clara", "adam")
    refusals = set()
    for stranger in strangers:
        signed: Signed = await world.signed(stranger)
        for id in (ticket, "there-is-none"):
            made = request_type(rid=str(uuid.uuid4()), ticket=id, **FIELDS.get(verb.name, {}))
            with pytest.raises(NotFound) as refused:
                await world.desk.perform(signed, made, lambda answer: None)
            refusals.add((refused.value.message, refused.value.field))
    assert len(refusals) == 1


async def test_a_solved_ticket_closes_after_fourteen_days_and_not_before(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", SetStatus, ticket=ticket, status="solved")
    world.clock.move(timedelta(days=14))
    await world.due()
    assert (await world.summary("anna", ticket))["status"] == "solved"
    world.clock.move(timedelta(microseconds=1))
    await world.due()
    assert (await world.summary("anna", ticket))["status"] == "closed"


async def test_a_ticket_that_is_solved_again_closes_fourteen_days_after_the_last_time(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", SetStatus, ticket=ticket, status="solved")
    world.clock.move(timedelta(days=5))
    await world.ask("priya", ContactSay, ticket=ticket, body="Not quite")
    await world.ask("anna", SetStatus, ticket=ticket, status="solved")
    world.clock.move(timedelta(days=10))
    await world.due()
    assert (await world.summary("anna", ticket))["status"] == "solved"
    world.clock.move(timedelta(days=5))
    await world.due()
    assert (await world.summary("anna", ticket))["status"] == "closed"


async def test_a_word_after_that_makes_a_new_ticket_linked_to_the_old(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", SetStatus, ticket=ticket, status="solved")
    world.clock.move(timedelta(days=14, seconds=1))
    await world.due()
    other = (await world.ask("priya", ContactSay, ticket=ticket, body="Again"))["ticket"]
    found = await world.record.read(lambda connection: tickets.find(connection, other))
    assert found is not None and found.ticket.linked_id == ticket
    assert (await world.summary("priya", ticket))["status"] == "closed"


async def test_a_severity_that_is_raised_pages_the_admins_and_the_ticket_says_so(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", SetSeverity, ticket=ticket, severity=2, mode="situation", reason="all hotels")
    await world.ask("anna", SetSeverity, ticket=ticket, severity=1, mode="situation", reason="worse")
    mails = [mail for mail in await world.record.read(outgoing.latest) if mail.kind == "page"]
    assert [mail.recipient for mail in mails] == ["adam@larkfield.example"]
    [told] = [event["data"] for event in await world.events(f"{ticket}/i") if event["kind"] == "paged"]
    assert told["admins"] == [{"id": "adam", "name": "Adam Novak"}]


async def test_a_coordinator_sees_what_colleagues_do_not_and_nothing_of_others(world: World) -> None:
    mine = (await world.ask("priya", Press, text="Mine", message_only=True))["ticket"]
    foreign = (await world.ask("jonas", Press, text="Theirs", message_only=True))["ticket"]
    assert (await world.summary("owen", mine))["ticket"] == mine
    for who, ticket in (("mei", mine), ("owen", foreign), ("priya", foreign)):
        with pytest.raises(NotFound):
            await world.summary(who, ticket)


async def test_unread_words_wait_a_minute_before_they_are_mailed(world: World) -> None:
    ticket = await live_chat(world)
    await world.goes("contact", "priya")
    await world.ask("anna", AgentSay, ticket=ticket, body="The feed is back", anyway=True)
    await world.go_on(55)
    assert [mail for mail in await world.record.read(outgoing.latest) if mail.kind == "unread"] == []
    await world.go_on(10)
    assert len([mail for mail in await world.record.read(outgoing.latest) if mail.kind == "unread"]) == 1


async def test_a_writer_who_falls_silent_or_goes_is_not_shown_any_more(world: World) -> None:
    ticket = await live_chat(world)
    for agent in ("anna", "ben"):
        await world.ask(agent, View, ticket=ticket, on=True)
    await world.desk.typing(await world.signed("ben"), ticket, True)
    world.clock.move(timedelta(seconds=6))
    assert [(each["id"], each["writing"]) for each in world.desk.viewers.of(ticket)] == [
        ("anna", False),
        ("ben", False),
    ]
    heard = world.listen(f"{ticket}/i")
    await world.goes("agent", "ben")
    assert [agent["id"] for agent in of_type(heard, "viewers")[-1]["agents"]] == ["anna"]


async def test_a_visitor_who_is_verified_as_somebody_with_a_chat_goes_on_in_that_one(world: World) -> None:
    ticket = await live_chat(world)
    visitor = await world.visitor()
    other = (await world.ask(visitor, Press, text="Hello"))["ticket"]
    await world.desk.verified(visitor, "priya")
    assert (await world.summary("priya", other))["chat"] is None
    assert (await world.summary("priya", ticket))["chat"]["state"] == "live"
    with pytest.raises(NotFound):
        await world.summary(visitor, other)
