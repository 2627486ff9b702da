"""How long to wait before the next try."""

from __future__ import annotations

import random


class Backoff:
    """Doubles up to a limit, full jitter: many pollers that lost one server do not come back as one."""

    def __init__(self, first_s: float = 0.2, most_s: float = 60.0, chance: random.Random | None = None) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._chance = chance or random.SystemRandom()
        self._tries = 0

    def next_s(self) -> float:
        """Seconds until the next try, after one more that failed."""
        most = min(self._most_s, self._first_s * 2 ** min(self._tries, 30))
        self._tries += 1
        return max(self._first_s, self._chance.uniform(0, most))

    def reset(self) -> None:
        """It worked."""
        self._tries = 0
