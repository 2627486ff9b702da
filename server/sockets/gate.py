"""Who opens a line now: a few at a time, and those who come back before those who come anew.

After an outage everybody comes at once. Openings that all read the record together would all be late; so the rest wait
their turn in two queues, and who would wait too long is sent away to come again with the pause of the protocol.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from routing.errors import Unavailable

AT_ONCE = 32
PATIENCE_S = 6.0
"""Shorter than the twelve seconds after which a client takes a silent line for dead."""
RETURNING, TURNS = 5, 7
"""Of seven turns five go to lines that are resumed: they were promised to miss nothing, and cost less."""


class Gate:
    """Turns of opening, in the order of coming within each of the two queues."""

    def __init__(self, at_once: int = AT_ONCE, patience_s: float = PATIENCE_S) -> None:
        self._free = at_once
        self._patience_s = patience_s
        self._returning: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()
        self._turn = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._returning) + len(self._new)

    @asynccontextmanager
    async def turn(self, *, returning: bool) -> AsyncIterator[None]:
        """One opening. Raises Unavailable when no turn came in time."""
        await self._enter(self._returning if returning else self._new)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, queue: deque[asyncio.Future[None]]) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(self._patience_s):
                await turn
        except TimeoutError as error:
            self._withdraw(turn, queue)
            raise Unavailable("Very many come in at this moment.") from error
        except asyncio.CancelledError:
            self._withdraw(turn, queue)
            raise

    def _withdraw(self, turn: asyncio.Future[None], queue: deque[asyncio.Future[None]]) -> None:
        if turn in queue:
            queue.remove(turn)
        elif not turn.cancelled():  # it was given in the same moment
            self._leave()

    def _leave(self) -> None:
        while queue := self._next():
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _next(self) -> deque[asyncio.Future[None]]:
        if self._returning and self._new:
            self._turn = (self._turn + 1) % TURNS
            return self._returning if self._turn < RETURNING else self._new
        else:
            return self._returning or self._new
