"""Takes what a folder has and the record has not: bytes to the disk first, then rows and cursor in one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate

from desk.clock import Clock
from mailbox.imap.batches import Batch
from mailbox.imap.connection import Connection, Facts, Mail, Selected
from mailbox.imap.errors import Refused
from mailbox.suspects import Suspects
from routing import mail as rules
from store import incoming, mailbox_health, mailboxes, singletons
from store.blobs import CHUNK, Blobs
from store.engine import Connection as Transaction
from store.engine import Record
from store.incoming import Fetched
from store.mailboxes import Cursor, Mailbox
from store.times import instant, micros

TRIES = 3
"""How often a mail is asked for that a search has shown."""
MOST_BYTES = 110 * 1024 * 1024
"""Of a mail, more than the wire takes of one."""

Reached = Callable[[int], None]
"""Told that all is stored which was received until then (microseconds); 0: nobody can say."""


class Fetching:
    """Of one folder of one mailbox, under one fence."""

    def __init__(
        self, record: Record, blobs: Blobs, clock: Clock, box: Mailbox, folder: str, hold: str, fence: int | None,
        *, follows: bool = True, suspects: Suspects | None = None,
    ) -> None:  # fmt: skip
        """`fence` None: beside whoever reads it, who stores the same once. `follows`: a cursor moves with what is
        stored. `suspects`: what is known of the folder from connections before.
        """
        self._record = record
        self._blobs = blobs
        self._clock = clock
        self._box = box
        self._folder = folder
        self._hold = hold
        self._fence = fence
        self._follows = follows
        self._suspects = suspects or Suspects(clock)

    async def take(
        self, connection: Connection, selected: Selected, *, all: bool, reached: Reached = lambda until: None
    ) -> int:
        """Everything new; with `all`, also what lies behind the cursor and is not stored: moved in, visible late, left
        out. How many there were. What a search shows and the server does not give has its place, to be asked for again.
        `reached` is told meanwhile what is stored.

        Raises MailError, Superseded, Unavailable, OSError.
        """
        cursor = await self._cursor(selected)
        uids = await connection.uids(0 if all else cursor.last_uid)
        if all:
            stored = await self._record.read(
                lambda opened: incoming.uids(opened, self._box.id, self._folder, selected.uidvalidity)
            )
            uids = [uid for uid in uids if uid not in stored]
        current, count = bool(cursor.last_uid) and not all, len(uids)
        await self.answered(count)
        for _ in range(TRIES):
            uids = await self._take(connection, selected, uids, current, reached)
            if not uids:
                return count
            await connection.noop()  # some servers show a mail in a search before they give it
            there = set(await connection.uids(uids[0] - 1))
            uids = [uid for uid in uids if uid in there]
        polled = self._clock.now()
        await self._store(selected, [Fetched(uid, None, 0, None, micros(polled)) for uid in uids], polled)
        return count

    async def take_these(self, connection: Connection, selected: Selected, uids: list[int]) -> int:
        """What stands behind the cursor, or in a folder without one; how many the server does not give. Those have
        their place, to be asked for again.

        Raises as `take`.
        """
        left = uids
        for _ in range(TRIES):
            left = await self._take(connection, selected, left, False, lambda until: None)
            if not left:
                return 0
        polled = self._clock.now()
        await self._store(selected, [Fetched(uid, None, 0, None, micros(polled)) for uid in left], polled)
        return len(left)

    async def _take(
        self, connection: Connection, selected: Selected, uids: list[int], current: bool, reached: Reached
    ) -> list[int]:
        """Stores what is given; the uids of what was not, rising."""
        given: set[int] = set()
        facts = await connection.facts(uids)
        sizes = {uid: told.size for uid, told in facts.items()}
        together = self._suspects.batches(sizes)
        asked: set[int] = set()
        for batch, behind in zip(together, _earliest_behind(together, facts), strict=True):
            polled = self._clock.now()
            self._suspects.ask(batch.uids)
            mails = [self._row(*each, polled, current) async for each in self._fetched(connection, batch, sizes)]
            self._suspects.answered()
            asked |= set(batch.uids)
            given |= {mail.uid for mail in mails}
            await self._store(selected, mails, polled, len(uids) - len(given))
            reached(behind if given >= asked else 0)  # of what was not given nobody knows when it came
        return [uid for uid in uids if uid not in given]

    async def _cursor(self, selected: Selected) -> Cursor:
        """Where it stands; a folder that numbers anew is read from its begin."""
        found = await self._record.read(lambda opened: mailboxes.cursor(opened, self._box.id, self._folder))
        if found is None or found.uidvalidity != selected.uidvalidity:
            return Cursor(selected.uidvalidity, 0)
        return found

    async def answered(self, behind: int = 0) -> None:
        """The server did; so many mails are there that are not stored yet. Raises Superseded, Unavailable."""

        def verb(opened: Transaction) -> None:
            self._expect_hold(opened)
            mailbox_health.well(opened, self._box.id, self._real(), behind)

        await self._record.write(verb, name="mailbox_health")

    def _real(self) -> int:
        return micros(self._clock.real())

    async def _store(self, selected: Selected, mails: list[Fetched], polled: datetime, behind: int = 0) -> None:
        def verb(opened: Transaction) -> None:
            self._expect_hold(opened)
            now = micros(self._clock.now())
            incoming.put(
                opened, self._box.id, self._folder, selected.uidvalidity, mails, polled_at=micros(polled), now=now
            )
            if self._follows:
                self._move(opened, selected, mails)
            mailbox_health.well(opened, self._box.id, self._real(), behind)
            dated = [mail.internal_at for mail in mails if mail.internal_at is not None]
            if dated:
                mailbox_health.stored(opened, self._box.id, self._real(), max(dated))

        if mails:
            await self._record.write(verb, name="store_mail")

    def _expect_hold(self, opened: Transaction) -> None:
        if self._fence is not None:
            singletons.hold(opened, self._hold, self._fence)

    def _move(self, opened: Transaction, selected: Selected, mails: list[Fetched]) -> None:
        before = mailboxes.cursor(opened, self._box.id, self._folder)
        behind = before.last_uid if before is not None and before.uidvalidity == selected.uidvalidity else 0
        last = max(behind, *(mail.uid for mail in mails))
        mailboxes.move(opened, self._box.id, self._folder, Cursor(selected.uidvalidity, last))

    # One batch --------------------------------------------------------------------------------------------------------

    async def _fetched(
        self, connection: Connection, batch: Batch, sizes: dict[int, int]
    ) -> AsyncIterator[tuple[Mail, str | None, int]]:
        """Each mail of the batch with the name of its blob, which is on the disk, and its size; of one that is too
        large the blob is the head, the size is that of all. No name where it is left.
        """
        if batch.how == "whole":
            for kept in await self._kept(await self._whole(connection, batch.uids)):
                yield kept
        else:
            with contextlib.suppress(Refused):  # as one of a batch
                if batch.how == "parts":
                    found = await self._parts(connection, batch.uids[0])
                else:
                    found = await self._headers(connection, batch.uids[0], sizes[batch.uids[0]])
                if found is not None:
                    yield found

    async def _kept(self, mails: list[Mail]) -> list[tuple[Mail, str | None, int]]:
        taken = [mail for mail in mails if not self._is_old(mail)]
        blobs = await self._blobs.put_all([mail.raw for mail in taken])
        names = {mail.uid: blob.sha256 for mail, blob in zip(taken, blobs, strict=True)}
        return [(mail, names.get(mail.uid), len(mail.raw)) for mail in mails]

    async def _whole(self, connection: Connection, uids: Iterable[int]) -> list[Mail]:
        """One by one where the server refuses the batch: one bad mail keeps no other."""
        wanted = list(uids)
        try:
            return await connection.fetch(wanted)
        except Refused:
            if len(wanted) == 1:
                return []
        return [mail for uid in wanted for mail in await self._whole(connection, [uid])]

    async def _parts(self, connection: Connection, uid: int) -> tuple[Mail, str | None, int] | None:
        with tempfile.TemporaryFile() as file:
            mail = await connection.fetch_into(uid, file)
            if mail is None:
                return None
            file.seek(0)

            async def chunks() -> AsyncIterator[bytes]:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    yield chunk

            blob = await self._blobs.put(chunks(), most_bytes=MOST_BYTES)
        return mail, blob.sha256, blob.bytes

    async def _headers(self, connection: Connection, uid: int, size: int) -> tuple[Mail, str | None, int] | None:
        mail = await connection.fetch_headers(uid)
        return None if mail is None else (*(await self._kept([mail]))[0][:2], size)

    def _is_old(self, mail: Mail) -> bool:
        since, said = self._box.since, mail.internaldate
        return since is not None and said is not None and said < instant(since)

    def _row(self, mail: Mail, sha256: str | None, size: int, polled: datetime, current: bool) -> Fetched:
        said = mail.internaldate
        received = rules.received(said or polled, polled)
        return Fetched(
            mail.uid,
            sha256,
            size,
            None if said is None else micros(said),
            micros(received),
            moved_in=said is not None and rules.moved_in(said, polled, current=current),
            left=sha256 is None,
        )


def _earliest_behind(together: Sequence[Batch], facts: Mapping[int, Facts]) -> list[int]:
    """For each batch, when the earliest of the mails was received that are fetched after it: uids rise with the time
    of arrival, but not where somebody moved mails. 0: nobody can say.
    """
    dates = {uid: 0 if told.internaldate is None else micros(told.internaldate) for uid, told in facts.items()}
    earliest = [min(dates[uid] for uid in batch.uids) for batch in together]
    return [0, *accumulate(reversed(earliest), min)][:-1][::-1]
