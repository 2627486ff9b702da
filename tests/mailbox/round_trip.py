"""A desk whose mailbox is on real servers: out by Postfix, back by LMTP and IMAP through Dovecot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from desk.administration.mailboxes import seal
from desk.letters import Around
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.reading import Reader
from mailbox.service import Mailboxes
from mailbox.smtp.endpoint import Limits
from mailbox.worker import Worker
from store import mailboxes
from store.mailboxes import Mailbox
from store.outbox import To
from store.outgoing import Mail
from store.schema import ticket
from tests.mailbox.imap.conftest import at
from tests.mailbox.outbound import LIMITS, Office
from tests.support.dovecot import SECRET, DovecotServer
from tests.support.world import SEALER

_TICKETS = select(func.count()).select_from(ticket)


class Round:
    """A desk whose mailbox is on the real servers."""

    def __init__(self, office: Office, box: Mailbox, dovecot: DovecotServer) -> None:
        self.office = office
        self.box = box
        self.dovecot = dovecot

    @classmethod
    async def begin(cls, office: Office, port: int, dovecot: DovecotServer) -> Round:
        """Its mail leaves by this port of this machine."""
        user = dovecot.mailbox()
        box = await office.has(user, port)
        there = replace(
            box,
            address=f"{user}@example.org",
            endpoint={**box.endpoint, "port": dovecot.imap_port, "user": user},
            secret_sealed=seal(SEALER, {"password": SECRET}),
        )
        await office.record.write(lambda connection: mailboxes.change(connection, there), name="box")
        return cls(office, there, dovecot)

    async def changed(self, **smtp: Any) -> None:
        """Its mail leaves otherwise from now on."""
        self.box = await self.office.changed(self.box, smtp={"host": "127.0.0.1", **smtp})

    @contextlib.asynccontextmanager
    async def runs(self, limits: Limits = LIMITS) -> AsyncIterator[None]:
        """It polls and sends."""
        office = self.office
        async with Worker() as worker, office.process(limits=limits):
            reader = Reader(office.record, office.blobs, SEALER, worker, lambda keys: ())
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


def of(mail: Mail, address: str) -> tuple[str, str]:
    """State and reason of a recipient."""
    [found] = [each for each in mail.recipients if each.address == address]
    return found.state, found.reason
