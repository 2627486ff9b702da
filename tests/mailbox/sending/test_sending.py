"""Mail leaves over real sockets: what a server's answer makes of it, what is tried again and when."""

from __future__ import annotations

import asyncio
import email
import email.policy
from dataclasses import replace

import pytest
from sqlalchemy import bindparam, select

from desk import posting
from mailbox import tokens
from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours
from store import files, jobs, mailboxes
from store.outbox import To
from store.schema import job
from store.times import micros
from tests.mailbox.outbound import PRIYA, TOM, Office
from tests.support.eventually import eventually
from tests.support.smtp_server import SmtpServer
from tests.support.world import OPEN, SEALER


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


async def test_a_mail_that_cannot_be_made_says_so_at_once_and_holds_up_no_other(
    office: Office, server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = await office.ticket(await office.has("support", server.port))
    broken = await office.answers(ticket, quote={"text": "of nobody, at no time"})
    odd = await office.answers(ticket, To("tom@brightwater.example\r\nBcc: all@evil.example"))
    sound = await office.answers(ticket)
    async with office.process():
        await eventually(lambda: office.is_now(sound, "accepted"))
        for id, why in ((broken, "could not make a mail of it (KeyError)"), (odd, "holds a line end")):
            await eventually(lambda id=id: office.is_now(id, "bounced"))  # type: ignore[misc]
            assert why in (await office.mail(id)).recipients[0].reason
            assert (await office.mail(id)).never_left
    assert len(server.taken) == 1
    assert "KeyError" in caplog.text and "evil.example" not in caplog.text


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
