"""What does not leave: it was taken back, or there is no server."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import posting
from desk.work import Work
from store import jobs
from tests.mailbox.outbound import Office
from tests.support.eventually import eventually
from tests.support.smtp_server import SmtpServer


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


@pytest.mark.parametrize(("stage", "left"), [("RCPT", False), ("DATA", False), ("dot", True)])
async def test_a_mail_has_left_only_once_its_content_was_begun(
    office: Office, server: SmtpServer, stage: str, left: bool
) -> None:
    id = await office.answers(await office.ticket(await office.has("support", server.port)))
    server.faults[stage] = "550"
    async with office.process():
        await eventually(lambda: office.is_now(id, "bounced"))
    mail = await office.mail(id)
    assert (mail.sha256 is not None, mail.never_left) == (left, not left)
    assert server.taken == []
