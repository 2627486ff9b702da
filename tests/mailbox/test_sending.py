"""Mail leaves over real sockets: what a server's answer makes of it, what is tried again and when, and never twice."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from desk import posting
from desk.work import Work
from mailbox import claiming, sending, tokens
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours
from store import files, jobs, mailboxes
from store.engine import Record, open_record
from store.outbox import To
from store.schema import job
from store.times import micros
from tests.mailbox.imap.conftest import at
from tests.mailbox.outbound import PRIYA, TOM, Office
from tests.support.eventually import calm, eventually
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.smtp_server import SmtpServer
from tests.support.world import OPEN, SEALER, World

_JOB = select(job.c.lease_until).where(job.c.key == bindparam("key"))


@pytest.fixture(params=["sqlite", "postgresql"])
async def record(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Record]:
    url = (
        f"sqlite:///{tmp_path / 'record.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    opened = await open_record(url)
    await World.make(opened)
    yield opened
    await opened.close()


@pytest.fixture
def office(record: Record, tmp_path: Path) -> Office:
    return Office(record, tmp_path / "files")


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as started:
        yield started


async def test_an_answer_leaves_as_a_mail_of_the_agent_in_the_name_of_the_mailbox(
    office: Office, server: SmtpServer
) -> None:
    box = await office.has("support", server.port)
    ticket = await office.ticket(box)
    id = await office.answers(ticket, To(PRIYA, "Priya Raman"), To(TOM, "Tom", "cc"))
    async with office.process():
        await eventually(lambda: office.is_now(id, "accepted"))
    [taken] = server.taken
    mail = await office.mail(id)
    copy = tokens.copy_address(SEALER, box.address, id)
    assert taken.recipients == (PRIYA, TOM, copy)
    assert taken.sender == tokens.bounce_address(SEALER, box.address, id)
    read = email.message_from_bytes(taken.raw, policy=email.policy.default)
    assert read["From"] == '"Anna Kovács, Larkfield" <support@larkfield.example>'
    assert (read["To"], read["Cc"]) == ("Priya Raman <priya.raman@brightwater.example>", f"Tom <{TOM}>")
    assert (read["X-Vipdesk-Id"], read["Message-ID"], read["Auto-Submitted"]) == (id, mail.message_id, None)
    assert (
        tokens.tickets(SEALER, [read["Reply-To"]], []) == tokens.tickets(SEALER, [], [read["Message-ID"]]) == (ticket,)
    )
    assert mail.sha256 is not None and office.blobs.is_sound(mail.sha256)
    assert office.blobs.path(mail.sha256).read_bytes() == taken.raw
    assert mail.accepted_at is not None


async def test_files_pictures_and_the_quoted_words_go_along_in_the_readers_language_and_the_offices_zone(
    office: Office, server: SmtpServer
) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    picture = await office.uploaded("graph.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 30)
    rates = await office.uploaded("Übersicht.pdf", "application/pdf", b"%PDF-1.4\n")
    id = await office.answers(
        ticket, body="Look:\n[picture: graph.png]", files=[picture.id, rates.id],
        quote={"name": "Priya", "at": micros(OPEN), "text": "It stopped."},
    )  # fmt: skip
    async with office.process():
        await eventually(lambda: office.is_now(id, "accepted"))
    back = parse(server.taken[0].raw, Ours(), ())
    assert [(each.name, each.inline) for each in back.attachments] == [("graph.png", True), ("Übersicht.pdf", False)]
    assert back.quote == "Priya wrote on 4 March 2026, 10:00 CET:\n> It stopped."


async def test_a_mail_whose_file_is_gone_says_so_and_keeps_nobody_waiting(office: Office, server: SmtpServer) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    file = await office.uploaded("a.txt", "text/plain", b"gone")
    lost, behind = await office.answers(ticket, files=[file.id]), await office.answers(ticket)
    office.blobs.delete(file.sha256)
    async with office.process():
        await eventually(lambda: office.is_now(behind, "accepted"))
        await eventually(lambda: office.is_now(lost, "bounced"))
    assert (await office.mail(lost)).recipients[0].reason == "A file of this mail is not there any more."


async def test_a_file_in_which_a_scanner_found_something_does_not_leave(office: Office, server: SmtpServer) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    file = await office.uploaded("offer.exe", "application/x-dosexec", b"MZ")
    await office.record.write(lambda connection: files.scanned(connection, file.id, "Win.Trojan"), name="scanned")
    bad, behind = await office.answers(ticket, files=[file.id]), await office.answers(ticket)
    async with office.process():
        await eventually(lambda: office.is_now(behind, "accepted"))
        await eventually(lambda: office.is_now(bad, "bounced"))
    assert "found something in offer.exe" in (await office.mail(bad)).recipients[0].reason
    assert len(server.taken) == 1


async def test_who_is_deferred_gets_the_same_bytes_later_and_nobody_else_gets_them_again(
    office: Office, server: SmtpServer
) -> None:
    id = await office.answers(await office.ticket(await office.has("support", server.port)), To(PRIYA), To(TOM))
    server.refuses = {TOM: "452 4.2.2 mailbox full"}
    async with office.process():
        await eventually(lambda: office.is_now(id, "deferred"))
        assert await office.states(id) == {PRIYA: "accepted", TOM: "deferred"}
        reason = {each.address: each.reason for each in (await office.mail(id)).recipients}
        assert reason[TOM] == "452 4.2.2 mailbox full"
        server.refuses = {}
        office.passes(seconds=40)
        await eventually(lambda: office.is_now(id, "accepted"))
    first, second = server.taken
    assert (first.recipients[:-1], second.recipients[:-1], first.raw) == ((PRIYA,), (TOM,), second.raw)


async def test_who_is_refused_is_told_on_the_message_and_tried_no_more(office: Office, server: SmtpServer) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    id = await office.answers(ticket, To(PRIYA), To(TOM))
    server.refuses = {TOM: "550 5.1.1 no such user"}
    async with office.process():
        await eventually(lambda: office.is_now(id, "bounced"))
    assert await office.states(id) == {PRIYA: "accepted", TOM: "bounced"}
    assert await office.record.read(lambda connection: jobs.exists(connection, f"send:{id}")) is False


_ATTEMPTS = select(job.c.attempts).where(job.c.key == bindparam("key"))


async def test_pauses_double_and_end_after_days(office: Office, server: SmtpServer) -> None:
    id = await office.answers(await office.ticket(await office.has("support", server.port)))
    server.faults["RCPT"] = "451"

    async def tried(times: int) -> bool:
        return sum(each.startswith("RCPT") for each in server.heard) >= times

    async def put_off(times: int) -> bool:
        row = await office.record.read(lambda connection: connection.one(_ATTEMPTS, key=f"send:{id}"))
        return row is not None and row.attempts >= times

    async with office.process():
        for times, seconds in enumerate((0, 40, 80, 150), 1):
            office.passes(seconds=seconds)
            await eventually(lambda times=times: put_off(times))  # type: ignore[misc]
            assert await tried(times) and await office.is_now(id, "deferred")
        office.passes(seconds=60)  # the fourth pause is of four minutes
        await asyncio.wait_for(office.desk.live.wait_bell(0.1), 5)
        assert await tried(5) is False
        office.passes(days=5)
        await eventually(lambda: office.is_now(id, "bounced"))
    [recipient] = (await office.mail(id)).recipients
    assert recipient.reason.startswith("No server took it for 5 days. 451")


async def test_a_secret_that_no_key_opens_is_told_on_the_mail_and_holds_nothing_for_ever(
    office: Office, server: SmtpServer
) -> None:
    box = await office.has("support", server.port)
    id = await office.answers(await office.ticket(box))
    lost = replace(box, secret_sealed=b"sealed with a key that is gone")
    await office.record.write(lambda connection: mailboxes.change(connection, lost), name="box")
    async with office.process():
        await eventually(lambda: office.is_now(id, "deferred"))
        assert "cannot be opened" in (await office.mail(id)).recipients[0].reason
        await office.record.write(lambda connection: mailboxes.change(connection, box), name="box")
        office.passes(seconds=400)
        await eventually(lambda: office.is_now(id, "accepted"))


async def test_a_server_that_is_away_gets_it_when_it_is_back(office: Office) -> None:
    async with SmtpServer() as server:
        port = server.port
    id = await office.answers(await office.ticket(await office.has("support", port)))
    async with office.process():
        await eventually(lambda: office.is_now(id, "deferred"))
        assert (await office.mail(id)).recipients[0].reason.startswith("connect: ")
        async with SmtpServer(port=port) as server:
            office.passes(seconds=400)

            async def again() -> bool:
                office.passes(seconds=60)
                return await office.is_now(id, "accepted")

            await eventually(again)
            assert len(server.taken) == 1


async def test_several_mails_share_a_line_and_one_that_broke_meanwhile_costs_nothing(
    office: Office, server: SmtpServer
) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    async with office.process():
        for _ in range(3):
            id = await office.answers(ticket)
            await eventually(lambda id=id: office.is_now(id, "accepted"))  # type: ignore[misc]
        assert server.connections == 1
        server.hang_up()
        id = await office.answers(ticket)
        await eventually(lambda: office.is_now(id, "accepted"))
        assert (await office.mail(id)).attempts == 1
    assert (server.connections, len(server.taken)) == (2, 4)


async def test_a_server_that_stands_still_keeps_no_other_mailbox_waiting(office: Office, server: SmtpServer) -> None:
    async with SmtpServer() as frozen:
        frozen.faults["greeting"] = "freeze"
        stuck = await office.answers(await office.ticket(await office.has("stuck", frozen.port, "brightwater")))
        await office.has("support", server.port)
        codes = [await code(office, f"{number}@brightwater.example") for number in range(3)]
        async with office.process():
            for each in codes:
                await eventually(lambda each=each: office.is_now(each, "accepted"))  # type: ignore[misc]
            assert await office.is_now(stuck, "queued")


async def code(office: Office, to: str) -> str:
    """A mail of the desk itself, about no ticket."""
    ids: list[str] = []

    def verb(connection: object) -> None:
        ids[:] = [
            posting.queue(connection, office.clock.now(), kind="code", to=to, subject="Your code", body="123456")  # type: ignore[arg-type]
        ]

    await office.record.write(verb, name="code")
    return ids[0]


async def test_what_nobody_wrote_says_so_and_nobody_answers_it(office: Office, server: SmtpServer) -> None:
    await office.has("support", server.port)
    id = await code(office, PRIYA)
    async with office.process():
        await eventually(lambda: office.is_now(id, "accepted"))
    [taken] = server.taken
    assert taken.sender == "" and b"\r\nAuto-Submitted: auto-replied\r\n" in taken.raw


async def test_a_server_that_wants_a_sender_gets_one(office: Office) -> None:
    class Strict(SmtpServer):
        def fault(self, stage: str) -> str | None:
            return "550 5.7.1 sender wanted" if stage == "MAIL" and self.heard[-1].startswith("MAIL FROM:<>") else None

    async with Strict() as server:
        await office.has("support", server.port)
        id = await code(office, PRIYA)
        async with office.process():
            await eventually(lambda: office.is_now(id, "accepted"))
        assert [each.sender for each in server.taken] == ["support@larkfield.example"]


# When nobody knows ----------------------------------------------------------------------------------------------------


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
            await eventually(lambda: server.lines == 1 or heard("DATA") == 2)
            server.go_on()
            await eventually(lambda: office.is_now(id, "accepted"))
    assert (len(server.taken), heard("DATA")) == (1, 1)


# Taken back, and nowhere to go ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_what_is_taken_back_in_time_never_leaves_even_when_it_is_in_hand_already(
    office: Office, server: SmtpServer, hangs_up: bool
) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    id = await office.answers(ticket)
    server.faults["MAIL"] = "freeze"
    async with office.process():

        async def at_the_door() -> bool:
            return any(each.startswith("MAIL") for each in server.heard)

        await eventually(at_the_door)
        mail = await office.mail(id)

        def take_back(work: Work) -> None:
            assert posting.withdraw(work, mail)

        await office.desk.run("take_back", take_back)
        server.faults.clear()
        server.hang_up() if hangs_up else server.go_on()
        other = await office.answers(ticket)
        await eventually(lambda: office.is_now(other, "accepted"))
    assert await office.is_now(id, "withdrawn")
    assert len(server.taken) == 1


async def test_a_demo_without_a_server_shows_it_and_a_real_desk_keeps_it(office: Office, server: SmtpServer) -> None:
    box = await office.has("support", None)
    ticket = await office.ticket(box)
    shown = await office.answers(ticket)
    async with office.process(shows=True):
        await eventually(lambda: office.is_now(shown, "handed"))
    kept = await office.answers(ticket)
    async with office.process():

        async def rests() -> bool:
            due = await office.record.read(lambda connection: jobs.earliest(connection, (posting.KIND,)))
            return due is not None and due > office.clock.now() + timedelta(seconds=5)

        await eventually(rests)
        assert await office.is_now(kept, "queued")
        smtp = {"host": "127.0.0.1", "port": server.port, "security": "plain", "auth": "none"}
        await office.changed(box, smtp=smtp)
        office.passes(seconds=20)
        await eventually(lambda: office.is_now(kept, "accepted"))


async def test_a_mailbox_without_a_server_speaks_by_the_pools(office: Office, server: SmtpServer) -> None:
    box = await office.has("brightwater", None, "brightwater")
    await office.has("support", server.port)
    id = await office.answers(await office.ticket(box))
    async with office.process():
        await eventually(lambda: office.is_now(id, "accepted"))
    assert b"<support@larkfield.example>" in server.taken[0].raw
