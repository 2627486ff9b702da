"""Token buckets of this process, for sign-in and codes: `burst` tokens per window of `burst / rate` seconds."""

from __future__ import annotations

from collections.abc import Callable

MANY = 10_000
"""So many buckets are kept before the ones that have run out are swept."""


class Buckets:
    """Counts per bucket in its current window."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, bucket: str, rate_per_s: float, burst: int) -> float:
        """0.0, or the seconds until the window ends."""
        now = self._monotonic()
        if len(self._windows) > MANY:
            self._windows = {name: window for name, window in self._windows.items() if window[0] > now}
        ends, taken = self._windows.get(bucket, (0.0, 0))
        if ends <= now:
            ends, taken = now + burst / rate_per_s, 0
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
