"""Runs what falls due: claims jobs, performs their verbs, sleeps until the next or the doorbell."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from desk import doubts, handing, posting, presence, ringing, taking_over, ticketing
from desk.deciding import decide
from desk.desk import Desk
from desk.texts import say
from desk.walks import WALKS, Wish
from desk.work import Done, LostRace, Work
from routing import chat as moves
from routing import entitlement, waiting
from routing.entitlement import Identity
from routing.errors import DeskError
from routing.ticket import effective_severity
from routing.waiting import Waiting
from store import candidates, chats, jobs, messages, outbox, people, receipts
from store.engine import Connection, Violation
from store.jobs import Job
from store.outbox import To
from store.tickets import Found

log = logging.getLogger(__name__)
SWEEP_S = 1.0
BATCH = 20
RETRY = timedelta(seconds=5)
RECEIPTS_EVERY = timedelta(hours=6)

Effect = Callable[[Work, Job], None]


def _forgive(work: Work, job: Job) -> None:
    found = work.ticket(job.payload["ticket"])
    if found.chat is not None and found.chat.state.state == "waiting" and found.chat.state.forgiven_at is not None:
        found.chat.state = moves.forgiven(found.chat.state, max(work.now, found.chat.state.forgiven_at))
        decide(work, found)


def _decide(work: Work, job: Job) -> None:
    """Walks the queue with the agents who can take something; each is asked for the first who fits."""
    known = candidates.candidates(work.connection, work.now, work.present)
    free = frozenset(each.id for each in known.values() if each.status == "available" and each.load < each.capacity)
    for found in queue(work):
        if not free:
            break
        if found.chat is not None and found.chat.state.state == "waiting" and decide(work, found, only=free):
            known = candidates.candidates(work.connection, work.now, work.present)
            free = frozenset(each for each in free if known[each].load < known[each].capacity)


def queue(work: Work) -> list[Found]:
    """Everybody who waits, in the order of the rules."""
    found = {id: work.ticket(id) for id in sorted(chats.waiting(work.connection))}
    rows = [
        Waiting(id, effective_severity(each.ticket.severity), _dedicated(work, each), each.chat.state.waiting_since)
        for id, each in found.items()
        if each.chat is not None
    ]
    return [found[row.id] for row in waiting.order(rows)]


def _dedicated(work: Work, found: Found) -> bool:
    assert found.chat is not None
    way = candidates.way_of(work.connection, found.chat.button_id, work.now)
    contact = people.find_contact(work.connection, found.chat.contact_id)
    if way is None or contact is None:
        return False
    identity: Identity = "verified" if contact.verified else "unverified"
    return entitlement.due(work.now, way.calendar, way.line.add_on, identity, way.line.identity_policy).dedicated


def _queue(work: Work, job: Job) -> None:
    """Tells everybody in the queue their place and the expected wait."""
    waits = chats.last_waits(work.connection)
    for number, found in enumerate(queue(work), start=1):
        expected = waiting.expected_wait(number, waits)
        fields = {
            "ticket": found.ticket.id,
            "place": number,
            "expected_s": None if expected is None else round(expected.total_seconds()),
        }
        topics = tuple(f"contact:{each}" for each in sorted(found.participants))
        work.tell((*topics, "desk"), "queue", fields)


def _unread_mail(work: Work, job: Job) -> None:
    """What a contact who is away has not read goes out by mail, once."""
    id = job.payload["ticket"]
    found = work.ticket(id)
    unread = messages.unread_of(work.connection, id)
    contact = people.find_contact(work.connection, found.ticket.contact_id)
    if not unread or contact is None or not contact.email or contact.id in job.payload.get("present", ()):
        return
    language = contact.language if found.chat is None else found.chat.language
    answers, before = outbox.thread(work.connection, id)
    seqs = [row.seq for row in unread]
    mail = posting.post(
        work,
        found,
        kind="unread",
        to=[To(contact.email, contact.name)],
        subject=_answered(language, unread[-1].name, found.ticket.subject),
        body="\n\n".join(f"{row.name}:\n{row.body}" for row in unread),
        name=unread[-1].name,
        seqs=seqs,
        details={"in_reply_to": answers, "references": list(before), "language": language},
    )
    messages.mailed(work.connection, id, seqs, mail)


def _answered(language: str, name: str, subject: str) -> str:
    if subject:
        return say(language, "{name} answered: {subject}", name=name, subject=subject)
    return say(language, "{name} answered you", name=name)


def _revoked(work: Work, job: Job) -> None:
    """Sessions ended, or rights changed, perhaps in another process: the lines of these are looked at again."""
    for kind, id in job.payload.items():
        work.order(f"{kind}:{id}", "revoked", "4401" if kind == "agent" else "4410")


def _receipts(work: Work, job: Job) -> None:
    receipts.expire(work.connection, work.now)
    work.job("receipts", "receipts", RECEIPTS_EVERY)


EFFECTS: dict[str, Effect] = {
    "ring_timeout": lambda work, job: ringing.timed_out(work, job.payload["ring"]),
    "grace": lambda work, job: presence.grace_over(work, job.payload["ticket"]),
    "contact_gone": lambda work, job: presence.contact_gone(work, job.payload["ticket"]),
    "silence": lambda work, job: presence.silence(work, job.payload["ticket"]),
    "forgive": _forgive,
    "decide": _decide,
    "queue": _queue,
    "revoked": _revoked,
    "taking_over": lambda work, job: taking_over.piece(work, job.payload["agent"]),
    "offers": lambda work, job: presence.offer_changes(work, job.payload["agent"]),
    "offer_lapse": lambda work, job: handing.lapse_offer(work, job.payload["offer"]),
    "close_ticket": lambda work, job: ticketing.close_by_time(work, job.payload["ticket"]),
    "tell_read": lambda work, job: ticketing.tell_read(
        work, job.payload["ticket"], job.payload["side"], job.payload["told"]
    ),
    "unread_mail": _unread_mail,
    "mail_late": lambda work, job: posting.late(work, job.payload["mail"]),
    "mail_asked": lambda work, job: doubts.nobody_said(work, job),
    "receipts": _receipts,
}
"""What the desk itself does when a job of this kind falls due. Other kinds (mail) belong to other workers."""

KINDS = (*EFFECTS, *WALKS)
FOR_WHO_IS_AWAY = frozenset({"unread_mail"})


class DueWorker:
    """Any number of these may run, in any number of processes: a job is claimed by the transaction of its effect."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """For ever. Cancelling is harmless: a job under way is rolled back or done."""
        await self._desk.run("start", _start)
        while True:
            ran = await self.run_due()
            if not ran:
                await self._desk.live.wait_bell(await self._pause_s())

    async def run_due(self) -> int:
        """One batch of what is due, each in its own transaction; how many there were."""
        now = self._desk.clock.now()
        try:
            due = await self._desk.record.read(lambda connection: jobs.due_keys(connection, now, BATCH, KINDS))
        except DeskError:
            log.warning("due.record_unavailable")
            await self._desk.clock.sleep(SWEEP_S)
            return 0
        for key, kind in due:
            await self._run_one(key, kind)
        return len(due)

    async def _run_one(self, key: str, kind: str) -> None:
        if kind in WALKS:
            await self._walk(key, kind)
        else:
            await self._perform(key, kind)

    async def _walk(self, key: str, kind: str) -> None:
        """The job is leased meanwhile: whoever dies under way is followed by another."""
        try:
            leased = await self._desk.record.write(lambda connection: self._leased(connection, key), name="due")
            if leased is not None:
                wishes = await WALKS[kind](self._desk)
                await self._desk.record.write(lambda connection: _walked(connection, leased, wishes), name="due")
                self._desk.live.bell()
        except DeskError:
            log.warning("due.refused", exc_info=True)
        except Exception:  # supervisor: one broken walk must not stop the other jobs
            log.exception("due.failed key=%s", key)

    def _leased(self, connection: Connection, key: str) -> Job | None:
        now = self._desk.clock.now()
        claimed = jobs.claim(connection, key, now)
        return None if claimed is None else jobs.lease(connection, claimed, now + RETRY)

    async def _perform(self, key: str, kind: str) -> None:
        present = await self._desk.present()
        contacts = (await self._desk.live.present("contact")).people if kind in FOR_WHO_IS_AWAY else frozenset()
        try:
            done = await self._desk.record.write(lambda c: self._transaction(c, key, present, contacts), name="due")
        except (LostRace, Violation):
            return  # somebody was faster; the job is looked at again
        except DeskError:
            log.warning("due.refused", exc_info=True)
            await self._put_off(key)
            return
        except Exception:  # supervisor: one broken job must not stop the others
            log.exception("due.failed key=%s", key)
            await self._put_off(key)
            return
        self._desk.publish(done, "due")

    def _transaction(
        self, connection: Connection, key: str, present: frozenset[str] | None, contacts: frozenset[str]
    ) -> Done:
        now = self._desk.clock.now()
        work = Work(connection, now, None, present)
        claimed = jobs.claim(connection, key, now)
        if claimed is None:
            return Done({})
        job = claimed
        if job.kind in FOR_WHO_IS_AWAY:
            job = jobs.with_payload(job, dict(job.payload) | {"present": sorted(contacts)})
        work.has_run(claimed)
        EFFECTS[job.kind](work, job)
        return work.finish({})

    async def _put_off(self, key: str) -> None:
        def later(connection: Connection) -> None:
            now = self._desk.clock.now()
            claimed = jobs.claim(connection, key, now)
            if claimed is not None:
                jobs.later(connection, claimed, now + RETRY)

        try:
            await self._desk.record.write(later, name="due_later")
        except DeskError:
            log.warning("due.not_put_off key=%s", key)

    async def _pause_s(self) -> float:
        try:
            first = await self._desk.record.read(lambda connection: jobs.earliest(connection, KINDS))
        except DeskError:
            return SWEEP_S
        if first is None:
            return SWEEP_S
        left = (first - self._desk.clock.now()) / timedelta(seconds=1)
        return min(SWEEP_S, max(0.001, left))


def _walked(connection: Connection, leased: Job, wishes: list[Wish]) -> None:
    jobs.done(connection, leased)
    for kind, due_at in wishes:
        jobs.put(connection, kind, due_at, kind)


def _start(work: Work) -> None:
    work.job("edges", "edges")
    work.job("decide", "decide")
    work.job("receipts", "receipts", RECEIPTS_EVERY)
