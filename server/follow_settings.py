"""Keeps what this process shows of the desk's settings as the record has it: an admin changes them while it runs."""

from __future__ import annotations

import logging

from desk.administration.desk_settings import drafted
from desk.clock import Clock
from routing.errors import DeskError
from server.pages.templates import Pages
from store.engine import Record

log = logging.getLogger(__name__)
EVERY_S = 2.0


class FollowSettings:
    """One in every process that has pages."""

    def __init__(self, record: Record, clock: Clock, pages: Pages) -> None:
        self._record = record
        self._clock = clock
        self._pages = pages

    async def run(self) -> None:
        """For ever. Cancelling is harmless."""
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.look()
            except DeskError:
                log.warning("settings.record_unavailable")

    async def look(self) -> None:
        """Once. Raises Unavailable."""
        self._pages.desk_name = (await self._record.read(drafted)).name
