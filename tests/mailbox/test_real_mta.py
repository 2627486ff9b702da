"""The whole way with a real Postfix and a real Dovecot: out by SMTP, back by LMTP and IMAP, and what is known then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from desk.administration.mailboxes import seal
from desk.letters import Around
from mailbox import holding, service
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours
from mailbox.reading import Reader
from mailbox.service import Mailboxes
from mailbox.smtp.endpoint import Limits
from mailbox.worker import Worker
from store import mailboxes
from store.engine import Record, open_record
from store.mailboxes import Mailbox
from store.outbox import To
from store.outgoing import Mail
from store.schema import ticket
from tests.mailbox.imap.conftest import at
from tests.mailbox.outbound import LIMITS, Office
from tests.support.dovecot import SECRET, DovecotServer
from tests.support.eventually import eventually
from tests.support.postfix import GONE, SLOW, PostfixServer
from tests.support.world import SEALER, World

DEAF = Limits(content_s=0, slowest_bytes_s=1e12)
"""Who hears no server's last word."""
_TICKETS = select(func.count()).select_from(ticket)


class Round:
    """A desk whose mailbox is on the real servers."""

    def __init__(self, office: Office, box: Mailbox, dovecot: DovecotServer) -> None:
        self.office = office
        self.box = box
        self.dovecot = dovecot

    @contextlib.asynccontextmanager
    async def runs(self, limits: Limits = LIMITS) -> AsyncIterator[None]:
        """It polls and sends."""
        office = self.office
        async with Worker() as worker, office.process(limits=limits):
            reader = Reader(office.record, office.blobs, SEALER, worker, lambda key: False)
            task = asyncio.create_task(Mailboxes(office.desk, office.blobs, SEALER, reader, Around()).run())
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def sends(self, *to: To) -> str:
        return await self.office.answers(await self.office.ticket(self.box), *to)

    async def tickets(self) -> int:
        return int(await self.office.record.read(lambda connection: connection.scalar(_TICKETS)) or 0)

    async def lie(self, user: str) -> list[bytes]:
        """What lies in somebody's INBOX."""
        async with await Connection.open(at(self.dovecot.imap_port, user=user, auth=Password(SECRET))) as connection:
            await connection.select("INBOX")
            return [mail.raw for mail in await connection.fetch(await connection.uids())]


@pytest.fixture
async def record(tmp_path: Path) -> AsyncIterator[Record]:
    opened = await open_record(f"sqlite:///{tmp_path / 'record.db'}")
    await World.make(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def round(
    record: Record, tmp_path: Path, postfix: PostfixServer, whole_dovecot: DovecotServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Round:  # fmt: skip
    monkeypatch.setattr(holding, "BEAT_S", 0.05)
    monkeypatch.setattr(service, "LOOK_S", 0.05)
    office = Office(record, tmp_path / "files")
    user = whole_dovecot.mailbox()
    box = await office.has(user, postfix.port)
    there = replace(
        box,
        address=f"{user}@example.org",
        endpoint={**box.endpoint, "port": whole_dovecot.imap_port, "user": user},
        secret_sealed=seal(SEALER, {"password": SECRET}),
    )
    await record.write(lambda connection: mailboxes.change(connection, there), name="box")
    return Round(office, there, whole_dovecot)


def of(mail: Mail, address: str) -> tuple[str, str]:
    """State and reason of a recipient."""
    [found] = [each for each in mail.recipients if each.address == address]
    return found.state, found.reason


async def test_an_answer_comes_to_its_reader_whole(round: Round) -> None:
    reader = round.dovecot.mailbox()
    async with round.runs():
        id = await round.sends(To(f"{reader}@example.org", "Priya Raman"))
        await eventually(lambda: round.office.is_now(id, "accepted"))

        async def came() -> bool:
            return len(await round.lie(reader)) == 1

        await eventually(came)
    [raw] = await round.lie(reader)
    read = parse(raw, Ours(), ())
    assert (read.own_id, read.message_id) == (id, (await round.office.mail(id)).message_id)
    assert read.from_ is not None and read.from_.name == "Anna Kovács, Larkfield"
    assert read.reply.startswith("It runs again.") and read.defects == ()


async def test_what_is_not_known_is_proven_by_the_copy_that_comes_back_and_not_sent_again(round: Round) -> None:
    reader = round.dovecot.mailbox()
    async with round.runs(DEAF):
        id = await round.sends(To(f"{reader}@example.org"))

        async def heard() -> bool:
            return of(await round.office.mail(id), f"{reader}@example.org")[0] == "accepted"

        await eventually(heard)
        assert of(await round.office.mail(id), f"{reader}@example.org")[1] == ""  # nothing that a server said
        round.office.passes(minutes=11)

        async def came() -> bool:
            return len(await round.lie(reader)) >= 1

        await eventually(came)
    assert len(await round.lie(reader)) == 1
    assert await round.tickets() == 1


async def test_a_bounce_of_a_real_server_is_told_on_the_message(round: Round) -> None:
    reader, nobody = round.dovecot.mailbox(), f"nobody@{GONE}"
    async with round.runs():
        id = await round.sends(To(f"{reader}@example.org"), To(nobody, role="cc"))

        async def told() -> bool:
            return of(await round.office.mail(id), nobody)[0] == "bounced"

        await eventually(told)
    mail = await round.office.mail(id)
    assert of(mail, f"{reader}@example.org")[0] == mail.state == "accepted", "who it is to has it"
    state, reason = of(mail, nobody)
    assert state == "bounced" and reason.startswith("5.1.1") and "nobody of that name" in reason
    assert await round.tickets() == 1


async def test_a_delay_that_a_real_server_tells_is_a_reason_and_no_bounce(round: Round) -> None:
    slow = f"priya@{SLOW}"
    async with round.runs():
        id = await round.sends(To(slow))

        async def told() -> bool:
            return of(await round.office.mail(id), slow)[1].startswith("4.4.1")

        await eventually(told)
    assert of(await round.office.mail(id), slow)[0] == "accepted"
    assert await round.tickets() == 1
