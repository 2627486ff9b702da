"""A server drops the line after the dot, of a ticket in trouble: a person says whether the mail goes once more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import bindparam, select

from desk.actors import Signed
from desk.requests import MarkArrived, SendAgain
from desk.work import Work
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from routing.allow import Actor
from routing.errors import DeskError
from store import jobs, mailboxes
from store.mailboxes import Mailbox
from store.schema import event
from tests.mailbox.imap.conftest import at
from tests.mailbox.outbound import PRIYA, Office
from tests.support.eventually import calm, eventually
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.smtp_server import SmtpServer, Taken

_EVENTS = select(event.c.frame).where(event.c.stream == bindparam("stream"))
ANNA = Signed(Actor("anna", "agent", frozenset({"agent"})), "Anna Kovács")


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as started:
        started.faults["dot"] = "drop"
        yield started


async def severe(office: Office, box: Mailbox) -> tuple[str, str]:
    """A ticket of severity 1, and the id of Anna's answer."""
    ticket = await office.ticket(box)

    def verb(work: Work) -> None:
        work.ticket(ticket).ticket.severity = 1

    await office.desk.run("severity", verb)
    return ticket, await office.answers(ticket)


async def asked(office: Office, id: str) -> bool:
    """Somebody is, and nobody holds the mail."""
    leased = await office.record.read(lambda connection: jobs.exists(connection, f"send:{id}"))
    return (await office.mail(id)).asked_at is not None and not leased


async def in_question(office: Office, id: str) -> None:
    """Until nobody knows whether it arrived."""
    await eventually(lambda: office.is_now(id, "ambiguous"))
    office.passes(minutes=11)
    await eventually(lambda: asked(office, id))


def answers(server: SmtpServer) -> list[Taken]:
    """What the server took that is to Priya: who is asked gets mails as well."""
    return [each for each in server.taken if PRIYA in each.recipients]


async def says(office: Office, request: SendAgain | MarkArrived) -> None:
    await office.desk.perform(ANNA, request, lambda _: None)


async def test_the_mail_waits_for_a_word_and_goes_once_more_with_the_same_bytes(
    office: Office, server: SmtpServer
) -> None:
    ticket, id = await severe(office, await office.has("support", server.port))
    async with office.process():
        await in_question(office, id)
        server.faults.clear()
        office.passes(days=1)
        await calm()
        assert len(answers(server)) == 1
        await says(office, SendAgain(rid="1", ticket=ticket, mail=id))
        await eventually(lambda: office.is_now(id, "accepted"))
        office.passes(minutes=11)
        await calm()
    assert len(answers(server)) == 2 and answers(server)[0] == answers(server)[1]


async def test_who_decides_late_that_it_goes_again_gives_it_all_its_days_anew(
    office: Office, server: SmtpServer
) -> None:
    ticket, id = await severe(office, await office.has("support", server.port))
    async with office.process():
        await in_question(office, id)
        office.passes(days=6)
        server.faults.clear()
        server.faults["RCPT"] = "451"
        await says(office, SendAgain(rid="1", ticket=ticket, mail=id))
        await eventually(lambda: office.is_now(id, "deferred"))
        office.passes(days=5)
        await eventually(lambda: office.is_now(id, "bounced"))
    assert len(answers(server)) == 1


async def test_what_somebody_says_arrived_is_sent_no_more(office: Office, server: SmtpServer) -> None:
    ticket, id = await severe(office, await office.has("support", server.port))
    async with office.process():
        await in_question(office, id)
        [ended] = [each.at for each in (await office.mail(id)).recipients]
        await says(office, MarkArrived(rid="1", ticket=ticket, mail=id))
        office.passes(days=1)
        await calm()
    mail = await office.mail(id)
    assert (mail.state, mail.accepted_at, mail.vouched_by) == ("accepted", ended, "anna")
    assert len(answers(server)) == 1


async def test_a_copy_that_comes_after_the_question_answers_it(office: Office, server: SmtpServer) -> None:
    box = await office.has("support", server.port)
    ticket, id = await severe(office, box)
    async with office.process():
        await in_question(office, id)
        await office.comes(box, answers(server)[0].raw)
        assert await office.is_now(id, "accepted")
        with pytest.raises(DeskError, match="decided already"):
            await says(office, SendAgain(rid="1", ticket=ticket, mail=id))
        office.passes(minutes=11)
        await calm()
    assert (await office.mail(id)).asked_at is None and len(answers(server)) == 1


async def test_a_server_that_drops_each_time_has_it_asked_each_time(office: Office, server: SmtpServer) -> None:
    ticket, id = await severe(office, await office.has("support", server.port))
    async with office.process():
        for times in (1, 2, 3):
            await in_question(office, id)
            assert len(answers(server)) == times
            await says(office, SendAgain(rid=str(times), ticket=ticket, mail=id))
            await eventually(lambda times=times: len(answers(server)) == times + 1)  # type: ignore[misc]
    assert len({each.raw for each in answers(server)}) == 1


async def test_what_the_server_files_as_sent_is_looked_for_while_somebody_is_asked(
    office: Office, server: SmtpServer
) -> None:
    async with pymap_server() as imap:
        box = await office.has("support", server.port, user=USER, copies="sent", plus=False)
        await office.changed_secret(await office.changed(box, port=imap.port), SECRET)
        _, id = await severe(office, box)
        async with office.process():
            await eventually(lambda: office.is_now(id, "ambiguous"))
            office.passes(minutes=11)

            async def is_asked() -> bool:
                return (await office.mail(id)).asked_at is not None

            await eventually(is_asked)
            async with await Connection.open(at(imap.port, user=USER, auth=Password(SECRET))) as filing:
                await filing.append(answers(server)[0].raw, "Sent")
            office.passes(hours=2)
            await eventually(lambda: office.is_now(id, "accepted"))
    assert (await office.mail(id)).asked_at is None and len(answers(server)) == 1


async def test_a_secret_that_no_key_opens_meanwhile_does_not_make_the_doubt_forgotten(
    office: Office, server: SmtpServer
) -> None:
    box = await office.has("support", server.port)
    _, id = await severe(office, box)
    async with office.process():
        await eventually(lambda: office.is_now(id, "ambiguous"))
        lost = replace(box, secret_sealed=b"sealed with a key that is gone")
        await office.record.write(lambda connection: mailboxes.change(connection, lost), name="box")
        office.passes(minutes=11)

        async def rests() -> bool:
            due = await office.record.read(lambda connection: jobs.earliest(connection, ("send_mail",)))
            return due is not None and due > office.clock.now()

        await eventually(rests)
        assert await office.is_now(id, "ambiguous")
        await office.record.write(lambda connection: mailboxes.change(connection, box), name="box")
        await eventually(lambda: later(office, id))
    assert len(answers(server)) == 1


async def later(office: Office, id: str) -> bool:
    """Time goes on until somebody is asked."""
    office.passes(minutes=6)
    return await asked(office, id)


async def test_two_processes_ask_once(office: Office, server: SmtpServer) -> None:
    ticket, id = await severe(office, await office.has("support", server.port))
    async with office.process(), office.process():
        await in_question(office, id)
        office.passes(minutes=11)
        await calm()
    events = await office.record.read(lambda connection: connection.all(_EVENTS, stream=f"{ticket}/i"))
    assert sum('"alarm":"in_doubt"' in row.frame for row in events) == 1
