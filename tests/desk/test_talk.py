"""What is said and done on a ticket: messages, notes, read marks, severity, status, second level, hand-over, offers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk.requests import (
    MOST_SEQ,
    Accept,
    AgentSay,
    AnswerOffer,
    AskSeverity,
    AskTechnical,
    ContactSay,
    Escalate,
    Leave,
    Link,
    Presence,
    Press,
    Rate,
    Read,
    SetSeverity,
    SetStatus,
    Transfer,
    View,
)
from routing.errors import BadRequest, Closed, Conflict, DeskError, Expired, Forbidden, NotFound, Stale, TooLarge
from store import outgoing, receipts
from tests.desk.test_press import live_chat
from tests.support.world import World, of_type


async def test_a_message_is_an_event_for_both_sides_with_its_rid(world: World) -> None:
    ticket = await live_chat(world)
    rid = str(uuid.uuid4())
    answer = await world.ask("priya", ContactSay, ticket=ticket, body="Thank you", rid=rid)
    event = (await world.events(ticket))[answer["seq"] - 1]
    assert (event["kind"], event["data"]["rid"], event["at"]) == ("message", rid, answer["at"])
    assert event["by"] == {"id": "priya", "role": "contact", "name": "Priya Raman"}


async def test_the_same_rid_is_done_once_and_answered_the_same(world: World) -> None:
    ticket = await live_chat(world)
    rid = str(uuid.uuid4())
    first = await world.ask("priya", ContactSay, ticket=ticket, body="Once", rid=rid)
    heard = world.listen(ticket)
    assert await world.ask("priya", ContactSay, ticket=ticket, body="Once", rid=rid) == first
    assert [frame["seq"] for frame in heard] == [first["seq"]], "what was lost on the way is published again"
    with pytest.raises(Conflict):
        await world.ask("priya", ContactSay, ticket=ticket, body="Twice", rid=rid)
    bodies = [event["data"].get("body") for event in await world.events(ticket)]
    assert bodies.count("Once") == 1


@pytest.mark.parametrize(("first", "second"), [(str.lower, str.upper), (str.upper, str.lower)])
async def test_a_rid_in_capitals_is_the_same_one(
    world: World, first: Callable[[str], str], second: Callable[[str], str]
) -> None:
    ticket = await live_chat(world)
    rid = str(uuid.uuid4())
    said = {"ticket": ticket, "body": "Once"}
    answer = await world.ask("priya", ContactSay, **said, rid=first(rid))
    assert await world.ask("priya", ContactSay, **said, rid=second(rid)) == answer
    with pytest.raises(Conflict):
        await world.ask("priya", ContactSay, ticket=ticket, body="Twice", rid=second(rid))
    written = [event["data"] for event in await world.events(ticket) if event["data"].get("body") == "Once"]
    assert [data["rid"] for data in written] == [first(rid)], "the event has the spelling that its client knows"
    set_status = str(uuid.uuid4())
    done = await world.ask("anna", SetStatus, ticket=ticket, status="waiting", rid=first(set_status))
    await world.ask("anna", SetStatus, ticket=ticket, status="open", rid=str(uuid.uuid4()))
    assert await world.ask("anna", SetStatus, ticket=ticket, status="waiting", rid=second(set_status)) == done


async def test_a_rid_of_somebody_else_is_another_one(world: World) -> None:
    ticket = await live_chat(world)
    rid = str(uuid.uuid4())
    await world.ask("priya", ContactSay, ticket=ticket, body="Mine", rid=rid)
    answer = await world.ask("anna", AgentSay, ticket=ticket, body="Mine", rid=rid, anyway=True)
    assert answer["seq"] > 0


async def test_after_a_week_a_message_is_still_answered_and_other_verbs_have_expired(world: World) -> None:
    ticket = await live_chat(world)
    said, status = str(uuid.uuid4()), str(uuid.uuid4())
    first = await world.ask("priya", ContactSay, ticket=ticket, body="Kept", rid=said)
    await world.ask("anna", SetStatus, ticket=ticket, status="waiting", rid=status)
    world.clock.move(timedelta(days=8))
    await world.record.write(lambda c: receipts.expire(c, world.clock.now()))
    assert await world.ask("priya", ContactSay, ticket=ticket, body="Kept", rid=said) == first
    with pytest.raises(Expired):
        await world.ask("anna", SetStatus, ticket=ticket, status="waiting", rid=status)


async def test_a_message_answers_its_rid_for_ever_and_a_press_that_said_it_never_runs_twice(world: World) -> None:
    said, pressed = str(uuid.uuid4()), str(uuid.uuid4())
    ticket = (await world.ask("priya", Press, text="Help", rid=pressed))["ticket"]
    first = await world.ask("priya", ContactSay, ticket=ticket, body="Kept", rid=said)
    world.clock.move(timedelta(days=100))
    while await world.record.write(lambda c: receipts.expire(c, world.clock.now())):
        pass
    before = await world.events(ticket)
    assert await world.ask("priya", ContactSay, ticket=ticket, body="Kept", rid=said) == first
    with pytest.raises(Conflict):
        await world.ask("priya", ContactSay, ticket=ticket, body="Other", rid=said)
    with pytest.raises(Expired):
        await world.ask("priya", Press, text="Help", rid=pressed)
    assert await world.events(ticket) == before


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", BadRequest),
        ("  \n", BadRequest),
        ("\u200b\u2060\x07 ", BadRequest),
        ("é" * 8193, TooLarge),
        ("a\x00b", BadRequest),
    ],
)
async def test_a_body_that_is_none_is_refused_and_leaves_nothing(
    world: World, body: str, error: type[DeskError]
) -> None:
    ticket = await live_chat(world)
    before = await world.events(ticket)
    rid = str(uuid.uuid4())
    with pytest.raises(error):
        await world.ask("priya", ContactSay, ticket=ticket, body=body, rid=rid)
    assert await world.events(ticket) == before
    assert (await world.ask("priya", ContactSay, ticket=ticket, body="mended", rid=rid))["seq"] == len(before) + 1


async def test_a_reply_on_a_stale_view_is_held_and_says_what_came(world: World) -> None:
    ticket = await live_chat(world)
    seen = (await world.summary("anna", ticket))["seq"]
    await world.ask("priya", ContactSay, ticket=ticket, body="One more thing")
    with pytest.raises(Stale) as held:
        await world.ask("anna", AgentSay, ticket=ticket, body="Bye", base_seq=seen)
    assert [event["data"]["body"] for event in held.value.extra["events"]] == ["One more thing"]
    assert (await world.ask("anna", AgentSay, ticket=ticket, body="Bye", base_seq=seen, anyway=True))["seq"]


async def test_own_words_do_not_make_a_reply_stale_and_a_missing_base_is_an_error(world: World) -> None:
    ticket = await live_chat(world)
    seen = (await world.summary("anna", ticket))["seq"]
    await world.ask("anna", AgentSay, ticket=ticket, body="First", base_seq=seen)
    await world.ask("anna", AgentSay, ticket=ticket, body="Second", base_seq=seen)
    with pytest.raises(BadRequest) as wrong:
        await world.ask("anna", AgentSay, ticket=ticket, body="Third")
    assert wrong.value.field == "base_seq"


async def test_a_note_is_internal_and_no_contact_learns_of_it(world: World) -> None:
    ticket = await live_chat(world)
    heard = world.listen(ticket, "contact:priya")
    answer = await world.ask("anna", AgentSay, ticket=ticket, body="Difficult one", visibility="internal")
    assert answer["stream"] == f"{ticket}/i" and heard == []
    assert "internal_seq" not in await world.summary("priya", ticket)
    with pytest.raises(NotFound):
        await world.reading.snapshot(await world.signed("priya"), f"{ticket}/i")
    for who in ("priya", "anna"):
        assert await world.reading.own_tickets(await world.signed(who)) == [ticket]
    assert await world.reading.own_tickets(await world.signed("petra")) == []
    assert await world.reading.may_follow(await world.signed("priya"), [ticket, f"{ticket}/i"]) == {ticket}


@pytest.mark.parametrize(("next", "status"), [("customer", "waiting"), ("desk", "open"), ("solved", "solved")])
async def test_the_next_of_a_reply_sets_the_status(world: World, next: str, status: str) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", AgentSay, ticket=ticket, body="So", anyway=True, next=next)
    shown = await world.summary("priya", ticket)
    assert shown["status"] == status and (shown["chat"] is None) == (next == "solved")


async def test_a_contacts_word_reopens_a_solved_ticket_and_a_closed_one_is_followed_by_a_linked_one(
    world: World,
) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", AgentSay, ticket=ticket, body="Done", anyway=True, next="solved")
    assert (await world.ask("priya", ContactSay, ticket=ticket, body="Not quite"))["ticket"] == ticket
    assert (await world.summary("priya", ticket))["status"] == "open"
    await world.ask("anna", SetStatus, ticket=ticket, status="solved")
    await world.go_on(60)
    world.clock.move(timedelta(days=14))
    await world.go_on(5)
    assert (await world.summary("anna", ticket))["status"] == "closed"
    other = (await world.ask("priya", ContactSay, ticket=ticket, body="Again"))["ticket"]
    assert other != ticket
    with pytest.raises(Closed):
        await world.ask("anna", AgentSay, ticket=ticket, body="Late", anyway=True)


async def test_only_a_lead_closes(world: World) -> None:
    ticket = await live_chat(world)
    with pytest.raises(Forbidden):
        await world.ask("anna", SetStatus, ticket=ticket, status="closed")
    await world.ask("lena", SetStatus, ticket=ticket, status="closed")
    assert (await world.summary("anna", ticket))["status"] == "closed"


async def test_severity_is_set_with_a_reason_that_stays_inside(world: World) -> None:
    ticket = await live_chat(world)
    with pytest.raises(BadRequest):
        await world.ask("anna", SetSeverity, ticket=ticket, severity=2, mode="situation", reason=" ")
    await world.ask("anna", SetSeverity, ticket=ticket, severity=2, mode="situation", reason="all hotels")
    public = [event["data"] for event in await world.events(ticket) if event["kind"] == "severity"]
    assert public == [{"severity": 2, "was": None}]
    assert "all hotels" in str(await world.events(f"{ticket}/i"))
    with pytest.raises(Forbidden):
        await world.ask("anna", SetSeverity, ticket=ticket, severity=4, mode="correction", reason="no")
    await world.ask("lena", SetSeverity, ticket=ticket, severity=4, mode="correction", reason="was a question")


async def test_what_a_visitor_says_of_severity_is_a_request(world: World) -> None:
    visitor = await world.visitor()
    ticket = (await world.ask(visitor, Press, text="Down", severity=1))["ticket"]
    shown = await world.summary("anna", ticket)
    assert (shown["severity"], shown["asked_severity"]) == (None, 1)


async def test_severity_one_of_a_verified_contact_pages_the_admins(world: World) -> None:
    ticket = (await world.ask("priya", Press, text="Down", severity=1))["ticket"]
    mails = await world.record.read(outgoing.latest)
    assert [(mail.kind, mail.recipient) for mail in mails] == [("page", "adam@larkfield.example")]
    assert "paged" in await world.kinds(f"{ticket}/i")


async def test_a_contact_may_ask_for_another_severity(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("priya", AskSeverity, ticket=ticket, severity=2, reason="it spreads")
    shown = await world.summary("anna", ticket)
    assert 2 in (shown["severity"], shown["asked_severity"])


async def test_second_level_is_rung_at_once_and_joins(world: World) -> None:
    await world.comes("agent", "clara")
    ticket = await live_chat(world)
    await world.ask("priya", AskTechnical, ticket=ticket)
    assert await world.rung() == {"clara": 1}
    await world.ask("clara", Accept, ring=await world.ring_of("clara"))
    joined = [event["data"] for event in await world.events(ticket) if event["kind"] == "member"]
    assert joined[-1]["agent"]["name"] == "Clara Nilsson" and joined[-1]["joined"]
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "anna"
    await world.ask("clara", Leave, ticket=ticket)
    joined = [event["data"] for event in await world.events(ticket) if event["kind"] == "member"]
    assert not joined[-1]["joined"]


async def test_an_agent_escalates_with_a_note_that_stays_inside(world: World) -> None:
    await world.comes("agent", "clara")
    ticket = await live_chat(world)
    heard = world.listen("agent:clara")
    await world.ask("anna", Escalate, ticket=ticket, note="Token expired?")
    [ring] = of_type(heard, "ring")
    assert (ring["kind"], ring["note"], ring["from"]["name"]) == ("join", "Token expired?", "Anna Kovács")
    assert "Token expired?" not in str(await world.events(ticket))


async def test_a_transfer_keeps_the_giver_until_the_other_picks_up(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", Transfer, ticket=ticket, to="ben", note="Knows the contract", owner=True)
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "anna"
    await world.ask("ben", Accept, ring=await world.ring_of("ben"))
    shown = await world.summary("ben", ticket)
    assert (shown["chat"]["serving"]["id"], shown["owner"]["id"]) == ("ben", "ben")
    assert "Knows the contract" not in str(await world.events(ticket))


async def test_a_transfer_nobody_takes_leaves_everything_as_it_was(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", Transfer, ticket=ticket, to="ben", note="?")
    await world.go_on(30)
    shown = await world.summary("anna", ticket)
    assert (shown["chat"]["state"], shown["chat"]["serving"]["id"], await world.rung()) == ("live", "anna", {})


async def test_a_transfer_to_somebody_who_is_not_there_is_refused_in_words(world: World) -> None:
    ticket = await live_chat(world)
    with pytest.raises(DeskError) as refused:
        await world.ask("anna", Transfer, ticket=ticket, to="clara", note="?")
    assert "Clara" in refused.value.message


async def test_an_agent_who_leaves_hands_the_chat_to_the_next(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", Leave, ticket=ticket)
    await world.due()
    assert (await world.summary("priya", ticket))["chat"]["state"] == "ringing"
    assert sum((await world.rung()).values()) == 1


async def test_the_named_agent_who_is_free_again_is_offered_never_forced(world: World) -> None:
    await world.ask("anna", Presence, status="away")
    await world.comes("contact", "priya")
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    await world.ask("ben", Accept, ring=await world.ring_of("ben"))
    await world.ask("anna", Presence, status="available")
    await world.due()
    [offer] = (await world.reading.opening(await world.signed("priya"))).offers
    assert offer["kind"] == "change_agent" and "Anna" in offer["words"]
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "ben"
    await world.ask("priya", AnswerOffer, ticket=ticket, offer=offer["offer"], yes=True)
    await world.due()
    if await world.rung():
        await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    assert (await world.summary("priya", ticket))["chat"]["serving"]["id"] == "anna"


async def test_read_marks_are_told_at_most_once_a_second_and_the_last_within_one(world: World) -> None:
    ticket = await live_chat(world)
    for number in range(3):
        answer = await world.ask("anna", AgentSay, ticket=ticket, body=f"{number}", anyway=True)
        await world.ask("priya", Read, ticket=ticket, seq=answer["seq"])
    marks = [event["data"]["seq"] for event in await world.events(ticket) if event["kind"] == "read"]
    assert len(marks) == 1
    world.clock.move(timedelta(seconds=1))
    await world.due()
    marks = [event["data"]["seq"] for event in await world.events(ticket) if event["kind"] == "read"]
    assert marks[-1] == answer["seq"] and len(marks) == 2


async def test_unread_is_what_others_said_since(world: World) -> None:
    ticket = await live_chat(world)

    async def unread(who: str) -> int:
        opening = await world.reading.opening(await world.signed(who))
        [count] = [each["unread"] for each in opening.tickets if each["ticket"] == ticket]
        return int(count)

    before, hers = await unread("anna"), await unread("priya")
    await world.ask("anna", AgentSay, ticket=ticket, body="Hello", anyway=True)
    said = await world.ask("priya", ContactSay, ticket=ticket, body="It is down")
    assert (await unread("anna"), await unread("priya")) == (before + 1, hers + 1)
    await world.ask("anna", Read, ticket=ticket, seq=said["seq"])
    await world.ask("priya", Read, ticket=ticket, seq=said["seq"])
    world.clock.move(timedelta(seconds=2))
    await world.due()
    assert (await unread("anna"), await unread("priya")) == (0, 0)


async def test_a_read_mark_is_not_read_itself(world: World) -> None:
    ticket = await live_chat(world)
    said = (await world.ask("anna", AgentSay, ticket=ticket, body="Hello", anyway=True))["seq"]
    await world.ask("priya", Read, ticket=ticket, seq=said)
    for _ in range(3):
        world.clock.move(timedelta(seconds=2))
        head = (await world.events(ticket))[-1]["seq"]
        await world.ask("anna", Read, ticket=ticket, seq=head)
        await world.ask("priya", Read, ticket=ticket, seq=head)
        await world.due()
    marks = [(event["data"]["by_side"], event["data"]["seq"]) for event in await world.events(ticket)
             if event["kind"] == "read"]  # fmt: skip
    assert sorted(marks) == [("contact", said), ("desk", said)]


async def test_what_an_absent_contact_has_not_read_goes_out_by_mail_once(world: World) -> None:
    ticket = await live_chat(world)
    await world.goes("contact", "priya")
    await world.ask("anna", AgentSay, ticket=ticket, body="The feed is back", anyway=True)
    await world.go_on(65)
    await world.go_on(65)
    mails = [mail for mail in await world.record.read(outgoing.latest) if mail.kind == "unread"]
    assert [mail.recipient for mail in mails] == ["priya.raman@brightwater.example"]
    assert "The feed is back" in mails[0].body


async def test_a_contact_who_is_here_gets_no_mail(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", AgentSay, ticket=ticket, body="The feed is back", anyway=True)
    await world.go_on(70)
    assert [mail for mail in await world.record.read(outgoing.latest) if mail.kind == "unread"] == []


async def test_a_rating_is_for_the_desk(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("priya", Leave, ticket=ticket)
    await world.ask("priya", Rate, ticket=ticket, score=5, text="Quick")
    page = await world.reading.ticket_page(await world.signed("anna"), ticket)
    assert page["ticket"]["rating"]["score"] == 5


async def test_viewers_see_each_other(world: World) -> None:
    ticket = await live_chat(world)
    heard = world.listen(f"{ticket}/i")
    await world.ask("anna", View, ticket=ticket, on=True)
    await world.ask("ben", View, ticket=ticket, on=True)
    assert [agent["id"] for agent in of_type(heard, "viewers")[-1]["agents"]] == ["anna", "ben"]
    await world.desk.typing(await world.signed("ben"), ticket, True)
    writing = [agent for agent in of_type(heard, "viewers")[-1]["agents"] if agent.get("writing")]
    assert [agent["id"] for agent in writing] == ["ben"]


async def test_a_file_that_is_not_of_the_ticket_has_no_link(world: World) -> None:
    ticket = await live_chat(world)
    with pytest.raises(NotFound):
        await world.ask("priya", Link, ticket=ticket, file="nothing")


async def test_strangers_get_one_answer_for_missing_and_forbidden(world: World) -> None:
    ticket = await live_chat(world)
    for who, verb, fields in (
        ("mei", ContactSay, {"body": "x"}), ("jonas", ContactSay, {"body": "x"}), ("paul", View, {"on": True}),
        ("adam", View, {"on": True}), ("mei", Leave, {}), ("paul", AgentSay, {"body": "x", "anyway": True}),
    ):  # fmt: skip
        for id in (ticket, "there-is-no-such-ticket"):
            with pytest.raises(NotFound):
                await world.ask(who, verb, ticket=id, **fields)


async def test_a_coordinator_sees_all_of_the_customer(world: World) -> None:
    ticket = await live_chat(world)
    opening = await world.reading.opening(await world.signed("owen"))
    assert ticket in [shown["ticket"] for shown in opening.tickets]
    assert (await world.ask("owen", ContactSay, ticket=ticket, body="I read along"))["seq"]


async def test_lists_hold_what_one_may_see_and_pages_go_on(world: World) -> None:
    ids: list[Any] = []
    for number in range(60):
        answer = await world.ask("priya", Press, text=f"Message {number}", message_only=True)
        ids.append(answer["ticket"])
        world.clock.move(timedelta(hours=25))
    anna, paul, lena = [await world.signed(each) for each in ("anna", "paul", "lena")]
    first = await world.reading.tickets_page(anna, "mine", "", None)
    second = await world.reading.tickets_page(anna, "mine", "", first["next"])
    assert [shown["ticket"] for shown in first["tickets"] + second["tickets"]] == ids[::-1]
    assert second["next"] is None and first["counts"]["mine"] == 60
    assert (await world.reading.tickets_page(paul, "all", "", None))["tickets"] == []
    assert len((await world.reading.tickets_page(lena, "all", "", None))["tickets"]) == 50
    found = await world.reading.tickets_page(lena, "all", "message 7", None)
    assert [shown["subject"] for shown in found["tickets"]] == ["Message 7"]
    by_number = await world.reading.tickets_page(lena, "all", found["tickets"][0]["number"], None)
    assert len(by_number["tickets"]) == 1
    with pytest.raises(BadRequest):
        await world.reading.tickets_page(lena, "everything", "", None)
    with pytest.raises(BadRequest):
        await world.reading.tickets_page(lena, "all", "", "nonsense")


async def test_the_customers_page_says_who_answers_and_when(world: World) -> None:
    page = await world.reading.customer_page(await world.signed("anna"), "brightwater")
    assert (page["named"]["name"], [each["name"] for each in page["stand_ins"]]) == (
        "Anna Kovács", ["Ben Okafor", "Jana Lukáč"],
    )  # fmt: skip
    assert page["hours"]["open"] and page["hours"]["today"] == [["09:00", "17:00"]]
    assert page["add_on"]["state"] == "valid" and page["add_on"]["fee_cents"] == 100_000
    with pytest.raises(NotFound):
        await world.reading.customer_page(await world.signed("paul"), "brightwater")


async def test_the_largest_seq_that_may_be_asked_for_is_one_that_every_record_takes(world: World) -> None:
    ticket, priya = await live_chat(world), await world.signed("priya")
    assert await world.reading.missed(ticket, MOST_SEQ, 10) == (len(await world.events(ticket)), [])
    assert await world.reading.history(priya, ticket, MOST_SEQ, 10)
    assert await world.ask("priya", Read, ticket=ticket, seq=MOST_SEQ) is not None
