"""The doorbell within this process: a bell that rings while a worker is busy is heard at its next wait."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from weakref import WeakKeyDictionary


class Doorbell:
    """Counts rings; every task remembers up to which it has heard."""

    def __init__(self) -> None:
        self._rung = 0
        self._heard: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        self._rung += 1
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, timeout_s: float) -> None:
        """Cancelling is safe: the ring stays to be heard."""
        task = asyncio.current_task()
        assert task is not None
        if self._heard.setdefault(task, 0) == self._rung:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(waiter)
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(timeout_s):
                        await waiter
            finally:
                self._waiting.discard(waiter)
        self._heard[task] = self._rung
