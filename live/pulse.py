"""What a process knows of Redis: whether it is there, which generation it is, how far its clock is from ours."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

CLOCK_STEP_MS = 2000


class Pulse:
    """Fed once a second by `seen`, or by `lost`. `settled`: leases are whole, so who has none is gone."""

    def __init__(self, lease_s: float, monotonic: Callable[[], float]) -> None:
        self._lease_s = lease_s
        self._monotonic = monotonic
        self._generation = b""
        self._settled_at = monotonic() + lease_s
        self._ahead_ms = 0.0  # Redis time minus our monotonic time
        self.up = False
        self.reason = "live has not been reached yet"

    @property
    def settled(self) -> bool:
        return self.up and self._monotonic() >= self._settled_at

    def redis_now_ms(self) -> float:
        """Milliseconds since 1970 by Redis' own clock, as last compared."""
        return self._monotonic() * 1000 + self._ahead_ms

    def seen(self, now_ms: float, generation: bytes) -> bool:
        """Redis answered. True when it does not know our interest and leases (any more)."""
        now = self._monotonic()
        first = not self._generation
        stepped = not first and abs(now_ms - self.redis_now_ms()) > CLOCK_STEP_MS
        wiped = generation != self._generation
        again = stepped or wiped or not self.up
        if wiped:
            self._settled_at = now + self._lease_s - (now_ms - _born_ms(generation, now_ms)) / 1000
        elif again:
            self._settled_at = now + self._lease_s  # leases may have run out while nobody could renew them
        if again:
            log.info("live.up wiped=%s stepped=%s", wiped and not first, stepped)
        self._generation = generation
        self._ahead_ms = now_ms - now * 1000
        self.up = True
        return again

    def lost(self, error: Exception) -> None:
        """Redis did not answer."""
        if self.up:
            log.warning("live.away error=%s", type(error).__name__)
        self.up = False
        self.reason = "live is away, this process goes on alone"


def _born_ms(generation: bytes, default: float) -> float:
    try:
        return float(generation.partition(b"|")[0])
    except ValueError:
        return default
