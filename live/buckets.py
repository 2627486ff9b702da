"""Token buckets of this process, for sign-in and codes: `burst` tokens per window of `burst / rate` seconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable

SWEPT = 2
"""So many windows that have run out each `take` lets go at the most: one more than it begins, so none stay for long,
and never all at once, which would stop everybody of this process meanwhile."""


class Buckets:
    """Counts per bucket in its current window."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._windows: dict[str, tuple[float, int]] = {}
        self._ends: list[tuple[float, str]] = []

    def __len__(self) -> int:
        """Windows that are kept."""
        return len(self._windows)

    def take(self, bucket: str, rate_per_s: float, burst: int) -> float:
        """0.0, or the seconds until the window ends."""
        now = self._monotonic()
        self._sweep(now)
        ends, taken = self._windows.get(bucket, (0.0, 0))
        if ends <= now:
            ends, taken = now + burst / rate_per_s, 0
            heapq.heappush(self._ends, (ends, bucket))
        self._windows[bucket] = (ends, taken + 1)
        if taken < burst:
            return 0.0
        else:
            return ends - now

    def give_back(self, bucket: str) -> None:
        """One token, if its window is still open."""
        ends, taken = self._windows.get(bucket, (0.0, 0))
        if ends > self._monotonic() and taken > 0:
            self._windows[bucket] = (ends, taken - 1)

    def _sweep(self, now: float) -> None:
        for _ in range(SWEPT):
            if not self._ends or self._ends[0][0] > now:
                return
            ends, bucket = heapq.heappop(self._ends)
            if self._windows.get(bucket, (0.0, 0))[0] == ends:  # else another one of this bucket has begun since
                del self._windows[bucket]
