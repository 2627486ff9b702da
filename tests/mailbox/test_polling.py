"""A mailbox on a real server, polled: what arrives is on a ticket, once, whoever goes or comes back in between."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from desk import mail_watch
from desk.actors import Signed
from desk.clock import SystemClock
from desk.desk import Desk
from desk.letters import Around
from desk.requests import AgentSay
from live.memory import MemoryLive
from mailbox import holding, poller
from mailbox.imap import batches
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.parsing.parsed import Ours, Parsed
from mailbox.reading import Reader
from mailbox.service import Mailboxes
from routing.allow import Actor
from store import mailbox_health, mailboxes, singletons
from store.mailboxes import Mailbox
from store.outgoing import latest
from store.schema import event, incoming_mail
from tests.mailbox.imap.conftest import at
from tests.mailbox.office import MAIL, POISON, READ, Office, Parser
from tests.support.eventually import eventually
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.world import SEALER

_RECEIVED = select(event.c.frame).where(event.c.kind == "received")


async def test_what_arrives_is_on_a_ticket_of_its_sender(office: Office) -> None:
    await office.begin()
    await office.arrives(MAIL.format(id="before"))
    async with office.process():
        await eventually(lambda: office.has("before"))
        await office.arrives(MAIL.format(id="meanwhile"))
        await eventually(lambda: office.has("meanwhile"))
    assert await office.said() == {"before": 1, "meanwhile": 1}


async def test_what_was_seen_to_is_marked_and_in_a_folder_of_its_own_when_there_is_one(office: Office) -> None:
    await office.begin(done="Vipdesk/Done")
    await office.arrives(MAIL.format(id="one"))

    async def moved() -> bool:
        async with await Connection.open(at(office.port, user=USER, auth=Password(SECRET))) as server:
            return (await server.select("INBOX")).exists == 0 and (await server.select("Vipdesk/Done")).exists == 1

    async with office.process():
        await eventually(lambda: office.has("one"))
        await eventually(moved)


async def test_two_processes_say_each_mail_once_and_one_takes_over_from_the_other(office: Office) -> None:
    await office.begin()
    async with office.process():
        async with office.process():
            for number in range(6):
                await office.arrives(MAIL.format(id=f"a{number}"))
            await eventually(lambda: office.has(*(f"a{number}" for number in range(6))))
        await office.arrives(MAIL.format(id="after"))
        await eventually(lambda: office.has("after"))
    assert set((await office.said()).values()) == {1}


async def test_one_that_is_frozen_is_fenced_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes back in the middle of what it was doing, after another has done it."""
    await office.begin()
    frozen, goes_on = asyncio.Event(), asyncio.Event()

    class Stuck(Parser):
        async def parse(self, path: Path, ours: Ours, sent: Sequence[str] = ()) -> Parsed:
            if not frozen.is_set():
                frozen.set()
                await goes_on.wait()
            return await super().parse(path, ours, sent)

    first = Mailboxes(
        Desk(office.record, MemoryLive(), SystemClock()), office.blobs, SEALER,
        Reader(office.record, office.blobs, SEALER, Stuck(), lambda keys: ()), Around(),
    )  # fmt: skip
    monkeypatch.setattr(holding.Holding, "_beat", _stands_still)
    task = asyncio.create_task(first.run())
    await office.arrives(MAIL.format(id="one"))
    await frozen.wait()
    async with office.process():
        await eventually(lambda: office.has("one"))
        goes_on.set()
        await office.arrives(MAIL.format(id="two"))
        await eventually(lambda: office.has("two"))
    assert await office.said() == {"one": 1, "two": 1}
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _stands_still(self: holding.Holding, fence: int) -> None:
    await asyncio.Event().wait()


async def test_a_folder_that_numbers_anew_is_read_again_and_nothing_is_said_twice(office: Office) -> None:
    await office.begin()
    async with office.process():
        await office.arrives(MAIL.format(id="one"), MAIL.format(id="two"))
        await eventually(lambda: office.has("one", "two"))
    async with pymap_server() as server:
        office.port = server.port
        await office.arrives(MAIL.format(id="two"), MAIL.format(id="one"), MAIL.format(id="three"))
        moved = Mailbox(**{**office.box.__dict__, "endpoint": {**office.box.endpoint, "port": server.port}})
        await office.record.write(lambda connection: mailboxes.change(connection, moved), name="moved")
        async with office.process():
            await eventually(lambda: office.has("three"))
    assert await office.said() == {"one": 1, "two": 1, "three": 1}


async def test_one_mail_that_cannot_be_read_keeps_no_other_and_is_seen(office: Office) -> None:
    await office.begin()
    await office.arrives(POISON, MAIL.format(id="behind"))

    async def seen_to() -> bool:
        return await office.states() == {"quarantined": 1, "landed": 1}

    async with office.process():
        await eventually(seen_to)
    assert await office.has("behind")
    rows = await office.record.read(lambda connection: connection.all(READ))
    assert ("It took more memory than it may.", True) in [(row.reason, row.ticket_id is not None) for row in rows]


async def test_mail_from_before_the_first_day_is_left_alone(office: Office) -> None:
    await office.begin()
    changed = Mailbox(**{**office.box.__dict__, "since": 4_000_000_000_000_000})
    await office.record.write(lambda connection: mailboxes.change(connection, changed), name="since")
    await office.arrives(MAIL.format(id="old"))
    async with office.process():

        async def left() -> bool:
            return await office.states() == {"left": 1}

        await eventually(left)
    assert await office.said() == {}


async def test_a_mailbox_that_is_switched_off_is_read_no_more_and_on_again_from_where_it_stood(office: Office) -> None:
    await office.begin()
    async with office.process():
        await office.arrives(MAIL.format(id="one"))
        await eventually(lambda: office.has("one"))
        off = Mailbox(**{**office.box.__dict__, "active": False})
        await office.record.write(lambda connection: mailboxes.change(connection, off), name="off")

        async def given_up() -> bool:
            row = await office.record.read(lambda connection: singletons.find(connection, "mailbox box"))
            return row is not None and row.holder == ""

        await eventually(given_up)
        await office.arrives(MAIL.format(id="two"))
        await office.record.write(lambda connection: mailboxes.change(connection, office.box), name="on")
        await eventually(lambda: office.has("two"))
    assert await office.said() == {"one": 1, "two": 1}


async def test_an_answer_with_our_words_below_it_says_only_what_is_new_however_the_quote_looks(office: Office) -> None:
    await office.begin()
    answer = MAIL.format(id="two").replace("Subject", "In-Reply-To: <one@brightwater.example>\r\nSubject")
    ours = "The feed stopped because its token was changed, we are renewing it now for both of your houses."
    async with office.process():
        await office.arrives(MAIL.format(id="one"))
        await eventually(lambda: office.has("one"))
        [ticket] = [row.ticket_id for row in await office.record.read(lambda connection: connection.all(READ))]
        desk = Desk(office.record, MemoryLive(), SystemClock())
        signed = Signed(Actor("anna", "agent", roles=frozenset(("agent",))), "Anna")
        said = AgentSay(rid=str(uuid.uuid4()), ticket=ticket, body=ours, anyway=True)
        await desk.perform(signed, said, lambda answer: None)
        await office.arrives(answer + f"\r\n{ours}\r\n")
        await eventually(lambda: office.has("two"))
    assert set(await office.said()) == {"one", "two"}


async def test_how_a_mailbox_is_stands_in_the_record(office: Office) -> None:
    await office.begin()
    await office.arrives(MAIL.format(id="one"), POISON)
    async with office.process():

        async def seen_to() -> bool:
            return await office.states() == {"quarantined": 1, "landed": 1}

        await eventually(seen_to)
        health = await office.health()
        held = await office.record.read(lambda connection: singletons.find(connection, "mailbox box"))
    assert (health.step, health.behind, health.behind_since) == ("", 0, None)
    assert health.asked_at is not None and health.newest_at is not None and health.stored_at is not None
    assert held is not None and str(os.getpid()) in held.holder
    assert await office.record.read(mailbox_health.backlogs) == {"box": {"quarantined": 1}}
    [(_, last)] = (await office.record.read(mailbox_health.cursors))["box"].values()
    assert last > 100


async def test_the_step_that_fails_is_told_in_the_servers_words_and_forgotten_when_it_does_not(office: Office) -> None:
    office.box.endpoint["folder"] = "Nowhere"  # type: ignore[index]
    await office.begin()

    async def failing() -> bool:
        health = await office.record.read(lambda connection: mailbox_health.find(connection, "box"))
        return health is not None and health.step == "select" and health.words != ""

    async with office.process():
        await eventually(failing)
        assert (await office.health()).asked_at is None
        office.box.endpoint["folder"] = "INBOX"  # type: ignore[index]
        await office.record.write(lambda connection: mailboxes.change(connection, office.box), name="right")

        async def well() -> bool:
            health = await office.health()
            return health.step == "" and health.asked_at is not None and health.failed_since is None

        await eventually(well)


async def test_a_server_that_goes_away_is_noticed_within_the_minute_that_one_wait_lasts(office: Office) -> None:
    """Silence is told after two: what a wait takes, and its end, must fit into them."""
    assert mail_watch.SILENT.total_seconds() > poller.RENEW_S + 10 + 30


async def test_a_secret_that_no_key_opens_is_told_as_the_step_that_fails(office: Office) -> None:
    office.box = Mailbox(**{**office.box.__dict__, "secret_sealed": b"sealed by another key"})
    await office.begin()

    async def told() -> bool:
        health = await office.record.read(lambda connection: mailbox_health.find(connection, "box"))
        return health is not None and health.step == "secret"

    async with office.process():
        await eventually(told)


async def test_of_a_mail_that_is_too_large_the_head_is_taken_and_its_sender_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_BYTES", 1000)
    monkeypatch.setattr(batches, "HEADERS_ABOVE", 2000)
    await office.begin(trusts=["mx.larkfield.example"])
    proof = "Authentication-Results: mx.larkfield.example; dmarc=pass header.from=brightwater.example\r\n"
    large = MAIL.format(id="large") + "x" * 3000 + "\r\n"
    stranger = large.replace("<large@", "<stranger@").replace("priya.raman@brightwater.example", "who@else.example")
    async with office.process():
        await office.arrives(proof + large, stranger)

        async def landed() -> bool:
            return await office.states() == {"landed": 2}

        await eventually(landed)
    told = [row.frame for row in await office.record.read(lambda c: c.all(_RECEIVED))]
    assert len(told) == 2 and all("larger than is taken (0 MB): only its head is here" in each for each in told)
    [mail] = [each for each in await office.record.read(latest) if each.kind == "too_big"]
    assert mail.recipient == "priya.raman@brightwater.example" and "“Feed large”" in mail.body
    assert mail.details["automatic"] is True and mail.details["in_reply_to"] == "<large@brightwater.example>"
    sizes = await office.record.read(lambda c: [row.bytes for row in c.all(select(incoming_mail.c.bytes))])
    assert all(size > 3000 for size in sizes), "its size is that of all"
