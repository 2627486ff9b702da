"""What is looked at again and again for as long as a process runs; who does so, and how often: server/wiring.py."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from routing.errors import DeskError

log = logging.getLogger(__name__)


async def repeat(name: str, look: Callable[[], Awaitable[object]], pause: Callable[[], Awaitable[object]]) -> None:
    """For ever: looks, pauses. What a look cannot do while the record is away, the next one does. Cancelling is
    harmless where it is so for the look."""
    while True:
        try:
            await look()
        except DeskError:
            log.warning("%s.record_unavailable", name)
        await pause()
