"""Reads one mailbox for as long as it is this process' turn: fetch, land, tell the server; then wait for the next."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from desk import letters, mailing
from desk.clock import Clock
from desk.desk import Desk
from desk.letters import Around, Letter
from desk.work import Work
from mailbox.fetching import Fetching
from mailbox.imap.backoff import Backoff
from mailbox.imap.connection import Connection, Selected
from mailbox.imap.errors import ImapError
from mailbox.places import Place
from mailbox.probing import Probing
from mailbox.reconciling import BEFORE_BACKUP, DAYS, Why, compare, is_due, noted
from routing.errors import DeskError
from store import calendars, incoming, mailbox_health, meta, singletons
from store.blobs import Blobs
from store.engine import Connection as Transaction
from store.engine import Record, Violation
from store.incoming import Stored
from store.mailboxes import Mailbox
from store.times import instant, micros

log = logging.getLogger(__name__)

RENEW_S = 60.0
"""How long one IDLE lasts: no push that got lost costs more, and a server that fell silent is noticed within it."""
SETTLE_S = 5.0
"""How long the one lasts that follows mail: some servers tell nothing of what came just before it began."""
SCAN_S = 600.0
"""How often the whole folder is compared with the record."""
LONG_S = 30.0
"""How long mail is landed before its server is asked again."""
ORPHANED = timedelta(hours=1)
"""Imported mail that lies so long is landed here: who imported it was stopped."""
TRIES = 3
"""How often a mail may bring its reader down before it is put aside."""
AHEAD, AT_ONCE = 8, 4
"""So many mails are read side by side, and landed by one transaction."""

Read = Callable[[Stored, Mailbox], Awaitable[Letter]]
"""What a mail says. Never raises for what a mail may hold."""


class Poller:
    """Of one mailbox. What it reads is written under the fence it was given."""

    def __init__(
        self,
        desk: Desk,
        blobs: Blobs,
        box: Mailbox,
        place: Place,
        read: Read,
        hold: str,
        probing: Probing,
        around: Around,
    ) -> None:
        self._desk = desk
        self._record: Record = desk.record
        self._clock: Clock = desk.clock
        self._blobs = blobs
        self._box = box
        self._place = place
        self._read = read
        self._probing = probing
        self._hold = hold
        self._around = around
        self._backoff = Backoff()

    async def run(self, fence: int) -> None:
        """For ever, over every loss of the server and of the record. Raises Superseded."""
        while True:
            try:
                await self._session(fence)
            except ImapError as error:
                pause = error.after_s or self._backoff.next_s()
                log.warning("mailbox.lost mailbox=%s step=%s pause_s=%.1f", self._box.id, error.step, pause)
                await self._note(fence, error.step, error.words)
            except DeskError as error:
                pause = error.retry_s or self._backoff.next_s()
                log.warning("mailbox.record_unavailable mailbox=%s pause_s=%.1f", self._box.id, pause)
            except Violation:  # what it was about to write belongs to something that is gone, as the mailbox itself
                pause = self._backoff.next_s()
                log.warning("mailbox.gone mailbox=%s pause_s=%.1f", self._box.id, pause)
            except OSError as error:
                pause = self._backoff.next_s()
                log.exception("mailbox.no_room mailbox=%s pause_s=%.1f", self._box.id, pause)
                await self._note(fence, "disk", error.strerror or str(error))
            await self._clock.sleep(pause)

    async def _note(self, fence: int, step: str, words: str) -> None:
        """Which step fails, for every process to show."""

        def verb(opened: Transaction) -> None:
            singletons.hold(opened, self._hold, fence)
            mailbox_health.failed(opened, self._box.id, micros(self._clock.real()), step, words)

        with contextlib.suppress(DeskError):
            await self._record.write(verb, name="mailbox_health")

    async def _session(self, fence: int) -> None:
        async with await Connection.open(self._place.endpoint) as connection:
            done = self._place.done and await connection.path(*self._place.done.split("/"))
            selected = await connection.select(self._place.folder)
            fetching = Fetching(
                self._record, self._blobs, self._clock, self._box, self._place.folder, self._hold, fence
            )
            scanned = None
            while True:
                now = self._clock.monotonic()
                scan = scanned is None or now - scanned >= SCAN_S
                found = await fetching.take(connection, selected, all=scan)
                scanned = now if scan else scanned
                self._backoff.reset()
                await self._land(connection, fetching, fence)
                await self._tell_server(connection, selected, done, fence)
                await self._probe(fence)
                if why := await self._why_compare():
                    await self._compare(connection, done, fence, why)
                    selected, scanned = await connection.select(self._place.folder), None
                    continue
                await connection.idle_until(SETTLE_S if found or scan else RENEW_S)

    # Is anything missing? ---------------------------------------------------------------------------------------------

    async def _why_compare(self) -> Why | None:
        """Why folders are to be compared with the record now; None: they are not."""

        def query(opened: Transaction) -> Why | None:
            health, again = mailbox_health.find(opened, self._box.id), meta.mail_asked_again(opened)
            if again is not None and (health is None or health.again_since != micros(again)):
                return "restore"
            calendar = calendars.find(opened, self._box.calendar_id)
            zone = "UTC" if calendar is None else str(calendar.document["tz"])
            last = None if health is None or health.reconciled_at is None else instant(health.reconciled_at)
            return "night" if is_due(last, self._clock.real(), zone, self._box.id) else None

        return await self._record.read(query)

    async def _compare(self, connection: Connection, done: str | None, fence: int, why: Why) -> None:
        """The folder of done mail too: what a restored record does not know may have been moved there since."""
        now, real = self._clock.now(), self._clock.real()
        again = await self._record.read(meta.mail_asked_again) if why == "restore" else None
        since = now - timedelta(days=DAYS) if again is None else min(now, again) - BEFORE_BACKUP
        folders = [
            (each, Fetching(
                self._record, self._blobs, self._clock, self._box, each, self._hold, fence, follows=False
            ))
            for each in (self._place.folder, *([done] if done else []))
        ]  # fmt: skip
        found = await compare(connection, self._record, self._box, folders, now, since, why)

        def note(work: Work) -> None:
            singletons.hold(work.connection, self._hold, fence)
            noted(work, self._box, found, real)
            if again is not None:
                mailbox_health.read_again(work.connection, self._box.id, micros(again))

        await self._desk.run("mail_compared", note, decides=False)
        log.log(
            logging.WARNING if found.missing else logging.INFO,
            "mailbox.compared mailbox=%s why=%s mails=%s missing=%s lost=%s",
            self._box.id, why, found.mails, found.missing, found.lost,
        )  # fmt: skip

    async def _probe(self, fence: int) -> None:
        """Sends a mail that is to come back here, when it is time for one."""
        real = micros(self._clock.real())
        health = await self._record.read(lambda opened: mailbox_health.find(opened, self._box.id))
        if not self._probing.is_due(health, real):
            return

        def send(work: Work) -> None:
            singletons.hold(work.connection, self._hold, fence)
            self._probing.send(work, real)

        await self._desk.run("send_probe", send, decides=False)

    # What was stored becomes what is said -----------------------------------------------------------------------------

    async def _land(self, connection: Connection, fetching: Fetching, fence: int) -> None:
        asked = self._clock.monotonic()
        since = micros(self._clock.now() - ORPHANED)
        query = partial(incoming.waiting, mailbox=self._box.id, left_alone_since=since)
        while waiting := await self._record.read(query):
            await self._land_all(waiting, fence)
            if self._clock.monotonic() - asked >= LONG_S:  # so much mail that its server would count as silent
                asked = self._clock.monotonic()
                await connection.noop()
                await fetching.answered()

    async def _land_all(self, waiting: Sequence[Stored], fence: int) -> None:
        """In the order in which they came; some are read while those before them are landed."""
        reading: asyncio.Future[list[Letter]] | None = None
        before: list[Stored] = []
        try:
            for some in _portions(waiting):
                if some[0].attempts and reading is not None:  # nothing else is under way while it is read
                    await self._say(before, await reading, fence)
                    reading = None
                await self._record.write(partial(self._count, mails=some, fence=fence), name="try_mail")
                reading, read = asyncio.gather(*(self._letter(mail) for mail in some)), reading
                if read is not None:
                    await self._say(before, await read, fence)
                before = some
            if reading is not None:
                await self._say(before, await reading, fence)
        finally:
            if reading is not None:
                reading.cancel()

    def _count(self, opened: Transaction, mails: Sequence[Stored], fence: int) -> None:
        """Each try is counted before: a mail that kills whoever reads it is found out."""
        singletons.hold(opened, self._hold, fence)
        for mail in mails:
            incoming.try_once(opened, mail.id)

    async def _letter(self, mail: Stored) -> Letter:
        if mail.attempts < TRIES:
            return await self._read(mail, self._box)
        else:
            return letters.unreadable(mail, f"Reading it failed {mail.attempts} times.")

    async def _say(self, mails: Sequence[Stored], found: Sequence[Letter], fence: int) -> None:
        """A few in one transaction: each commit waits for the disk."""
        pairs = list(zip(mails, found, strict=True))
        for begin in range(0, len(pairs), AT_ONCE):
            land = partial(self._land_some, pairs=pairs[begin : begin + AT_ONCE], fence=fence)
            await self._desk.run("land_mail", land, decides=False)

    def _land_some(self, work: Work, pairs: Sequence[tuple[Stored, Letter]], fence: int) -> None:
        singletons.hold(work.connection, self._hold, fence)
        for mail, letter in pairs:
            probe = self._probing.named(letter.sender, letter.subject)
            said = letter if probe is None else replace(letter, kind="receipt")
            mailing.land(work, self._box, mail, said, self._around)
            if probe is not None:
                self._probing.came(work, mail, probe, micros(self._clock.real()))

    async def _tell_server(self, connection: Connection, selected: Selected, done: str | None, fence: int) -> None:
        """Marks or moves what was seen to; what gets lost of it is done again next time. A folder that is read only
        keeps its mails as they are.
        """
        box, folder, epoch = self._box.id, self._place.folder, selected.uidvalidity
        while not selected.read_only:
            uids = await self._record.read(lambda opened: incoming.unflagged(opened, box, folder, epoch))
            if not uids:
                return
            await (connection.move(uids, done) if done else connection.mark_seen(uids))

            def told(opened: Transaction, uids: list[int] = uids) -> None:
                singletons.hold(opened, self._hold, fence)
                incoming.flagged(opened, box, folder, epoch, uids)

            await self._record.write(told, name="tell_server")


def _portions(waiting: Sequence[Stored]) -> Iterator[list[Stored]]:
    """As many as are counted and read together. One that was tried before is by itself: whoever it brings down, it
    takes no other along.
    """
    fresh: list[Stored] = []
    for mail in waiting:
        if mail.attempts or len(fresh) == AHEAD:
            if fresh:
                yield fresh
            fresh = []
        if mail.attempts:
            yield [mail]
        else:
            fresh.append(mail)
    if fresh:
        yield fresh
