"""Time as the desk sees it; one object, made in the wiring. Rules get instants, never this."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The desk's instant (UTC): what is stored, shown and decided by. A demo's may be moved."""
        ...

    def real(self) -> datetime:
        """The world's instant (UTC): for what security lets expire."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow: for leases and time-outs."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Waits by the monotonic clock. Cancelling is harmless."""
        ...


class SystemClock:
    """The machine's clock, shifted by an offset that a demo may only enlarge."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return self.real() + self.offset

    def real(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
