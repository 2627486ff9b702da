"""Out of hours the desk itself answers once: when who acts, in both zones, and who is there meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from desk import mailing
from desk.letters import Around, Letter
from store import agents, buttons, mailboxes
from store.agents import Leave
from store.ids import new_id
from store.outgoing import Mail
from store.times import micros
from tests.desk.answering import mails
from tests.desk.conftest import NewWorld
from tests.desk.post import BOX, POOL, PRIYA, Post, letter, opened
from tests.support.world import NIGHT

HOME = Around("https://desk.example")


@pytest.fixture
async def night(new_world: NewWorld) -> AsyncIterator[Post]:
    yield await opened(await new_world(start=NIGHT))


@pytest.fixture
async def day(new_world: NewWorld) -> AsyncIterator[Post]:
    yield await opened(await new_world())


async def lands(post: Post, read: Letter, around: Around = HOME) -> None:
    post.world.clock.move(timedelta(milliseconds=1))
    mail = await post.stored()
    await post.world.desk.run("mail", lambda work: mailing.land(work, BOX, mail, read, around))


async def acks(post: Post) -> list[Mail]:
    return await mails(post.world, "ack")


async def test_who_writes_at_night_reads_when_their_agent_is_back_and_who_is_there_now(night: Post) -> None:
    await lands(night, letter(message_id="<one@brightwater.example>"))
    [ack] = await acks(night)
    assert (ack.recipient, ack.subject, ack.details["automatic"]) == (PRIYA, "Re: Feed stopped", True)
    assert ack.details["in_reply_to"] == "<one@brightwater.example>"
    key = (await night.world.record.read(lambda connection: buttons.of_customer(connection, "brightwater")))[0].key
    assert ack.body.split("\n\n") == [
        "Your mail has arrived and is ticket VD-1001. "
        "Anna Kovács is back on Thursday, 5 March at 08:00 GMT (09:00 CET) and sees to it then.",
        f"If it cannot wait, our 24/7 team is in the chat now: https://desk.example/b/{key}",
        "Mail to support@larkfield.example reaches our 24/7 team, too.",
    ]


async def test_in_office_hours_nothing_is_written_but_what_people_write(day: Post) -> None:
    await lands(day, letter())
    assert await acks(day) == []


async def test_of_an_agent_who_is_away_then_the_stand_in_is_named(night: Post) -> None:
    now = night.world.clock.now()
    away = Leave(new_id(), "anna", micros(now), micros(now + timedelta(days=3)), "holiday")
    await night.world.record.write(lambda connection: agents.add_absence(connection, away), name="away")
    await lands(night, letter())
    [ack] = await acks(night)
    assert "Ben Okafor covers for Anna Kovács and sees to it on Thursday, 5 March" in ack.body


async def test_a_ticket_is_acknowledged_once_and_a_machine_never(night: Post) -> None:
    await lands(night, letter())
    [ticket] = {each.ticket_id for each in await acks(night)}
    await lands(night, letter("two", tokens=(str(ticket),)))
    await lands(night, letter("three", kind="auto"))
    await lands(night, letter("four", kind="bulk"))
    await lands(night, letter("five", "mailer-daemon@mx.example", kind="bounce"))
    assert len(await acks(night)) == 1


async def test_nobody_is_written_to_whom_others_named(night: Post) -> None:
    await lands(night, letter("forged", "somebody@elsewhere.example", proven=False))
    assert await acks(night) == []
    await lands(night, letter("known", PRIYA, proven=False))
    assert [each.recipient for each in await acks(night)] == [PRIYA], "somebody verified has this address"


async def test_one_sender_gets_three_in_an_hour_at_most(night: Post) -> None:
    for number in range(6):
        await lands(night, letter(f"mail {number}"))
    assert len(await acks(night)) == 3
    night.world.clock.move(timedelta(hours=1, minutes=1))
    await lands(night, letter("later"))
    assert len(await acks(night)) == 4


async def test_mail_that_was_moved_in_is_not_acknowledged(night: Post) -> None:
    mail = await night.stored(moved_in=True)
    await night.world.desk.run("mail", lambda work: mailing.land(work, BOX, mail, letter(), HOME))
    assert await acks(night) == []


async def test_without_an_address_of_its_own_and_a_pool_it_promises_neither(night: Post) -> None:
    off = replace(POOL, active=False)
    await night.world.record.write(lambda connection: mailboxes.change(connection, off), name="off")
    await lands(night, letter(), Around())
    [ack] = await acks(night)
    assert "\n\n" not in ack.body
