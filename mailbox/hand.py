"""Hands queued mail on. Where no mail server is set up, the demo's mail view is where it goes."""

from __future__ import annotations

from functools import partial

from desk import posting
from desk.clock import Clock
from desk.desk import Desk
from desk.posting import KIND, Outcome
from desk.work import Work
from store import jobs, outgoing


async def hand_due(desk: Desk, clock: Clock) -> int:
    """Once; how many were handed on. Any number of processes may. Raises Unavailable."""
    now = clock.now()
    due = await desk.record.read(lambda connection: jobs.due_keys(connection, now, 100, (KIND,)))
    for key, _ in due:
        await desk.run("hand_mail", partial(_hand, key=key), decides=False)
    return len(due)


def _hand(work: Work, key: str) -> None:
    job = jobs.claim(work.connection, key, work.now)
    if job is None:
        return
    mail = outgoing.find(work.connection, job.payload["mail"])
    addresses = () if mail is None else [each.address for each in mail.recipients]
    posting.settle(work, job, job.payload["mail"], {address: Outcome("handed") for address in addresses}, None)
