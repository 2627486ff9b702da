"""Reads one mailbox for as long as it is this process' turn: fetch, land, tell the server; then wait for the next."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta

from desk.clock import Clock
from desk.desk import Desk
from desk.letters import Around
from desk.work import Work
from mailbox.errors import MailError
from mailbox.fetching import Fetching
from mailbox.imap.backoff import Backoff
from mailbox.imap.connection import Connection, Selected
from mailbox.landing import Landing, Progress, Read
from mailbox.places import Place
from mailbox.probing import Probing
from mailbox.reconciling import BEFORE_BACKUP, DAYS, Why, compare, is_due, noted
from mailbox.suspects import Suspects
from routing.errors import DeskError
from store import calendars, incoming, mailbox_health, meta, singletons
from store.blobs import Blobs
from store.engine import Connection as Transaction
from store.engine import Record, Violation
from store.mailboxes import Mailbox
from store.singletons import Superseded
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
        self._suspects = Suspects(desk.clock)

    async def run(self, fence: int) -> None:
        """For ever, over every loss of the server and of the record. Raises Superseded."""
        landing = Landing(
            self._desk, self._blobs, self._box, self._read, self._hold, fence, self._probing, self._around
        )
        while True:
            pause = LONG_S
            try:
                await self._once(fence, landing)
            except Superseded:
                raise
            except MailError as error:
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
            except Exception as error:  # of one mail, which is tried no more than others that end a process
                pause = self._backoff.next_s()
                log.exception("mailbox.failed mailbox=%s pause_s=%.1f", self._box.id, pause)
                await self._note(fence, "land", str(error))
            await self._clock.sleep(pause)

    async def _once(self, fence: int, landing: Landing) -> None:
        """One connection. What is stored needs none: it is landed also when there is none to be had, or to be made."""
        if not self._box.active:
            return await landing.run(Progress.ended())
        try:
            await self._session(fence, landing)
        except MailError:
            await landing.run(Progress.ended())
            raise

    async def _note(self, fence: int, step: str, words: str) -> None:
        """Which step fails, for every process to show."""

        def verb(opened: Transaction) -> None:
            singletons.hold(opened, self._hold, fence)
            mailbox_health.failed(opened, self._box.id, micros(self._clock.real()), step, words)

        with contextlib.suppress(DeskError):
            await self._record.write(verb, name="mailbox_health")

    async def _session(self, fence: int, landing: Landing) -> None:
        async with await Connection.open(self._place.endpoint) as connection:
            done = self._place.done and await connection.path(*self._place.done.split("/"))
            selected = await connection.select(self._place.folder)
            self._suspects.connected(selected.uidvalidity)
            fetching = Fetching(
                self._record, self._blobs, self._clock, self._box, self._place.folder, self._hold, fence,
                suspects=self._suspects,
            )  # fmt: skip
            scanned = None
            while True:
                now = self._clock.monotonic()
                scan = scanned is None or now - scanned >= SCAN_S
                found = await self._take_and_land(connection, selected, fetching, landing, all=scan)
                scanned = now if scan else scanned
                await self._tell_server(connection, selected, done, fence)
                await self._probe(fence)
                if why := await self._why_compare():
                    await self._compare(connection, done, fence, why)
                    selected, scanned = await connection.select(self._place.folder), None
                    continue
                await connection.idle_until(SETTLE_S if found or scan else RENEW_S)

    async def _take_and_land(
        self, connection: Connection, selected: Selected, fetching: Fetching, landing: Landing, *, all: bool
    ) -> int:
        """Both at once, and neither without the other. What is being landed is brought to its end."""
        progress = Progress()
        landed = asyncio.create_task(landing.run(progress))

        def reached(until: int) -> None:
            if landed.done():
                landed.result()  # raises: it ends by itself only when it fails
            progress.reached(until)

        try:
            found = await fetching.take(connection, selected, all=all, reached=reached)
            self._backoff.reset()
            progress.reached(None)
            progress.end()
            await self._keep_company(landed, connection, fetching)
        except Exception:
            progress.end()
            await asyncio.gather(landed, return_exceptions=True)
            raise
        except asyncio.CancelledError:
            landed.cancel()
            await asyncio.gather(landed, return_exceptions=True)
            raise
        return found

    async def _keep_company(self, landed: asyncio.Task[None], connection: Connection, fetching: Fetching) -> None:
        """Asks the server now and then, who would count as silent."""
        while not landed.done():
            pause = asyncio.ensure_future(self._clock.sleep(LONG_S))
            try:
                await asyncio.wait((landed, pause), return_when=asyncio.FIRST_COMPLETED)
            finally:
                pause.cancel()
            if not landed.done():
                await connection.noop()
                await fetching.answered()
        await landed

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

    # The server -------------------------------------------------------------------------------------------------------

    async def _tell_server(self, connection: Connection, selected: Selected, done: str | None, fence: int) -> None:
        """Marks or moves what was seen to, and removes probes; what gets lost of it is done again next time. A folder
        that is read only keeps its mails as they are.
        """
        box, folder, epoch = self._box.id, self._place.folder, selected.uidvalidity
        while not selected.read_only:
            mails, probes = await self._record.read(lambda opened: incoming.unflagged(opened, box, folder, epoch))
            if not (uids := [*mails, *probes]):
                return
            await (connection.move(mails, done) if done else connection.mark_seen(mails))
            await connection.remove(probes)

            def told(opened: Transaction, uids: list[int] = uids) -> None:
                singletons.hold(opened, self._hold, fence)
                incoming.flagged(opened, box, folder, epoch, uids)

            await self._record.write(told, name="tell_server")
