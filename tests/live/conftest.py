"""Both kinds of live, as one process sees them and as a neighbour process does."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from live.base import Live
from live.memory import MemoryLive
from live.redis import RedisLive

SHORT_LEASE_S = 0.4


class Desk:
    """Makes as many processes' views of one live as a test wants."""

    def __init__(self, make: Callable[[], Live]) -> None:
        self.make = make
        self.started: list[Live] = []

    async def process(self) -> Live:
        live = self.make()
        await live.start()
        self.started.append(live)
        return live


@pytest_asyncio.fixture(params=["memory", "redis"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """Memory: all processes are one. Redis: each is its own, over one real server."""
    if request.param == "memory":
        only = MemoryLive(lease_s=SHORT_LEASE_S)
        desk = Desk(lambda: only)
    else:
        url: str = request.getfixturevalue("redis_url")
        prefix = f"test-{secrets.token_hex(4)}"
        desk = Desk(lambda: RedisLive(url, prefix, lease_s=SHORT_LEASE_S))
    yield desk
    for live in desk.started:
        await live.close()
