"""How many frames one socket may send; counted here, in its process, by the monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

UNDER_WAY = 10
"""So many requests a client sends at once: all of them come again after a refusal."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens per second, and how many may be saved up."""

    per_s: float = 20.0
    burst: int = 40


@cache
def _of_refusals(rate: Rate) -> Rate:
    return Rate(rate.per_s / 10, rate.burst)


class Bucket:
    """A token bucket."""

    __slots__ = ("_at", "_rate", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at = now

    def take(self, now: float) -> float:
        """0.0, or the seconds until there is a token again."""
        self._tokens = min(float(self._rate.burst), self._tokens + (now - self._at) * self._rate.per_s)
        self._at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        else:
            return (1.0 - self._tokens) / self._rate.per_s


class Patience:
    """Frames beyond the rate are refused; who goes on regardless loses the socket."""

    __slots__ = ("_frames", "_per_s", "_refusals")

    def __init__(self, rate: Rate, now: float) -> None:
        self._per_s = rate.per_s
        self._frames = Bucket(rate, now)
        self._refusals = Bucket(_of_refusals(rate), now)

    def take(self, now: float) -> float:
        """0.0, or the seconds to wait until ten may come again. Raises Exhausted for those who go on."""
        wait_s = self._frames.take(now)
        if not wait_s:
            return 0.0
        if self._refusals.take(now):
            raise Exhausted
        return wait_s + (UNDER_WAY - 1) / self._per_s


class Exhausted(Exception):
    """Too many frames after too many refusals."""
