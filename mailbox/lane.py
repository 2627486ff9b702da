"""The mails of one mailbox, one after the other, over a connection that is kept for a few of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from random import SystemRandom

from desk import posting
from desk.desk import Desk
from desk.posting import Outcome
from desk.sealing import Sealer
from desk.work import Work
from mailbox import proofs, tokens
from mailbox.freezing import Freezing, Frozen, HeldBack
from mailbox.imap.backoff import Backoff
from mailbox.places import Outlet
from mailbox.smtp.endpoint import Limits
from mailbox.smtp.errors import Lost, Refused, SmtpError
from mailbox.smtp.outcome import Outcome as Told
from mailbox.smtp.session import NOT_LOGGED_IN, Envelope, Session
from routing.errors import DeskError, NotFound
from routing.outgoing import GIVES_UP, PROOF, UNDER_WAY, State, pause
from store import jobs, outgoing
from store.jobs import Job
from store.mailboxes import Mailbox
from store.outgoing import Mail
from store.times import instant

log = logging.getLogger(__name__)
LEASE_S = 60.0
RENEW_S = 20.0
KEEP_S = 10.0
"""So long a connection waits for the next mail."""
MOST_MAILS = 20
"""Over one connection."""
DOWN_S = 300.0
"""No server of ours is left alone for longer."""
RETRY_S = 1.0
WAY_IN = frozenset({"resolve", "connect", "tls", "greeting", "hello", "token", "login"})
"""Steps whose failure is no mail's fault."""
_CHANCE = SystemRandom()


class TakenBack(Exception):
    """Its author was faster."""


@dataclass(frozen=True)
class Claimed:
    """A mail that is ours until the lease ends. `doubtful`: a server may have had it already."""

    job: Job
    mail: Mail
    doubtful: bool


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
        self._down: tuple[float, SmtpError] | None = None
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
            found[:] = [_claim(work, key)]

        await self._desk.run("claim_mail", verb, decides=False)
        return found[0]

    @contextlib.asynccontextmanager
    async def _held(self, claimed: Claimed) -> AsyncIterator[Callable[[], Job]]:
        """The lease is renewed meanwhile; who asks gets the job as it stands."""
        held = [claimed.job]

        async def renew() -> None:
            while True:
                await self._desk.clock.sleep(RENEW_S)
                until = self._desk.clock.now() + timedelta(seconds=LEASE_S)
                with contextlib.suppress(DeskError):
                    held[0] = await self._renewed(held[0], until) or held[0]

        renewing = asyncio.create_task(renew())
        try:
            yield lambda: held[0]
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renewed(self, job: Job, until: datetime) -> Job | None:
        return await self._desk.record.write(lambda connection: jobs.lease(connection, job, until), name="lease")

    # One mail ---------------------------------------------------------------------------------------------------------

    async def _sent_or_not(self, claimed: Claimed, box: Mailbox) -> None:
        mail = claimed.mail
        async with self._held(claimed) as job:
            out = await self._placed(box)
            if claimed.doubtful and out.copies == "sent" and await proofs.is_among_sent(out, mail.message_id):
                await self._settle(partial(_proven, job=job(), id=mail.id))
                return
            try:
                outcomes, error = await self._outcomes(mail, box, out)
            except TakenBack:
                await self._settle(partial(posting.settle, job=job(), id=mail.id, outcomes={}, again_at=None))
                return
            now = self._desk.clock.now()
            settled = _given_up(mail, outcomes, now)
            again = _again(settled, job(), now, error, proves=out.copies != "none")
            await self._settle(partial(posting.settle, job=job(), id=mail.id, outcomes=settled, again_at=again))
            log.info("mail.settled mail=%s states=%s", mail.id, ",".join(each.state for each in settled.values()))

    async def _outcomes(self, mail: Mail, box: Mailbox, out: Outlet) -> tuple[dict[str, Outcome], SmtpError | None]:
        """Of everybody who waits for it. Raises TakenBack, DeskError, OSError."""
        waiting = tuple(
            each.address for each in mail.recipients
            if each.role != "copy" and each.state in ("queued", "deferred", "ambiguous")
        )  # fmt: skip
        try:
            frozen = await self._freezing.frozen(mail, box, plus=out.plus)
        except NotFound:
            return dict.fromkeys(waiting, Outcome("bounced", "A file of this mail is not there any more.")), None
        except HeldBack as held:
            words = f"The virus scanner found something in {held}, so this mail does not leave."
            return dict.fromkeys(waiting, Outcome("bounced", words)), None
        envelope = self._envelope(mail, box, out, waiting)
        try:
            told = await self._handed_over(envelope, mail, frozen, out)
        except SmtpError as error:
            refused = isinstance(error, Refused) and error.step == "sender" and _about_mail(error.code)
            state: State = "bounced" if refused else "deferred"
            return {address: Outcome(state, f"{error.step}: {error.words}") for address in waiting}, error
        return {address: Outcome(each.state, each.words) for address, each in told.items()}, None

    def _envelope(self, mail: Mail, box: Mailbox, out: Outlet, waiting: tuple[str, ...]) -> Envelope:
        """Bounces come back to an address that names the mail; nothing answers what was automatic (RFC 3834)."""
        sender = tokens.bounce_address(self._sealer, box.address, mail.id) if out.plus else None
        copy = tokens.copy_address(self._sealer, box.address, mail.id) if out.copies == "plus" else None
        return Envelope("" if mail.details.get("automatic") else sender or box.address, waiting, copy)

    async def _handed_over(self, envelope: Envelope, mail: Mail, frozen: Frozen, out: Outlet) -> dict[str, Told]:
        async def begin() -> None:
            await self._begin(mail.id, frozen)

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

    async def _begin(self, id: str, frozen: Frozen) -> None:
        """From now on a server may have it. Raises TakenBack, DeskError."""
        begun: list[Mail | None] = []

        def verb(work: Work) -> None:
            begun[:] = [posting.begin(work, id, frozen.message_id, frozen.sha256)]

        await self._desk.run("begin_mail", verb, decides=False)
        if begun[0] is None:
            raise TakenBack

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
        """Raises SmtpError, at once while the server is known to be down."""
        if self._session is not None and (self._session.lost or self._sent >= MOST_MAILS):
            await self._hang_up()
        if self._session is None:
            if self._down is not None and self._desk.clock.monotonic() < self._down[0]:
                raise self._down[1]
            try:
                self._session = await Session.open(out.endpoint, self._limits)
            except SmtpError as error:
                rest = error.after_s or self._backoff.next_s()
                self._down = (self._desk.clock.monotonic() + rest, error)
                log.warning("sending.no_way_in step=%s words=%r pause_s=%.0f", error.step, error.words, rest)
                raise
            self._down, self._sent = None, 0
            self._backoff.reset()
        self._sent += 1
        return self._session

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _claim(work: Work, key: str) -> Claimed | None:
    """The lease; what a dead process had under way waits for a proof."""
    job = jobs.claim(work.connection, key, work.now)
    if job is None:
        return None
    mail = outgoing.find(work.connection, job.payload["mail"])
    if mail is None or mail.state not in UNDER_WAY:
        work.has_run(job)
        return None
    died = [each.address for each in mail.recipients if each.state == "sending"]
    if died:
        why = Outcome("ambiguous", "The desk was stopped while the mail was sent.")
        posting.settle(work, job, mail.id, dict.fromkeys(died, why), work.now + PROOF)
        return None
    doubts = [instant(each.at) + PROOF for each in mail.recipients if each.state == "ambiguous"]
    if doubts and max(doubts) > work.now:
        work.put_off(job, max(doubts))
        return None
    leased = jobs.lease(work.connection, job, work.now + timedelta(seconds=LEASE_S))
    return None if leased is None else Claimed(leased, mail, bool(doubts))


def _proven(work: Work, job: Job, id: str) -> None:
    work.has_run(job)
    posting.proven(work, id)


def _about_mail(code: int) -> bool:
    return 500 <= code < 600 and code not in NOT_LOGGED_IN


def _given_up(mail: Mail, outcomes: dict[str, Outcome], now: datetime) -> dict[str, Outcome]:
    """After days no server will take it."""
    if now - instant(mail.send_at) < GIVES_UP:
        return outcomes
    return {
        address: Outcome("bounced", f"No server took it for {GIVES_UP.days} days. {each.reason}")
        if each.state == "deferred"
        else each
        for address, each in outcomes.items()
    }


def _again(
    outcomes: dict[str, Outcome], job: Job, now: datetime, error: SmtpError | None, *, proves: bool
) -> datetime | None:
    """When it is tried or looked at again. Until a proof may have come nobody is tried anew."""
    states = {each.state for each in outcomes.values()}
    if "ambiguous" in states and proves:
        return now + PROOF
    elif states & {"ambiguous", "deferred"}:
        rest = pause(job.attempts + 1) * _CHANCE.uniform(0.8, 1.2)
        if error is not None and error.step in WAY_IN:
            rest = max(min(rest, timedelta(seconds=DOWN_S)), timedelta(seconds=error.after_s or 0))
        return now + rest
    else:
        return None
