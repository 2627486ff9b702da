"""One poller a mailbox: who holds the row beats every second; who waits takes over when the beat has stood still."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from desk.clock import Clock
from routing.errors import DeskError
from store import singletons
from store.engine import Record
from store.singletons import Held, Superseded

log = logging.getLogger(__name__)

BEAT_S = 1.0
STANDS_STILL_S = 5.0
"""So long a watcher has to see the same beat, by its own clock, before it takes over."""

Work = Callable[[int], Awaitable[None]]


class Holding:
    """Runs work while this process is the one to do it; any number of processes may try."""

    def __init__(self, record: Record, clock: Clock, name: str, holder: str) -> None:
        self._record = record
        self._clock = clock
        self._name = name
        self._holder = holder

    async def run(self, work: Work) -> None:
        """For ever: waits for its turn, does `work(fence)`, which has to end only with Superseded; waits again."""
        while True:
            fence = await self._turn()
            log.info("mailbox.held name=%s fence=%s", self._name, fence)
            try:
                await self._while_held(fence, work)
            except* Superseded:
                log.warning("mailbox.superseded name=%s fence=%s", self._name, fence)
            if _is_to_stop():
                raise asyncio.CancelledError

    async def _turn(self) -> int:
        """The fence, once this process has taken the row."""
        seen, since = None, self._clock.monotonic()
        while True:
            try:
                now = await self._record.write(partial(singletons.begin, name=self._name), name="hold")
                if now != seen:
                    seen, since = now, self._clock.monotonic()
                if self._is_free(now) or self._clock.monotonic() - since >= STANDS_STILL_S:
                    fence = await self._take(now)
                    if fence is not None:
                        return fence
            except DeskError:
                log.warning("mailbox.record_unavailable name=%s", self._name)
            await self._clock.sleep(BEAT_S)

    def _is_free(self, held: Held) -> bool:
        return held.holder in ("", self._holder)

    async def _take(self, seen: Held) -> int | None:
        take = partial(singletons.take, name=self._name, seen=seen, holder=self._holder)
        return await self._record.write(take, name="hold")

    async def _while_held(self, fence: int, work: Work) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._beat(fence))
                tasks.create_task(_never_ends(work, fence))
        finally:
            with contextlib.suppress(DeskError):
                release = partial(singletons.release, name=self._name, fence=fence)
                await asyncio.shield(self._record.write(release, name="hold"))

    async def _beat(self, fence: int) -> None:
        while True:
            await self._clock.sleep(BEAT_S)
            try:
                await self._record.write(partial(singletons.beat, name=self._name, fence=fence), name="hold")
            except DeskError:
                log.warning("mailbox.record_unavailable name=%s", self._name)


async def _never_ends(work: Work, fence: int) -> None:
    await work(fence)
    raise RuntimeError("the work of a mailbox ended by itself")


def _is_to_stop() -> bool:
    """A task group whose task fails while the group is cancelled tells of the failure alone (before Python 3.13)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
