"""Answers leave as mails: to the right people, once, and back again while that can be."""

from __future__ import annotations

import pytest

from desk.requests import AddPerson, AgentSay, Leave, RemovePerson, TakeBack
from routing.errors import BadRequest, Conflict, Forbidden, NotFound
from store import contacts, jobs
from tests.desk.answering import answered, begun, mails, now_is, seq_of, told
from tests.desk.post import POOL, PRIYA, Post, letter
from tests.desk.test_press import live_chat
from tests.support.world import World

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
