"""The mails of one mailbox, one after the other, over a connection that is kept for a few of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from desk import doubts, posting
from desk.desk import Desk
from desk.posting import Outcome
from desk.sealing import Sealer
from desk.work import Work
from mailbox import claiming, proofs
from mailbox.addressing import envelope_of
from mailbox.claiming import DOWN_S, Claimed
from mailbox.errors import Lost, MailError
from mailbox.freezing import CannotBeMade, Freezing, Frozen, HeldBack
from mailbox.imap.backoff import Backoff
from mailbox.places import Outlet
from mailbox.smtp.endpoint import Limits
from mailbox.smtp.errors import Refused
from mailbox.smtp.outcome import Outcome as Told
from mailbox.smtp.session import NOT_LOGGED_IN, BeforeContent, Envelope, Session
from routing.errors import DeskError, NotFound
from routing.outgoing import State
from store import jobs, mailbox_health
from store.jobs import Job
from store.mailboxes import Mailbox
from store.outgoing import Mail

log = logging.getLogger(__name__)
RENEW_S = 20.0
KEEP_S = 10.0
"""So long a connection waits for the next mail."""
MOST_MAILS = 20
"""Over one connection."""
RETRY_S = 1.0


class TakenBack(Exception):
    """Its author was faster."""


class Overtaken(Exception):
    """The lease ended, and another process has the mail in hand."""


class Held:
    """The job as its lease stands; `turn`: of who renews it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.turn = asyncio.Lock()


NO_WAY_IN = "What lets the desk in to its mail server cannot be opened, or its settings lack something."


class Lane:
    """Of one mailbox, in one process. `outlet` opens a row's secret; it raises ValueError, KeyError."""

    def __init__(
        self, desk: Desk, freezing: Freezing, sealer: Sealer, outlet: Callable[[Mailbox], Outlet], limits: Limits
    ) -> None:
        self._desk = desk
        self._freezing = freezing
        self._sealer = sealer
        self._outlet_of = outlet
        self._limits = limits
        self._queue: asyncio.Queue[tuple[str, Mailbox] | None] = asyncio.Queue()
        self._closing = False
        self.waiting: set[str] = set()
        """Keys of jobs that are in hand."""
        self._box: Mailbox | None = None
        self._outlet: Outlet | None = None
        self._session: Session | None = None
        self._sent = 0
        self._down: tuple[float, MailError] | None = None
        self._backoff = Backoff(5.0, DOWN_S)

    def put(self, key: str, box: Mailbox) -> None:
        """This job is next, with the mailbox as its row stands now."""
        self.waiting.add(key)
        self._queue.put_nowait((key, box))

    def close(self) -> None:
        """The mail that is under way is the last one."""
        self._closing = True
        self._queue.put_nowait(None)

    async def run(self) -> None:
        """Until it is closed."""
        try:
            while not self._closing:
                try:
                    async with asyncio.timeout(KEEP_S):
                        following = await self._queue.get()
                except TimeoutError:
                    await self._hang_up()
                else:
                    if following is not None:
                        await self._one(*following)
        finally:
            await self._hang_up()

    async def _one(self, key: str, box: Mailbox) -> None:
        try:
            claimed = await self._claimed(key)
            if claimed is not None:
                await self._sent_or_not(claimed, box)
        except DeskError:
            log.warning("sending.put_off key=%s", key, exc_info=True)
            await self._desk.clock.sleep(RETRY_S)
        except Exception:  # supervisor: one mail that cannot be made must not stop the others
            log.exception("sending.failed key=%s", key)
        finally:
            self.waiting.discard(key)

    # Whose it is ------------------------------------------------------------------------------------------------------

    async def _claimed(self, key: str) -> Claimed | None:
        """None: there is nothing to do with it now."""
        found: list[Claimed | None] = []

        def verb(work: Work) -> None:
            found[:] = [claiming.claim(work, key)]

        await self._desk.run("claim_mail", verb, decides=False)
        return found[0]

    @contextlib.asynccontextmanager
    async def _held(self, claimed: Claimed) -> AsyncIterator[Held]:
        """The lease is renewed meanwhile."""
        held = Held(claimed.job)

        async def renew() -> None:
            while True:
                await self._desk.clock.sleep(RENEW_S)
                with contextlib.suppress(DeskError):
                    await self._renew(held)

        renewing = asyncio.create_task(renew())
        try:
            yield held
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, held: Held) -> None:
        async with held.turn:
            now, job = self._desk.clock.now(), held.job
            longer = await self._desk.record.write(lambda opened: claiming.renewed(opened, job, now), name="lease")
            held.job = longer or job

    # One mail ---------------------------------------------------------------------------------------------------------

    async def _sent_or_not(self, claimed: Claimed, box: Mailbox) -> None:
        mail = claimed.mail
        async with self._held(claimed) as held:
            try:
                out = await self._placed(box)
            except (ValueError, KeyError):
                await self._rest(claimed, held, NO_WAY_IN)
                return
            if claimed.doubtful and out.copies == "sent" and await proofs.is_among_sent(out, mail.message_id):
                await self._settle(partial(claiming.proven, job=held.job, id=mail.id))
                return
            if claimed.doubtful and not await self._goes_again(mail.id, out, held):
                return
            try:
                outcomes, error = await self._outcomes(mail, box, out, held)
            except TakenBack:
                await self._settle(partial(posting.settle, job=held.job, id=mail.id, outcomes={}, again_at=None))
                return
            except Overtaken:
                log.warning("sending.overtaken mail=%s", mail.id)
                return
            now = self._desk.clock.now()
            settled = claiming.given_up(mail, outcomes, now)
            again = claiming.again_at(settled, held.job, now, error, proves=out.copies != "none")
            await self._settle(partial(posting.settle, job=held.job, id=mail.id, outcomes=settled, again_at=again))
            log.info("mail.settled mail=%s states=%s", mail.id, ",".join(each.state for each in settled.values()))

    async def _goes_again(self, id: str, out: Outlet, held: Held) -> bool:
        """Nobody can say that a server has it: whether it is handed over once more by now."""
        said: list[bool] = []

        def verb(work: Work) -> None:
            said[:] = [doubts.goes_again(work, held.job, id, looks=out.copies == "sent")]

        async with held.turn:
            await self._settle(verb)
        return said[0]

    async def _outcomes(
        self, mail: Mail, box: Mailbox, out: Outlet, held: Held
    ) -> tuple[dict[str, Outcome], MailError | None]:
        """Of everybody who waits for it. Raises TakenBack, Overtaken, DeskError, OSError."""
        waiting = tuple(each.address for each in mail.waiting)
        try:
            frozen = await self._freezing.frozen(mail, box, plus=out.plus)
        except NotFound:
            return dict.fromkeys(waiting, Outcome("bounced", "A file of this mail is not there any more.")), None
        except HeldBack as file:
            words = f"The virus scanner found something in {file}, so this mail does not leave."
            return dict.fromkeys(waiting, Outcome("bounced", words)), None
        except CannotBeMade as error:
            log.exception("sending.not_made mail=%s", mail.id)
            return dict.fromkeys(waiting, Outcome("bounced", str(error))), None
        envelope = envelope_of(self._sealer, mail, box, out, waiting)
        try:
            told = await self._handed_over(envelope, partial(self._begin, mail.id, frozen, waiting, held), frozen, out)
        except MailError as error:
            refused = isinstance(error, Refused) and error.step == "sender" and _about_mail(error.code)
            state: State = "bounced" if refused else "deferred"
            return {address: Outcome(state, f"{error.step}: {error.words}") for address in waiting}, error
        return {address: Outcome(each.state, each.words) for address, each in told.items()}, None

    async def _rest(self, claimed: Claimed, held: Held, why: str) -> None:
        """It stays where it is, and says so; of whom it is not known whether they have it, that is not known still."""
        waiting = (each for each in claimed.mail.waiting if each.state != "ambiguous")
        outcomes = {each.address: Outcome("deferred", why) for each in waiting}
        again = self._desk.clock.now() + timedelta(seconds=claiming.DOWN_S)
        await self._settle(partial(posting.settle, job=held.job, id=claimed.mail.id, outcomes=outcomes, again_at=again))

    async def _handed_over(
        self, envelope: Envelope, begin: BeforeContent, frozen: Frozen, out: Outlet
    ) -> dict[str, Told]:
        kept = self._session is not None
        try:
            return await (await self._opened(out)).send(envelope, frozen.raw, begin)
        except (Lost, Refused) as error:
            if error.step != "sender":
                raise
            if not envelope.sender and isinstance(error, Refused) and _about_mail(error.code):
                envelope = replace(envelope, sender=self._box.address if self._box is not None else "")
            elif not kept or (isinstance(error, Refused) and error.code != 421):
                raise
        return await (await self._opened(out)).send(envelope, frozen.raw, begin)  # the old line was over, or no <>

    async def _begin(self, id: str, frozen: Frozen, to: tuple[str, ...], held: Held) -> None:
        """From now on a server may have it, and nobody else hands it over. Raises TakenBack, Overtaken, DeskError."""
        begun: list[tuple[Job | None, Mail | None]] = []

        def verb(work: Work) -> None:
            renewed = claiming.renewed(work.connection, held.job, work.now)
            mail = None if renewed is None else posting.begin(work, id, frozen.message_id, frozen.sha256, to)
            begun[:] = [(renewed, mail)]

        async with held.turn:
            await self._desk.run("begin_mail", verb, decides=False)
            job, mail = begun[0]
            held.job = job or held.job
        if mail is None:
            raise TakenBack if job is not None or not await self._has_job(held.job) else Overtaken

    async def _has_job(self, job: Job) -> bool:
        return await self._desk.record.read(lambda connection: jobs.exists(connection, job.key))

    async def _settle(self, verb: Callable[[Work], None]) -> None:
        """However long the record is away: what the server said is known only here."""
        while True:
            try:
                await self._desk.run("settle_mail", verb, decides=False)
            except DeskError:
                log.warning("sending.record_unavailable")
                await self._desk.clock.sleep(RETRY_S)
            else:
                return

    # The connection ---------------------------------------------------------------------------------------------------

    async def _placed(self, box: Mailbox) -> Outlet:
        """Where it is handed in; who is set up anew is met anew."""
        if self._outlet is None or self._box != box:
            await self._hang_up()
            self._outlet, self._box, self._down = self._outlet_of(box), box, None
        return self._outlet

    async def _opened(self, out: Outlet) -> Session:
        """Raises MailError, at once while the server is known to be down."""
        if self._session is not None and (self._session.lost or self._sent >= MOST_MAILS):
            await self._hang_up()
        if self._session is None:
            if self._down is not None and self._desk.clock.monotonic() < self._down[0]:
                raise self._down[1]
            try:
                self._session = await Session.open(out.endpoint, self._limits)
            except MailError as error:
                rest = error.after_s or self._backoff.next_s()
                self._down = (self._desk.clock.monotonic() + rest, error)
                log.warning("sending.no_way_in step=%s words=%r pause_s=%.0f", error.step, error.words, rest)
                await self._note(error.step, error.words)
                raise
            self._down, self._sent = None, 0
            await self._note("", "")
            self._backoff.reset()
        self._sent += 1
        return self._session

    async def _note(self, step: str, words: str) -> None:
        """Which step fails, for every process to show; empty: none does."""
        if self._box is not None:
            note = partial(mailbox_health.sends, id=self._box.id, step=step, words=words)
            with contextlib.suppress(DeskError):
                await self._desk.record.write(note, name="mailbox_health")

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _about_mail(code: int) -> bool:
    return 500 <= code < 600 and code not in NOT_LOGGED_IN
