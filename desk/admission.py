"""What sign-in of agents and of contacts have in common: where they write, how they slow down, what they say."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from desk.desk import Desk
from desk.sealing import Sealer
from routing.errors import SlowDown
from store import audit

LOGIN_PAUSE_S = 300
MOST_DEVICE = 300
"""So much is kept of what a browser calls itself."""
TOUCH_AFTER = timedelta(hours=1)
"""A use is noted no more often."""


class NotSignedIn(Exception):
    """Nobody stands behind these credentials. The text is one plain sentence."""


class Admission:
    """Everything that expires here expires by real time: a demo's clock moves no security."""

    def __init__(self, desk: Desk, sealer: Sealer) -> None:
        self._desk = desk
        self._sealer = sealer

    async def _slow_down(self, bucket: str, burst: int, seconds: int = LOGIN_PAUSE_S) -> None:
        wait_s = await self._desk.live.take(bucket, burst / seconds, burst)
        if wait_s > 0:
            raise SlowDown("Too many tries. Wait a little.", retry_s=round(wait_s, 1))

    async def _audit(self, actor: str | None, action: str, object: str, detail: dict[str, Any]) -> None:
        now = self._desk.clock.now()
        await self._desk.record.write(
            lambda connection: audit.append(connection, actor, action, object, detail, now), name="audit"
        )


def digest_of(token: str) -> str:
    """As a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()
