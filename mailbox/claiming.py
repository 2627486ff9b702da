"""Whose mail it is that is due, for how long, and when it is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom

from desk import posting
from desk.posting import Outcome
from desk.work import Work
from mailbox.errors import MailError
from routing.outgoing import GIVES_UP, PROOF, pause
from store import jobs, outgoing
from store.engine import Connection
from store.jobs import Job
from store.outgoing import Mail
from store.times import instant

LEASE_S = 60.0
DOWN_S = 300.0
"""No server of ours is left alone for longer."""
WAY_IN = frozenset({"resolve", "connect", "tls", "greeting", "hello", "token", "login"})
"""Steps whose failure is no mail's fault."""
_CHANCE = SystemRandom()


@dataclass(frozen=True)
class Claimed:
    """A mail that is ours until the lease ends. `doubtful`: a server may have it, and no proof came in time."""

    job: Job
    mail: Mail
    doubtful: bool


def claim(work: Work, key: str) -> Claimed | None:
    """The lease; what a dead process had under way waits for a proof."""
    job = jobs.claim(work.connection, key, work.now)
    if job is None:
        return None
    mail = outgoing.find(work.connection, job.payload["mail"])
    if mail is None or not mail.under_way:
        work.has_run(job)
        return None
    died = [each.address for each in mail.recipients if each.state == "sending"]
    if died:
        why = Outcome("ambiguous", "The desk was stopped while the mail was sent.")
        posting.settle(work, job, mail.id, dict.fromkeys(died, why), work.now + PROOF)
        return None
    if not mail.waiting and not mail.in_doubt:
        work.has_run(job)
        return None
    doubts = [instant(each.at) + PROOF for each in mail.unknown]
    if doubts and max(doubts) > work.now:
        work.put_off(job, max(doubts))
        return None
    leased = jobs.lease(work.connection, job, work.now + timedelta(seconds=LEASE_S))
    return None if leased is None else Claimed(leased, mail, bool(mail.in_doubt))


def renewed(connection: Connection, job: Job, now: datetime) -> Job | None:
    """None: it is another's, or was taken back."""
    return jobs.lease(connection, job, now + timedelta(seconds=LEASE_S))


def proven(work: Work, job: Job, id: str) -> None:
    work.has_run(job)
    posting.proven(work, id)


def given_up(mail: Mail, outcomes: dict[str, Outcome], now: datetime) -> dict[str, Outcome]:
    """After days no server will take it; they count from when it was last decided that it leaves."""
    if now - instant(mail.send_at) < GIVES_UP:
        return outcomes
    return {
        address: Outcome("bounced", f"No server took it for {GIVES_UP.days} days. {each.reason}")
        if each.state == "deferred"
        else each
        for address, each in outcomes.items()
    }


def again_at(
    outcomes: dict[str, Outcome], job: Job, now: datetime, error: MailError | None, *, proves: bool
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
