"""A record with people and a mailbox on a server, and processes that poll it; what the tests of mail look at."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from desk.administration.mailboxes import seal
from desk.clock import SystemClock
from desk.desk import Desk
from desk.letters import Around
from live.memory import MemoryLive
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours, Parsed
from mailbox.reading import Reader
from mailbox.service import Mailboxes
from mailbox.worker import Unreadable
from store import mailbox_health, mailboxes
from store.blobs import Blobs
from store.engine import Record
from store.mailbox_health import Health
from store.mailboxes import Mailbox
from store.schema import event, incoming_mail, mail_item
from tests.mailbox.imap.conftest import at
from tests.support.imap_pymap import SECRET, USER
from tests.support.world import SEALER

MAIL = (
    "From: Priya Raman <priya.raman@brightwater.example>\r\nTo: support@larkfield.example\r\n"
    "Message-ID: <{id}@brightwater.example>\r\nSubject: Feed {id}\r\nDate: Wed, 4 Mar 2026 09:00:00 +0000\r\n\r\n"
    "It stopped: {id}.\r\n"
)
_SAID = select(event.c.frame).where(event.c.kind == "message", event.c.by_id == "priya")
READ = select(mail_item.c.reason, mail_item.c.ticket_id)
POISON = MAIL.format(id="poison").replace("Subject", "X-Poison: 1\r\nSubject")


class Parser:
    """The product's own, in this process; with a mail that it does not survive."""

    async def parse(self, path: Path, ours: Ours, sent: Sequence[str] = ()) -> Parsed:
        raw = path.read_bytes()
        if b"X-Poison" in raw:
            raise Unreadable("It took more memory than it may.")
        return parse(raw, ours, sent)

    async def parse_head(self, path: Path, ours: Ours) -> Parsed:
        return parse(path.read_bytes().split(b"\r\n\r\n")[0], ours, ())


class Office:
    """A record with people, a mailbox on a server, and any number of processes that poll it."""

    def __init__(self, record: Record, blobs: Blobs, port: int) -> None:
        self.record = record
        self.blobs = blobs
        self.port = port
        self.erased: set[str] = set()
        self.probe_every = timedelta()
        self.box = Mailbox(
            "box", "support@larkfield.example", "Larkfield", None, "office",
            {"host": "127.0.0.1", "port": port, "security": "plain", "user": USER, "auth": "password"},
            seal(SEALER, {"password": SECRET}), True, None,
        )  # fmt: skip

    async def begin(self, **endpoint: object) -> None:
        """The mailbox is there."""
        self.box.endpoint.update(endpoint)  # type: ignore[attr-defined]
        await self.record.write(lambda connection: mailboxes.add(connection, self.box, 1), name="box")

    @contextlib.asynccontextmanager
    async def process(self) -> AsyncIterator[asyncio.Task[None]]:
        """One that polls; killed at the end: it gives nothing up in good order."""
        desk = Desk(self.record, MemoryLive(), SystemClock())
        reader = Reader(self.record, self.blobs, SEALER, Parser(), self.erased.intersection)
        task = asyncio.create_task(Mailboxes(desk, self.blobs, SEALER, reader, Around(), self.probe_every).run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def arrives(self, *mails: str) -> None:
        """As the mail server takes them."""
        async with await Connection.open(at(self.port, user=USER, auth=Password(SECRET))) as server:
            for mail in mails:
                await server.append(mail.encode(), "INBOX")

    async def said(self) -> Counter[str]:
        """Every text of a message, and how often it stands in the record."""
        rows = await self.record.read(lambda connection: connection.all(_SAID))
        texts = [str(json.loads(row.frame)["data"]["body"]) for row in rows]
        return Counter(text.removeprefix("It stopped: ").removesuffix(".") for text in texts)

    async def has(self, *ids: str) -> bool:
        return set(ids) <= set(await self.said())

    async def states(self) -> Counter[str]:
        rows = await self.record.read(lambda connection: connection.all(select(incoming_mail.c.state)))
        return Counter(row.state for row in rows)

    async def health(self) -> Health:
        found = await self.record.read(lambda connection: mailbox_health.find(connection, "box"))
        assert found is not None
        return found
