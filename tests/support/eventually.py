"""Waits for something that another task or process brings about; the only clock is a generous deadline."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

DEADLINE_S = 20.0


async def eventually(condition: Callable[[], bool | Awaitable[bool]], deadline_s: float = DEADLINE_S) -> None:
    """Returns when the condition holds. Raises AssertionError when it does not within the deadline."""
    ends = asyncio.get_running_loop().time() + deadline_s
    while True:
        holds = condition()
        if inspect.isawaitable(holds):
            holds = await holds
        if holds:
            return
        if asyncio.get_running_loop().time() > ends:
            raise AssertionError(f"it did not come about within {deadline_s} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(0.01)


async def calm(turns: int = 20) -> None:
    """Lets everything that is ready run; for showing that something does not happen."""
    for _ in range(turns):
        await asyncio.sleep(0.002)


async def hurried(seconds: float) -> None:
    """A clock's `sleep` for whoever takes their time: a hundredth of it."""
    await asyncio.sleep(seconds / 100)
