"""Every mailbox of the desk, each polled by one process at a time: added, changed and switched off while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from desk.desk import Desk
from desk.letters import Around
from desk.sealing import Sealer
from mailbox.holding import Holding
from mailbox.oauth import Http, Posts
from mailbox.places import place
from mailbox.poller import Poller
from mailbox.probing import Probing
from mailbox.reading import Reader
from routing.errors import DeskError
from store import incoming, mailbox_health, mailboxes
from store.blobs import Blobs
from store.engine import Connection
from store.mailboxes import Mailbox
from store.times import micros

log = logging.getLogger(__name__)
LOOK_S = 5.0


class Mailboxes:
    """Of one process."""

    def __init__(
        self,
        desk: Desk,
        blobs: Blobs,
        sealer: Sealer,
        reader: Reader,
        around: Around,
        probe_every: timedelta = timedelta(),
    ) -> None:
        """`probe_every`: how often each sends a mail to itself; zero: never."""
        self._probe_every = probe_every
        self._desk = desk
        self._blobs = blobs
        self._sealer = sealer
        self._reader = reader
        self._around = around
        self._holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._polled: dict[str, tuple[Mailbox, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """For ever."""
        async with Http() as http:
            try:
                while True:
                    with contextlib.suppress(DeskError):
                        await self._look(http)
                    await self._desk.clock.sleep(LOOK_S)
            finally:
                for id in list(self._polled):
                    await self._stop(id)

    async def _look(self, http: Posts) -> None:
        boxes = await self._desk.record.read(mailboxes.every)
        unsaid = await self._desk.record.read(incoming.unsaid)
        wanted = {box.id: box for box in boxes if box.active or box.id in unsaid}
        for id, (box, task) in list(self._polled.items()):
            if wanted.get(id) != box or task.done():
                await self._stop(id)
        for id, box in wanted.items():
            if id not in self._polled:
                self._start(box, http)

    def _start(self, box: Mailbox, http: Posts) -> None:
        hold = f"mailbox {box.id}"
        try:
            at = place(box, self._sealer, http, self._rotated(box))
        except (ValueError, KeyError):
            log.error("mailbox.not_to_be_opened mailbox=%s: its secret or its settings", box.id)
            self._note(box, "secret", "It was sealed with a key that is not here, or its settings lack something.")
            return
        probing = Probing(box, self._sealer, self._probe_every)
        poller = Poller(self._desk, self._blobs, box, at, self._reader.read, hold, probing, self._around)
        holding = Holding(self._desk.record, self._desk.clock, hold, self._holder)
        self._polled[box.id] = (box, asyncio.create_task(holding.run(poller.run)))

    def _rotated(self, box: Mailbox) -> Callable[[bytes], None]:
        """Keeps the new secret; who polls goes on as they are."""

        def keep(sealed: bytes) -> None:
            if box.id in self._polled:
                known, polling = self._polled[box.id]
                self._polled[box.id] = (replace(known, secret_sealed=sealed), polling)

            def verb(connection: Connection) -> None:
                mailboxes.keep_secret(connection, box.id, sealed)

            self._write("keep_secret", verb)

        return keep

    def _note(self, box: Mailbox, step: str, words: str) -> None:
        """Which step fails, for every process to show."""
        now = micros(self._desk.clock.real())
        self._write("mailbox_health", lambda opened: mailbox_health.failed(opened, box.id, now, step, words))

    def _write(self, name: str, verb: Callable[[Connection], None]) -> None:
        task = asyncio.create_task(self._desk.record.write(verb, name=name))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _stop(self, id: str) -> None:
        """Waits for its end. Being cancelled meanwhile is not mistaken for that end."""
        box, task = self._polled[id]
        task.cancel()
        await asyncio.wait((task,))
        del self._polled[id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("mailbox.stopped mailbox=%s", box.id, exc_info=error)
