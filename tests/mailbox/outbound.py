"""A desk with two mailboxes, one of a customer and the pool's, whose mail leaves over SMTP servers of the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from desk import mailing, posting
from desk.administration.mailboxes import seal
from desk.clock import SystemClock
from desk.desk import Desk
from desk.letters import Letter
from desk.sealing import Sealer
from desk.work import Work
from live.memory import MemoryLive
from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours
from mailbox.reading import letter
from mailbox.sending import Sending
from mailbox.smtp.endpoint import Limits
from store import files, incoming, mailboxes, outgoing
from store.blobs import Blobs
from store.engine import Record
from store.files import File
from store.incoming import Fetched
from store.mailboxes import Mailbox
from store.outbox import To
from store.outgoing import Mail
from store.times import micros
from tests.desk.post import item_of
from tests.support.world import OPEN, SEALER

PRIYA, TOM = "priya.raman@brightwater.example", "tom@brightwater.example"
LIMITS = Limits(connect_s=10, greeting_s=10, answer_s=10, content_s=2, quit_s=1)


class Office:
    """`clock` runs, and may be moved forward."""

    def __init__(self, record: Record, files: Path, sealer: Sealer = SEALER) -> None:
        self.record = record
        self.sealer = sealer
        self.files = files
        self.blobs = Blobs(files)
        self.clock = SystemClock(OPEN + timedelta(hours=1) - datetime.now(UTC))
        self.desk = Desk(record, MemoryLive(), self.clock)
        self.uid = 0

    async def has(self, id: str, port: int | None, customer: str | None = None, **endpoint: Any) -> Mailbox:
        """A mailbox whose mail goes to this port; None: it has no server."""
        smtp = {"host": "127.0.0.1", "port": port, "security": "plain", "auth": "none"}
        fields = {"host": "127.0.0.1", "port": 1, "security": "plain", "user": "anna", "auth": "password", "plus": True}
        box = Mailbox(
            id, f"{id}@larkfield.example", "Larkfield", customer, "office",
            fields | ({} if port is None else {"smtp": smtp}) | endpoint, seal(self.sealer, {"password": "secret"}),
            True, None,
        )  # fmt: skip
        await self.record.write(lambda connection: mailboxes.add(connection, box, 1), name="box")
        return box

    async def changed(self, box: Mailbox, **endpoint: Any) -> Mailbox:
        """Set up anew."""
        changed = replace(box, endpoint={**box.endpoint, **endpoint})
        await self.record.write(lambda connection: mailboxes.change(connection, changed), name="box")
        return changed

    async def changed_secret(self, box: Mailbox, password: str) -> None:
        """The password of its server."""
        await self.changed_secrets(box, {"password": password})

    async def changed_secrets(self, box: Mailbox, secrets: dict[str, str]) -> Mailbox:
        """All that is sealed."""
        changed = replace(box, secret_sealed=seal(self.sealer, secrets))
        await self.record.write(lambda connection: mailboxes.change(connection, changed), name="box")
        return changed

    def sending(self, *, shows: bool = False, limits: Limits = LIMITS) -> Sending:
        return Sending(self.desk, self.blobs, self.sealer, shows=shows, limits=limits)

    @contextlib.asynccontextmanager
    async def process(self, *, shows: bool = False, limits: Limits = LIMITS) -> AsyncIterator[None]:
        """One that sends, and is stopped at the end."""
        task = asyncio.create_task(self.sending(shows=shows, limits=limits).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def passes(self, **span: float) -> None:
        """Time, and whoever sleeps wakes."""
        self.clock.offset += timedelta(**span)
        self.desk.live.bell()

    # Mail -------------------------------------------------------------------------------------------------------------

    async def lands(self, box: Mailbox, said: Letter) -> str | None:
        """The ticket on which a letter landed."""
        self.uid += 1
        now = micros(self.clock.now())
        mail = Fetched(self.uid, f"{self.uid:064}", 100, now, now)

        async def stored() -> incoming.Stored:
            def verb(connection: Any) -> incoming.Stored:
                incoming.put(connection, box.id, "INBOX", 1, [mail], polled_at=now, now=now)
                return incoming.waiting(connection, box.id)[-1]

            return await self.record.write(verb, name="mail")

        kept = await stored()
        await self.desk.run("mail", lambda work: mailing.land(work, box, kept, said))
        item = await self.record.read(lambda connection: item_of(connection, kept.id))
        assert item is not None
        ticket: str | None = item.ticket_id
        return ticket

    async def comes(self, box: Mailbox, raw: bytes) -> str | None:
        """The ticket on which a mail landed, read as the product reads it."""
        parsed = parse(raw, Ours(addresses=(box.address,)), ())
        return await self.lands(box, letter(parsed, self.sealer, {box.address}, ()))

    async def ticket(self, box: Mailbox) -> str:
        """One that Priya opened by mail."""
        key = f"key-{self.uid}"
        found = await self.lands(
            box, Letter(key, "human", PRIYA, "Feed", "It stopped.", message_id=f"<{key}@b.example>")
        )
        assert found is not None
        return found

    async def uploaded(self, name: str, type: str, content: bytes) -> File:
        """A file that an answer may carry."""
        blob = await asyncio.to_thread(self.blobs.put_bytes, content)
        file = File(f"file-{name}", name, type, blob.bytes, blob.sha256, None, "anna")
        await self.record.write(lambda connection: files.add(connection, file, 1), name="file")
        return file

    async def answers(self, ticket: str, *to: To, body: str = "It runs again.", **details: Any) -> str:
        """The id of Anna's mail."""
        ids: list[str] = []

        def verb(work: Work) -> None:
            ids[:] = [
                posting.post(
                    work, work.ticket(ticket), kind="reply", to=to or (To(PRIYA, "Priya Raman"),), subject="Re: Feed",
                    body=body, details={"signature": "Anna", "language": "en"} | details, name="Anna Kovács",
                    by_id="anna",
                )
            ]  # fmt: skip

        await self.desk.run("post", verb)
        return ids[0]

    async def mail(self, id: str) -> Mail:
        found = await self.record.read(lambda connection: outgoing.find(connection, id))
        assert found is not None
        return found

    async def states(self, id: str) -> dict[str, str]:
        return {each.address: each.state for each in (await self.mail(id)).recipients}

    async def is_now(self, id: str, state: str) -> bool:
        return (await self.mail(id)).state == state
