"""The worker that hands mail on, woken by the doorbell."""

from __future__ import annotations

import logging

from desk.clock import Clock
from live.base import Live
from mailbox.hand import KIND, hand
from routing.errors import DeskError
from store import jobs
from store.engine import Record

log = logging.getLogger(__name__)
SWEEP_S = 1.0


class Hander:
    """Any number may run: a mail is handed on in the transaction that says so."""

    def __init__(self, record: Record, live: Live, clock: Clock) -> None:
        self._record = record
        self._live = live
        self._clock = clock

    async def run(self) -> None:
        """For ever. Cancelling is harmless."""
        while True:
            await self._live.wait_bell(SWEEP_S)
            try:
                await self.look()
            except DeskError:
                log.warning("mail.record_unavailable")

    async def look(self) -> int:
        """Once; how many were handed on. Raises Unavailable."""
        now = self._clock.now()
        if await self._record.read(lambda connection: jobs.due_keys(connection, now, 1, (KIND,))):
            return await self._record.write(lambda connection: hand(connection, now), name="hand_mail")
        return 0
