"""Mail becomes what is said on a ticket: the right one, once, with its instants, and nobody gets in by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from desk import letters, mailing
from desk.mail_people import NOBODYS
from desk.requests import SetStatus
from desk.returning import Returned
from store import contacts, erasing, incoming, mailbox_health
from store.engine import Connection
from store.files import File
from store.schema import event, mail_item, message
from tests.desk.conftest import NewWorld
from tests.desk.post import BOX, POOL, PRIYA, Post, item_of, letter, opened
from tests.desk.test_press import live_chat
from tests.support.world import NIGHT

# Where it lands ---------------------------------------------------------------------------------------------------


async def test_a_mail_of_a_contact_opens_a_ticket_of_their_named_agent(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    assert await post.said(ticket) == [("Priya Raman", "It stopped.")]
    summary = await post.world.summary("anna", ticket)
    assert (summary["subject"], summary["channel"], summary["status"]) == ("Feed stopped", "mail", "new")
    assert summary["owner"]["id"] == "anna"
    [event, *_] = [each for each in await post.world.events(ticket) if each["kind"] == "message"]
    assert event["data"]["channel"] == "mail" and event["by"]["id"] == "priya"


async def test_an_answer_with_our_token_continues_the_ticket_also_one_of_a_chat(post: Post) -> None:
    ticket = await live_chat(post.world)
    assert await post.lands(letter(tokens=("gone", ticket), text="And by mail.")) == ticket
    assert (await post.said(ticket))[-1] == ("Priya Raman", "And by mail.")


async def test_an_answer_to_a_mail_that_came_continues_its_ticket_when_the_sender_is_proven(post: Post) -> None:
    ticket = await post.lands(letter(message_id="<first@brightwater.example>"))
    refers = ("<other@x>", "<first@brightwater.example>")
    assert await post.lands(letter("two", references=refers, text="Still.")) == ticket
    unproven = await post.lands(letter("three", references=refers, proven=False, text="Forged?"))
    assert unproven not in (ticket, None)
    assert (await post.told(str(unproven)))["review"] == "unproven"
    linked = await post.found(str(unproven))
    assert linked.ticket.linked_id == ticket


async def test_a_subject_decides_nothing(post: Post) -> None:
    first = await post.lands(letter())
    second = await post.lands(letter("two", subject="Re: Feed stopped [VD-1001]"))
    assert None not in (first, second) and first != second


async def test_a_colleague_joins_and_is_told_as_new(post: Post) -> None:
    ticket = await post.lands(letter())
    assert (
        await post.lands(letter("two", "new.one@brightwater.example", tokens=(str(ticket),), sender_name="New One"))
        == ticket
    )
    assert (await post.told(str(ticket)))["new_person"] is True
    snapshot = await post.world.reading.snapshot(await post.world.signed("anna"), str(ticket))
    assert "New One" in str(snapshot[1])


async def test_a_stranger_with_our_token_gets_a_ticket_of_their_own_and_sees_nothing(post: Post) -> None:
    ticket = await post.lands(letter())
    other = await post.lands(letter("two", "eve@evil.example", tokens=(str(ticket),), text="Let me in."))
    assert other not in (ticket, None)
    assert await post.said(str(ticket)) == [("Priya Raman", "It stopped.")]
    told = await post.told(str(other))
    assert (told["review"], told["new_person"], told["from"]) == ("stranger", False, "eve@evil.example")


async def test_a_bare_reference_tells_a_stranger_of_no_ticket(post: Post) -> None:
    await post.lands(letter(message_id="<first@brightwater.example>"))
    other = await post.lands(letter("two", "eve@evil.example", references=("<first@brightwater.example>",)))
    found = await post.found(str(other))
    assert found.ticket.linked_id is None


async def test_a_ticket_solved_for_long_is_linked_and_one_solved_lately_opens_again(post: Post) -> None:
    ticket = str(await post.lands(letter()))
    await post.world.ask("anna", SetStatus, ticket=ticket, status="solved")
    assert await post.lands(letter("two", tokens=(ticket,))) == ticket
    assert (await post.world.summary("anna", ticket))["status"] == "open"
    await post.world.ask("anna", SetStatus, ticket=ticket, status="solved")
    post.world.clock.move(timedelta(days=15))
    later = await post.lands(letter("three", tokens=(ticket,)))
    found = await post.found(str(later))
    assert later != ticket and found.ticket.linked_id == ticket


# Whose it is ------------------------------------------------------------------------------------------------------


async def test_mail_belongs_to_the_senders_customer_whichever_address_it_came_to(post: Post) -> None:
    for number, (sender, box, customer) in enumerate(
        [
            (PRIYA, POOL, "brightwater"),
            ("somebody@halden-frey.example", BOX, "halden"),
            ("private@post.example", BOX, "brightwater"),
            ("private@post.example", POOL, NOBODYS),
            ("", POOL, NOBODYS),
        ]
    ):
        found = await post.found(str(await post.lands(letter(str(number), sender), box)))
        assert found.ticket.customer_id == customer, sender


async def test_a_proven_address_of_the_customers_domain_makes_a_known_contact_and_another_does_not(post: Post) -> None:
    for sender, proven, verified in (
        ("a@brightwater.example", True, True),
        ("b@brightwater.example", False, False),
        ("c@post.example", True, False),
    ):
        await post.lands(letter(sender, sender, proven=proven))
        person = await post.world.record.read(partial(contacts.by_address, customer="brightwater", email=sender))
        assert person is not None and person.verified is verified, sender


async def test_what_nobody_owns_waits_for_the_pool(post: Post) -> None:
    ticket = str(await post.lands(letter("one", "x@post.example"), POOL))
    summary = await post.world.summary("petra", ticket)
    assert summary["owner"] is None


# Once, and when ---------------------------------------------------------------------------------------------------


async def test_the_same_mail_by_another_way_is_said_once(post: Post) -> None:
    ticket = await post.lands(letter())
    assert await post.lands(letter(), POOL) == ticket
    assert await post.said(str(ticket)) == [("Priya Raman", "It stopped.")]


async def test_a_mail_that_was_dealt_with_is_not_dealt_with_again(post: Post) -> None:
    mail = await post.stored()
    for key in ("one", "two"):
        await post.world.desk.run("mail", partial(mailing.land, box=BOX, mail=mail, letter=letter(key)))
    found = await post.world.record.read(lambda connection: item_of(connection, mail.id))
    assert found is not None and found.key == "one"


async def test_out_of_hours_its_clock_starts_at_the_next_opening(new_world: NewWorld) -> None:
    post = await opened(await new_world(start=NIGHT))
    ticket = str(await post.lands(letter(sent_at=datetime(2020, 1, 1, tzinfo=UTC)), ago=timedelta(minutes=3)))
    told = await post.told(ticket)
    assert told["received_at"] == "2026-03-04T20:57:00.000000Z"
    assert told["polled_at"] == "2026-03-04T21:00:00.000000Z"
    assert told["starts_at"] == "2026-03-05T08:00:00.000000Z"
    assert told["sent_at"] == "2020-01-01T00:00:00.000000Z"


async def test_what_a_machine_wrote_starts_no_clock_and_opens_nothing_again(post: Post) -> None:
    ticket = str(await post.lands(letter()))
    await post.world.ask("anna", SetStatus, ticket=ticket, status="solved")
    assert await post.lands(letter("two", kind="auto", reason="auto-replied", tokens=(ticket,))) == ticket
    assert (await post.world.summary("anna", ticket))["status"] == "solved"
    assert (await post.told(ticket))["starts_at"] is None


@pytest.mark.parametrize("forged_first", [False, True])
async def test_who_repeats_a_message_id_turns_no_follow_up_elsewhere(post: Post, forged_first: bool) -> None:
    id = "<feed@brightwater.example>"
    mails = [
        letter("theirs", message_id=id),
        letter("later", message_id=id, text="It stopped again."),
        letter("forged", "guest@elsewhere.example", message_id=id, proven=False),
    ]
    tickets = {}
    for each in mails[::-1] if forged_first else mails:
        tickets[each.key] = await post.lands(each)
        await post.world.go_on(1)
    first = "later" if forged_first else "theirs"
    assert await post.lands(letter("more", references=(id,))) == tickets[first]


async def test_where_nothing_is_proven_the_first_of_a_message_id_counts(post: Post) -> None:
    id = "<feed@brightwater.example>"
    tickets = []
    for key in ("one", "two", "three"):
        tickets.append(await post.lands(letter(key, message_id=id, proven=False)))
        await post.world.go_on(1)
    assert await post.world.record.read(partial(incoming.tickets_of, message_ids=[id])) == {id: tickets[0]}


@pytest.mark.parametrize("kind", ["bounce", "receipt"])
async def test_bounces_and_receipts_say_nothing(post: Post, kind: Any) -> None:
    assert await post.lands(letter(sender="mailer-daemon@mx.example", kind=kind)) is None


async def test_what_looks_like_a_bounce_and_is_a_persons_is_never_dropped(post: Post) -> None:
    told = (Returned(None, "<theirs@mx.example>", "shop@elsewhere.example", "5.1.1", delayed=False),)
    down = letter(kind="bounce", subject="Production is down: every confirmation bounces", returned=told)
    ticket = str(await post.lands(down))
    assert (await post.found(ticket)).ticket.subject == down.subject
    assert (await post.told(ticket))["kind"] == "human"
    for other, who, fields in (
        ("two", PRIYA, {"proven": False}),
        ("three", "postmaster@brightwater.example", {}),
        ("four", "microsoftexchange329e71ec88ae@brightwater.example", {}),
    ):
        assert await post.lands(letter(other, who, kind="bounce", returned=told, **fields)) is None


async def test_urgent_words_bring_it_to_the_pool_at_once(new_world: NewWorld) -> None:
    post = await opened(await new_world(start=NIGHT))
    ticket = str(await post.lands(letter(urgent=True)))
    found = await post.found(ticket)
    assert found.ticket.pooled == 1 and found.ticket.owner_id == "anna"
    assert (await post.told(ticket))["urgent"] is True


async def test_what_cannot_be_read_is_a_ticket_that_says_so(post: Post) -> None:
    heard = {name: post.world.listen(f"agent:{name}") for name in ("anna", "lena", "petra")}
    mail = await post.stored()
    await post.world.desk.run("mail", lambda work: mailing.land(work, BOX, mail, letters.unreadable(mail, "memory")))
    found = await post.world.record.read(lambda connection: item_of(connection, mail.id))
    assert found is not None and found.kind == "unreadable" and found.ticket_id is not None
    told = await post.told(found.ticket_id)
    assert told["reason"] == "memory" and told["starts_at"] is not None
    [again] = [await post.world.record.read(lambda connection: incoming.find(connection, mail.id))]
    assert again is not None and again.state == "quarantined"
    copy = await post.stored()
    same = letters.unreadable(mail, "memory")
    await post.world.desk.run("mail", lambda work: mailing.land(work, BOX, copy, same))
    alarms = {
        name: [(each["ticket"], each["why"]) for each in frames if each["type"] == "alarm"]
        for name, frames in heard.items()
    }
    alarm = [(found.ticket_id, "unreadable")]
    assert alarms == {"anna": alarm, "lena": alarm, "petra": []}, "once, to its owner and the leads"


async def test_where_nobody_owns_what_cannot_be_read_the_pool_hears_of_it(new_world: NewWorld) -> None:
    post = await opened(await new_world(start=NIGHT))
    heard = post.world.listen("agent:petra")
    mail = await post.stored(POOL)
    await post.world.desk.run("mail", lambda work: mailing.land(work, POOL, mail, letters.unreadable(mail, "memory")))
    assert [each["why"] for each in heard if each["type"] == "alarm"] == ["unreadable"]


async def test_what_is_put_aside_counts_until_its_ticket_is_solved(post: Post) -> None:
    mail = await post.stored()
    await post.world.desk.run("mail", lambda work: mailing.land(work, BOX, mail, letters.unreadable(mail, "memory")))
    item = await post.world.record.read(lambda connection: item_of(connection, mail.id))
    assert item is not None
    number = (await post.found(item.ticket_id)).ticket.number
    assert await post.world.record.read(mailbox_health.aside) == {BOX.id: (1, number)}
    await post.world.ask("anna", SetStatus, ticket=item.ticket_id, status="solved")
    assert await post.world.record.read(mailbox_health.aside) == {}


async def test_files_of_a_mail_hang_on_its_message(post: Post) -> None:
    file = File("f1", "feed.txt", "text/plain", 4, "a" * 64, None, "")
    ticket = str(await post.lands(letter(files=(file,))))
    [event, *_] = [each for each in await post.world.events(ticket) if each["kind"] == "message"]
    assert [each["name"] for each in event["data"]["files"]] == ["feed.txt"]


async def test_who_is_erased_is_in_none_of_their_mail_any_more(post: Post) -> None:
    ticket = str(await post.lands(letter(message_id="<1@brightwater.example>", text="the canary")))
    await post.lands(letter("two", "mei.tan@brightwater.example", tokens=(ticket,), others=(PRIYA, "x@post.example")))

    def erase(connection: Connection) -> tuple[set[str], str]:
        blobs = erasing.erase(connection, ["priya"])
        rows = [*connection.all(select(mail_item)), *connection.all(select(event)), *connection.all(select(message))]
        return blobs, repr(rows)

    blobs, left = await post.world.record.write(erase, name="erase")
    assert blobs == {f"{1:064}"}
    assert [each for each in (PRIYA, "the canary", "<1@brightwater.example>") if each in left] == []
    assert (await post.told(ticket))["others"] == ["x@post.example"]
    assert await post.world.record.read(lambda connection: incoming.uids(connection, "box", "INBOX", 1)) == {1, 2}


async def test_a_mail_of_a_mailbox_without_hours_waits(post: Post) -> None:
    mail = await post.stored()
    lost = replace(BOX, calendar_id="gone")
    with pytest.raises(ValueError, match="gone"):
        await post.world.desk.run("mail", lambda work: mailing.land(work, lost, mail, letter()))
    assert await post.world.record.read(lambda connection: incoming.waiting(connection, "box")) == [mail]
