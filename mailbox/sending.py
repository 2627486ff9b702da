"""Mail that is due leaves: a lane for each mailbox, so that none holds up another; without a server, the demo shows it.

A mail is a job with a lease: whoever dies is followed by another process, and what was under way then is ambiguous
until its copy comes back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from desk import posting
from desk.desk import Desk
from desk.posting import KIND, Outcome
from desk.sealing import Sealer
from desk.work import Work
from mailbox.freezing import Freezing
from mailbox.lane import Lane
from mailbox.oauth import Http, Posts
from mailbox.places import Outlet, outlet
from mailbox.smtp.endpoint import Limits
from routing.errors import DeskError
from store import jobs, mailboxes, outgoing
from store.blobs import Blobs
from store.engine import Connection
from store.mailboxes import Mailbox

log = logging.getLogger(__name__)
SWEEP_S = 1.0
GRACE_S = 5.0
BATCH = 2_000
"""Keys that are looked at: a long queue of one mailbox hides no other's."""
NOWHERE = timedelta(seconds=15)
"""So long a mail rests for which there is no server, until one is set up."""


class Sending:
    """Of one process; any number may run."""

    def __init__(self, desk: Desk, blobs: Blobs, sealer: Sealer, *, shows: bool, limits: Limits | None = None) -> None:
        """`shows`: mail without a server goes to the mail view of a demo."""
        self._desk = desk
        self._sealer = sealer
        self._shows = shows
        self._limits = limits or Limits()
        self._freezing = Freezing(desk.record, blobs, sealer)
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """For ever. Cancelled, the mail that each server is being given has some seconds; what is not over then is left
        to its lease.
        """
        async with Http() as http:
            try:
                while True:
                    try:
                        await self.look(http)
                    except DeskError:
                        log.warning("sending.record_unavailable")
                    await self._desk.live.wait_bell(SWEEP_S)
            finally:
                await self._stopped()

    async def _stopped(self) -> None:
        tasks = set(self._tasks.values())
        for lane in self._lanes.values():
            lane.close()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def look(self, http: Posts) -> None:
        """What is due and in nobody's hands goes to its lane. Raises Unavailable."""
        now = self._desk.clock.now()
        due = await self._desk.record.read(lambda connection: jobs.due_keys(connection, now, BATCH, (KIND,)))
        taken = {key for lane in self._lanes.values() for key in lane.waiting}
        waiting = [key for key, _ in due if key not in taken]
        boxes = await self._desk.record.read(mailboxes.every) if waiting else []
        for key in waiting:
            await self._dispatch(key, boxes, http)

    async def _dispatch(self, key: str, boxes: list[Mailbox], http: Posts) -> None:
        mail = await self._desk.record.read(lambda connection: outgoing.find(connection, key.partition(":")[2]))
        box = None if mail is None else speaking(boxes, mail.mailbox_id)
        if mail is None or (box is None and self._shows):
            await self._desk.run("hand_mail", partial(_shown, key=key), decides=False)
        elif box is None:
            await self._desk.run("hand_mail", partial(_rested, key=key), decides=False)
        else:
            self._lane(box, http).put(key, box)

    def _lane(self, box: Mailbox, http: Posts) -> Lane:
        task = self._tasks.get(box.id)
        if task is None or task.done():
            lane = Lane(self._desk, self._freezing, self._sealer, partial(self._outlet, http=http), self._limits)
            self._lanes[box.id] = lane
            self._tasks[box.id] = asyncio.create_task(lane.run())
        return self._lanes[box.id]

    def _outlet(self, box: Mailbox, http: Posts) -> Outlet:
        return outlet(box, self._sealer, http, self._rotated(box.id))

    def _rotated(self, box: str) -> Callable[[bytes], None]:
        """Keeps the secret that the token server gave in place of the one in the row."""

        def keep(sealed: bytes) -> None:
            def verb(connection: Connection) -> None:
                mailboxes.keep_secret(connection, box, sealed)

            task = asyncio.create_task(self._desk.record.write(verb, name="keep_secret"))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

        return keep


def speaking(boxes: list[Mailbox], id: str | None) -> Mailbox | None:
    """The mailbox in whose name a mail leaves: its own, else the pool's; None: nobody has a server."""
    able = [box for box in boxes if box.active and box.endpoint.get("smtp")]
    own = (box for box in able if box.id == id)
    return next(own, None) or next((box for box in able if box.customer_id is None), None)


def _shown(work: Work, key: str) -> None:
    """There is no server: the mail view is where it goes."""
    job = jobs.claim(work.connection, key, work.now)
    if job is None:
        return
    mail = outgoing.find(work.connection, job.payload["mail"])
    addresses = () if mail is None else [each.address for each in mail.recipients if each.state == "queued"]
    posting.settle(work, job, job.payload["mail"], {address: Outcome("handed") for address in addresses}, None)


def _rested(work: Work, key: str) -> None:
    job = jobs.claim(work.connection, key, work.now)
    if job is not None:
        jobs.later(work.connection, job, work.now + NOWHERE, attempts=0)
