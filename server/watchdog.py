"""Notices that the event loop stands still, and where: a thread of its own looks whether it turns."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback

log = logging.getLogger(__name__)

BEAT_S = 0.25
STILL_S = 1.0
"""Leases last fifteen seconds: there is time to say so before anybody counts as gone."""


class Watchdog:
    """`run` is a task of the loop that is watched."""

    def __init__(self, still_s: float = STILL_S) -> None:
        self._still_s = still_s
        self._beaten_at = time.monotonic()
        self._watched = threading.get_ident()
        self._ended = threading.Event()

    async def run(self) -> None:
        """For ever."""
        self._watched = threading.get_ident()
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        thread.start()
        try:
            while True:
                self._beaten_at = time.monotonic()
                await asyncio.sleep(BEAT_S)
        finally:
            self._ended.set()

    def _watch(self) -> None:
        said = 0.0
        while not self._ended.wait(self._still_s / 4):
            beaten_at = self._beaten_at
            if said and beaten_at != said:
                log.warning("loop.turns_again after_s=%.1f", beaten_at - said)
                said = 0.0
            elif not said and time.monotonic() - beaten_at > self._still_s:
                said = beaten_at
                log.warning("loop.stands_still s=%.1f stack=%s", time.monotonic() - beaten_at, self._stack())

    def _stack(self) -> str:
        """Where the loop's thread is, the innermost call last, on one line."""
        frame = sys._current_frames().get(self._watched)
        calls = traceback.extract_stack(frame)[-6:] if frame is not None else []
        return " > ".join(f"{call.filename.rsplit('/', 1)[-1]}:{call.lineno}:{call.name}" for call in calls)
