"""A loop that stands still is said, with the place where it does."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from server.watchdog import Watchdog


class Heard(logging.Handler):
    """Tells threads that a line came."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.came = threading.Event()
        self.line = ""

    def emit(self, record: logging.LogRecord) -> None:
        if self.wanted in record.getMessage():
            self.line = record.getMessage()
            self.came.set()


def stands_in_the_way(said: Heard) -> bool:
    """Keeps the loop from turning until that has been noticed."""
    return said.came.wait(20)


async def test_a_loop_that_stands_still_is_said_with_its_stack() -> None:
    still, again = Heard("loop.stands_still"), Heard("loop.turns_again")
    log = logging.getLogger("server.watchdog")
    log.addHandler(still)
    log.addHandler(again)
    watching = asyncio.create_task(Watchdog(still_s=0.2).run())
    await asyncio.sleep(0)
    assert stands_in_the_way(still)
    assert "stands_in_the_way" in still.line
    await asyncio.to_thread(again.came.wait, 20)
    assert again.line
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    log.removeHandler(still)
    log.removeHandler(again)
