"""When nobody knows whether a server has a mail, or whose turn it is: it goes once, or under the same Message-ID."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import bindparam, select

from mailbox import claiming, sending
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from store import jobs
from store.schema import job
from tests.mailbox.imap.conftest import at
from tests.mailbox.outbound import PRIYA, Office
from tests.support.eventually import calm, eventually
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.smtp_server import SmtpServer

_JOB = select(job.c.lease_until).where(job.c.key == bindparam("key"))


@pytest.mark.parametrize("fault", ["drop", "freeze"])
async def test_what_a_server_may_have_waits_for_its_copy_and_is_not_sent_twice(
    office: Office, server: SmtpServer, fault: str
) -> None:
    box = await office.has("support", server.port)
    id = await office.answers(await office.ticket(box))
    server.faults["dot"] = fault
    async with office.process():
        await eventually(lambda: office.is_now(id, "ambiguous"))
        server.faults.clear()
        assert await office.comes(box, server.taken[0].raw) is None  # the copy says nothing on any ticket
        assert await office.is_now(id, "accepted")
        office.passes(minutes=11)
        await eventually(lambda: gone(office, id))
    assert len(server.taken) == 1


async def gone(office: Office, id: str) -> bool:
    """Nobody has anything to do with the mail any more."""
    return not await office.record.read(lambda connection: jobs.exists(connection, f"send:{id}"))


async def test_without_a_copy_it_is_sent_again_under_the_same_id(office: Office, server: SmtpServer) -> None:
    id = await office.answers(await office.ticket(await office.has("support", server.port)))
    server.faults["dot"] = "drop"
    async with office.process():
        await eventually(lambda: office.is_now(id, "ambiguous"))
        server.faults.clear()
        office.passes(minutes=9)
        await asyncio.wait_for(office.desk.live.wait_bell(0.1), 5)
        assert len(server.taken) == 1
        office.passes(minutes=2)
        await eventually(lambda: office.is_now(id, "accepted"))
    assert len(server.taken) == 2 and server.taken[0].raw == server.taken[1].raw


async def test_a_copy_that_is_faster_than_the_servers_last_word_counts(office: Office, server: SmtpServer) -> None:
    box = await office.has("support", server.port)
    id = await office.answers(await office.ticket(box))
    server.faults["dot"] = "freeze"
    async with office.process():

        async def taken() -> bool:
            return bool(server.taken)

        await eventually(taken)
        await office.comes(box, server.taken[0].raw)
        await eventually(lambda: settled_once(office, id))
        assert await office.is_now(id, "accepted")
    assert len(server.taken) == 1


async def settled_once(office: Office, id: str) -> bool:
    """The try is over: its job rests or is gone."""
    rows = await office.record.read(lambda connection: connection.all(_JOB, key=f"send:{id}"))
    return not rows or rows[0].lease_until is None


async def test_a_forged_copy_proves_nothing(office: Office, server: SmtpServer) -> None:
    box = await office.has("support", server.port)
    id = await office.answers(await office.ticket(box))
    server.faults["dot"] = "drop"
    async with office.process():
        await eventually(lambda: office.is_now(id, "ambiguous"))
    raw = server.taken[0].raw.replace((await office.mail(id)).message_id.encode(), b"<forged@evil.example>")  # type: ignore[union-attr]
    await office.comes(box, raw)
    assert await office.is_now(id, "ambiguous")


async def test_what_a_dead_process_had_under_way_waits_for_its_copy(
    office: Office, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await office.has("support", server.port)
    id = await office.answers(await office.ticket(box))
    server.faults["dot"] = "freeze"
    monkeypatch.setattr(sending, "GRACE_S", 0)
    async with office.process():

        async def taken() -> bool:
            return bool(server.taken)

        await eventually(taken)
    assert await office.is_now(id, "sending")
    server.faults.clear()
    office.passes(seconds=claiming.LEASE_S + 1)
    async with office.process():
        await eventually(lambda: office.is_now(id, "ambiguous"))
        await office.comes(box, server.taken[0].raw)
        assert await office.is_now(id, "accepted")
    assert len(server.taken) == 1


async def test_who_is_stopped_in_good_order_ends_the_mail_that_is_under_way(office: Office, server: SmtpServer) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    first, second = await office.answers(ticket), await office.answers(ticket)
    server.faults["dot"] = "freeze"
    process = asyncio.create_task(office.sending().run())

    async def taken() -> bool:
        return bool(server.taken)

    await eventually(taken)
    process.cancel()
    await calm()
    server.go_on()
    await asyncio.gather(process, return_exceptions=True)
    assert sorted([(await office.mail(id)).state for id in (first, second)]) == ["accepted", "queued"]
    assert len(server.taken) == 1


async def test_a_server_that_files_what_it_sends_proves_it_by_that(office: Office, server: SmtpServer) -> None:
    async with pymap_server() as imap:
        box = await office.has("support", server.port, user=USER, copies="sent", plus=False)
        await office.changed_secret(await office.changed(box, port=imap.port), SECRET)
        id = await office.answers(await office.ticket(box))
        server.faults["dot"] = "drop"
        async with office.process():
            await eventually(lambda: office.is_now(id, "ambiguous"))
            server.faults.clear()
            async with await Connection.open(at(imap.port, user=USER, auth=Password(SECRET))) as filing:
                await filing.append(server.taken[0].raw, "Sent")
            office.passes(minutes=11)
            await eventually(lambda: office.is_now(id, "accepted"))
    assert [each.recipients for each in server.taken] == [(PRIYA,)]


async def test_two_processes_send_each_mail_once(office: Office, server: SmtpServer) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    ids = [await office.answers(ticket, body=f"Number {number}.") for number in range(12)]
    async with office.process(), office.process():
        for id in ids:
            await eventually(lambda id=id: office.is_now(id, "accepted"))  # type: ignore[misc]
    assert len(server.taken) == len({each.raw for each in server.taken}) == 12


async def test_who_was_frozen_for_longer_than_the_lease_sends_nothing_when_another_has_it(
    office: Office, server: SmtpServer
) -> None:
    id = await office.answers(await office.ticket(await office.has("support", server.port)))
    server.faults["RCPT"] = "freeze"

    def heard(word: str) -> int:
        return sum(each.startswith(word) for each in server.heard)

    async with office.process():
        await eventually(lambda: heard("RCPT") == 1)
        first, server.goes_on, server.faults = server.goes_on, asyncio.Event(), {"dot": "freeze"}
        office.passes(seconds=claiming.LEASE_S + 1)
        async with office.process():
            await eventually(lambda: heard("DATA") == 1)
            first.set()
            await eventually(lambda: heard("DATA") == 2 and server.lines == 1)
            server.go_on()
            await eventually(lambda: office.is_now(id, "accepted"))
    assert len(server.taken) == 1
