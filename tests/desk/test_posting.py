"""Answers leave as mails: to the right people, once, back again while that can be, and their fate is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from desk import posting
from desk.posting import Outcome
from desk.requests import AddPerson, AgentSay, Leave, RemovePerson, TakeBack
from desk.returning import Returned
from desk.work import Work
from routing.errors import BadRequest, Conflict, Forbidden, NotFound
from store import contacts, erasing, jobs, mailboxes, outgoing
from store.outgoing import Mail
from tests.desk.test_mailing import BOX, POOL, PRIYA, Post, letter, opened
from tests.desk.test_press import live_chat
from tests.support.world import World

SECONDS_UNTIL_LATE = 15 * 60 + 6


@pytest.fixture
async def post(world: World) -> AsyncIterator[Post]:
    yield await opened(world)


async def mails(world: World, kind: str = "reply") -> list[Mail]:
    found = await world.record.read(outgoing.latest)
    return sorted((mail for mail in found if mail.kind == kind), key=lambda mail: mail.created_at)


async def seq_of(world: World, ticket: str) -> int:
    return len(await world.events(ticket))


async def answered(post: Post, ticket: str, body: str = "It runs again.", **fields: Any) -> Mail:
    """Anna's answer, as it is queued."""
    post.world.clock.move(timedelta(milliseconds=1))
    base = await seq_of(post.world, ticket)
    await post.world.ask("anna", AgentSay, ticket=ticket, body=body, base_seq=base, **fields)
    return (await mails(post.world))[-1]


async def told(world: World, ticket: str, kind: str = "mail") -> list[dict[str, Any]]:
    return [each["data"] for each in await world.events(ticket) if each["kind"] == kind]


async def begun(world: World, mail: Mail) -> Mail | None:
    """Its bytes are made, and it is on its way."""
    found: list[Mail | None] = []
    to = [each.address for each in mail.recipients]
    await world.desk.run(
        "begin", lambda work: found.append(posting.begin(work, mail.id, f"<{mail.id}@d>", "0" * 64, to))
    )
    return found[-1]


async def settled(world: World, mail: Mail, outcomes: dict[str, Outcome], again_s: float | None = None) -> None:
    def verb(work: Work) -> None:
        job = jobs.claim(work.connection, f"send:{mail.id}", work.now)
        assert job is not None
        again = None if again_s is None else world.clock.now() + timedelta(seconds=again_s)
        posting.settle(work, job, mail.id, outcomes, again)

    await world.desk.run("settle", verb)


async def now_is(world: World, mail: Mail) -> Mail:
    found = await world.record.read(lambda connection: outgoing.find(connection, mail.id))
    assert found is not None
    return found


# What leaves ------------------------------------------------------------------------------------------------------


async def test_an_answer_to_a_mail_leaves_as_one_which_continues_it(post: Post) -> None:
    ticket = await post.lands(letter(message_id="<first@brightwater.example>"))
    assert ticket is not None
    mail = await answered(post, ticket, next="solved")
    assert [(each.address, each.name, each.role) for each in mail.recipients] == [(PRIYA, "Priya Raman", "to")]
    assert (mail.subject, mail.body, mail.name, mail.by_id) == (
        "Re: Feed stopped", "It runs again.", "Anna Kovács", "anna",
    )  # fmt: skip
    assert mail.mailbox_id == "box"
    assert mail.details["in_reply_to"] == "<first@brightwater.example>"
    assert mail.details["quote"]["text"] == "It stopped." and mail.details["quote"]["name"] == "Priya Raman"
    assert mail.details["signature"].startswith("Anna Kovács")
    assert [(each["state"], each["seqs"]) for each in await told(post.world, ticket)] == [("queued", [mail.seq])]
    said = [each for each in await post.world.events(ticket) if each["kind"] == "message"][-1]
    assert said["data"]["channel"] == "mail" and said["seq"] == mail.seq
    assert (await post.world.summary("anna", ticket))["status"] == "solved"


async def test_an_answer_in_a_chat_stays_there_and_one_to_words_of_the_widget_too(world: World) -> None:
    ticket = await live_chat(world)
    await world.ask("anna", AgentSay, ticket=ticket, body="In the chat.", base_seq=await seq_of(world, ticket))
    assert await mails(world) == []


async def test_a_mail_that_continued_a_chat_is_answered_as_mail_once_the_chat_is_over(post: Post) -> None:
    ticket = await live_chat(post.world)
    await post.world.ask("priya", Leave, ticket=ticket)
    assert await post.lands(letter(tokens=(ticket,), text="One more thing.")) == ticket
    mail = await answered(post, ticket)
    assert mail.recipient == PRIYA and mail.ticket_id == ticket


async def test_the_mail_is_not_sent_again_as_unread(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await answered(post, ticket)
    await post.world.go_on(120)
    assert await mails(post.world, "unread") == []


async def test_what_came_to_the_pools_address_is_answered_in_its_name(post: Post) -> None:
    ticket = await post.lands(letter(), POOL)
    assert ticket is not None
    assert (await answered(post, ticket)).mailbox_id == "pool"


async def test_others_on_the_ticket_get_a_copy_unless_they_were_left_out(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    other = await post.world.ask("anna", AddPerson, ticket=ticket, address="Guest@Elsewhere.example", name="A guest")
    mail = await answered(post, ticket)
    assert [(each.address, each.role) for each in mail.recipients] == [
        (PRIYA, "to"), ("guest@elsewhere.example", "cc"),
    ]  # fmt: skip
    assert (await answered(post, ticket, cc=[])).recipient == PRIYA
    assert len((await answered(post, ticket, cc=[other["contact"]["id"]])).recipients) == 2
    with pytest.raises(BadRequest, match="take part"):
        await answered(post, ticket, cc=["dana"])


# Who takes part ---------------------------------------------------------------------------------------------------


async def test_somebody_who_was_added_takes_part_until_they_are_removed(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    answer = await post.world.ask("anna", AddPerson, ticket=ticket, address=" guest@elsewhere.example ")
    guest = answer["contact"]["id"]
    assert guest in (await post.found(ticket)).participants
    person = await post.world.record.read(lambda connection: contacts.find(connection, guest))
    assert person is not None and (person.verified, person.customer_id) == (False, "brightwater")
    assert await post.lands(letter("two", "guest@elsewhere.example", tokens=(ticket,))) == ticket
    await post.world.ask("anna", RemovePerson, ticket=ticket, contact=guest)
    assert guest not in (await post.found(ticket)).participants
    assert await post.lands(letter("three", "guest@elsewhere.example", tokens=(ticket,))) != ticket
    joined = [each["joined"] for each in await told(post.world, ticket, "member") if each.get("contact")]
    assert joined == [True, False]


async def test_nobody_is_added_by_nonsense_or_removed_who_must_stay(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    for address in ("guest", "a@b", "x@y.example\nBcc: all@z.example", ""):
        with pytest.raises(BadRequest, match="no mail address"):
            await post.world.ask("anna", AddPerson, ticket=ticket, address=address)
    with pytest.raises(Conflict, match="stays"):
        await post.world.ask("anna", RemovePerson, ticket=ticket, contact="priya")
    with pytest.raises(NotFound):
        await post.world.ask("anna", RemovePerson, ticket=ticket, contact="nobody")
    with pytest.raises((NotFound, Forbidden)):
        await post.world.ask("adam", AddPerson, ticket=ticket, address="guest@elsewhere.example")


# Back again -------------------------------------------------------------------------------------------------------


async def test_a_reply_is_taken_back_while_it_has_not_left(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    starts = (await post.world.summary("anna", ticket))["starts_at"]
    mail = await answered(post, ticket, next="solved")
    assert starts is not None and (await post.world.summary("anna", ticket))["starts_at"] is None
    answer = await post.world.ask("anna", TakeBack, ticket=ticket, mail=mail.id)
    assert answer["body"] == "It runs again."
    assert (await now_is(post.world, mail)).state == "withdrawn"
    summary = await post.world.summary("anna", ticket)
    assert (summary["status"], summary["starts_at"]) == ("new", starts)
    assert [each["state"] for each in await told(post.world, ticket)] == ["queued", "withdrawn"]
    assert await begun(post.world, mail) is None, "what was taken back does not leave"
    assert not await post.world.record.read(lambda connection: jobs.exists(connection, f"send:{mail.id}"))
    with pytest.raises(Conflict):
        await post.world.ask("anna", TakeBack, ticket=ticket, mail=mail.id)


async def test_what_has_left_is_not_taken_back_nor_is_what_somebody_else_wrote(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    with pytest.raises(NotFound):
        await post.world.ask("lena", TakeBack, ticket=ticket, mail=mail.id)
    assert await begun(post.world, mail) is not None
    with pytest.raises(Conflict, match="left already"):
        await post.world.ask("anna", TakeBack, ticket=ticket, mail=mail.id)


# What became of it ------------------------------------------------------------------------------------------------


async def test_its_fate_is_told_for_each_recipient(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", AddPerson, ticket=ticket, address="guest@elsewhere.example")
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    assert await begun(post.world, mail) is not None
    assert (await now_is(post.world, mail)).state == "sending"
    busy = Outcome("deferred", "451 4.7.1 Come back later.")
    await settled(post.world, mail, {PRIYA: Outcome("accepted"), "guest@elsewhere.example": busy}, 30)
    assert (await now_is(post.world, mail)).state == "deferred"
    last = (await told(post.world, f"{ticket}/i"))[-1]
    assert {each["address"]: (each["state"], each["reason"]) for each in last["recipients"]} == {
        PRIYA: ("accepted", ""), "guest@elsewhere.example": ("deferred", "451 4.7.1 Come back later."),
    }  # fmt: skip
    assert last["accepted_at"] is not None
    await post.world.go_on(31)
    await settled(post.world, mail, {"guest@elsewhere.example": Outcome("accepted")})
    assert [each["state"] for each in await told(post.world, ticket)] == ["queued", "deferred", "accepted"]
    assert not await post.world.record.read(lambda connection: jobs.exists(connection, f"send:{mail.id}"))


async def test_who_answers_for_the_ticket_is_told_of_a_mail_that_nobody_takes(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(SECONDS_UNTIL_LATE)
    [alarm] = [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")]
    assert alarm["alarm"] == "late"
    assert (await now_is(post.world, mail)).alarmed_at is not None


async def test_nobody_is_told_of_one_that_was_taken_in_time(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    await post.world.go_on(SECONDS_UNTIL_LATE)
    assert [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")] == []


async def test_a_bounce_withdraws_the_answer_and_opens_the_ticket_again(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    starts = (await post.world.summary("anna", ticket))["starts_at"]
    mail = await answered(post, ticket, next="solved")
    await post.world.go_on(6)
    await begun(post.world, mail)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    await post.world.desk.run(
        "bounced", lambda work: posting.bounced(work, mail.id, PRIYA.upper(), "5.1.1 No such user", delayed=False)
    )
    assert [each["state"] for each in await told(post.world, ticket)] == ["queued", "accepted", "bounced"]
    summary = await post.world.summary("anna", ticket)
    assert (summary["status"], summary["starts_at"]) == ("open", starts)
    [alarm] = [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")]
    assert (alarm["alarm"], alarm["recipients"][0]["reason"]) == ("bounced", "5.1.1 No such user")


async def test_a_copy_that_bounces_is_told_and_the_answer_stays_one(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", AddPerson, ticket=ticket, address="guest@elsewhere.example")
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    refused = Outcome("bounced", "550 5.1.1 No such user")
    await settled(post.world, mail, {PRIYA: Outcome("accepted"), "guest@elsewhere.example": refused})
    assert (await now_is(post.world, mail)).state == "accepted"
    assert (await post.world.summary("anna", ticket))["status"] == "waiting"
    [alarm] = [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")]
    assert {each["address"]: each["state"] for each in alarm["recipients"]} == {
        PRIYA: "accepted", "guest@elsewhere.example": "bounced",
    }  # fmt: skip


async def test_who_is_refused_for_good_keeps_nobody_from_being_tried_again(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", AddPerson, ticket=ticket, address="guest@elsewhere.example")
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    busy, refused = Outcome("deferred", "451 Later"), Outcome("bounced", "550 5.1.1 No such user")
    await settled(post.world, mail, {PRIYA: refused, "guest@elsewhere.example": busy}, 30)
    assert (await now_is(post.world, mail)).state == "bounced"
    await post.world.go_on(31)
    again = await begun(post.world, mail)
    assert again is not None
    assert {each.address: each.state for each in again.recipients} == {
        PRIYA: "bounced", "guest@elsewhere.example": "sending",
    }  # fmt: skip


async def test_a_delay_is_told_and_is_no_bounce(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    await post.world.desk.run(
        "delayed", lambda work: posting.bounced(work, mail.id, PRIYA, "4.4.1 Still trying", delayed=True)
    )
    assert (await now_is(post.world, mail)).state == "accepted"
    assert (await told(post.world, f"{ticket}/i"))[-1]["recipients"][0]["reason"] == "4.4.1 Still trying"
    assert (await post.world.summary("anna", ticket))["status"] == "waiting"


async def test_a_copy_that_came_back_proves_that_it_was_taken(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    await settled(post.world, mail, {PRIYA: Outcome("ambiguous", "The line broke.")}, 600)
    await post.world.desk.run("proven", lambda work: posting.proven(work, mail.id))
    assert (await now_is(post.world, mail)).state == "accepted"
    assert not await post.world.record.read(lambda connection: jobs.exists(connection, f"send:{mail.id}"))
    await post.world.desk.run("again", lambda work: posting.proven(work, mail.id))
    assert [each["state"] for each in await told(post.world, ticket)] == ["queued", "ambiguous", "accepted"]


async def test_a_mail_that_is_not_there_moves_nothing(world: World) -> None:
    await world.desk.run("proven", lambda work: posting.proven(work, "nothing"))
    await world.desk.run("bounced", lambda work: posting.bounced(work, "nothing", None, "", delayed=False))
    await world.desk.run("late", lambda work: posting.late(work, "nothing"))


async def test_what_is_under_way_to_somebody_who_was_erased_does_not_leave(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.record.write(lambda connection: erasing.erase(connection, ["priya"]), name="erase")
    emptied = await now_is(post.world, mail)
    assert (emptied.body, emptied.subject, emptied.recipients, emptied.state) == ("", "", (), "withdrawn")
    assert await begun(post.world, mail) is None


async def test_a_reply_is_taken_back_without_undoing_what_the_contact_wrote_meanwhile(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await answered(post, ticket)
    mail = await answered(post, ticket, body="Anything else?")
    assert await post.lands(letter("more", tokens=(ticket,), text="Please wait, there is more.")) == ticket
    await post.world.ask("anna", TakeBack, ticket=ticket, mail=mail.id)
    assert (await post.world.summary("anna", ticket))["status"] == "open"


async def test_what_their_program_wrote_is_not_what_an_answer_answers(post: Post) -> None:
    ticket = await post.lands(letter(message_id="<asked@brightwater.example>"))
    assert ticket is not None
    away = letter("away", "mei.tan@brightwater.example", kind="auto", tokens=(ticket,), text="I am on holiday.",
                  message_id="<away@brightwater.example>")  # fmt: skip
    assert await post.lands(away) == ticket
    mail = await answered(post, ticket)
    assert mail.recipients[0].address == PRIYA and mail.recipients[0].role == "to"
    assert mail.details["quote"]["text"] == "It stopped."
    assert mail.details["in_reply_to"] == "<asked@brightwater.example>"
    assert mail.details["references"] == ["<asked@brightwater.example>"]


async def test_one_that_nobody_heard_of_twice_is_not_tried_a_third_time(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    for _ in range(2):
        begun_again = await begun(post.world, mail)
        assert begun_again is not None and begun_again.recipients[0].state == "sending"
        await settled(post.world, mail, {PRIYA: Outcome("ambiguous", "The line broke.")}, 1)
        await post.world.go_on(2)
    assert (await now_is(post.world, mail)).waiting == ()
    await post.world.desk.run("proven", lambda work: posting.proven(work, mail.id))
    assert (await now_is(post.world, mail)).state == "accepted", "a proof counts whenever it comes"


# What servers say, and what somebody says in their name -------------------------------------------------------------


async def bounce(post: Post, **told: Any) -> None:
    known: dict[str, Any] = {"mail": None, "message_id": None, "recipient": PRIYA, "reason": "5.1.1", "delayed": False}
    read = letter(str(told), "mailer-daemon@mx.example", kind="bounce", returned=(Returned(**(known | told)),))
    await post.lands(read)


async def sent(post: Post) -> Mail:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    return mail


async def plus(post: Post, takes: bool) -> None:
    box = replace(BOX, endpoint={"plus": takes})
    await post.world.record.write(lambda connection: mailboxes.change(connection, box), name="plus")


async def test_a_copy_of_our_own_says_nothing_on_a_ticket(post: Post) -> None:
    mail = await sent(post)
    copy = letter("copy", "brightwater@larkfield.example", kind="loop", own=mail.id, message_id=f"<{mail.id}@d>")
    assert await post.lands(copy) is None


async def test_a_bounce_is_believed_by_the_address_that_only_servers_know(post: Post) -> None:
    await plus(post, True)
    mail = await sent(post)
    await bounce(post, message_id=f"<{mail.id}@d>")
    assert (await now_is(post.world, mail)).state == "accepted", "who got the mail knows its Message-ID"
    await bounce(post, mail=mail.id, recipient="nobody@elsewhere.example")
    assert (await now_is(post.world, mail)).state == "bounced", (
        "forwarded, so the server names another; there is but one"
    )


async def test_without_such_addresses_it_is_believed_of_who_got_the_mail(post: Post) -> None:
    await plus(post, False)
    mail = await sent(post)
    for forged in ({"recipient": "nobody@elsewhere.example"}, {"recipient": None}, {"message_id": "<other@d>"}):
        await bounce(post, **({"message_id": f"<{mail.id}@d>"} | forged))
        assert (await now_is(post.world, mail)).state == "accepted"
    await bounce(post, message_id=f"<{mail.id}@d>")
    assert (await now_is(post.world, mail)).state == "bounced"


async def test_of_several_only_who_is_named_bounces(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", AddPerson, ticket=ticket, address="guest@elsewhere.example")
    mail = await answered(post, ticket)
    await bounce(post, mail=mail.id, recipient="somebody@elsewhere.example")
    assert {each.state for each in (await now_is(post.world, mail)).recipients} == {"queued"}
