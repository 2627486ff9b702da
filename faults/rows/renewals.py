"""Rows 32 and 33: every process is replaced under load; the old program and the next serve side by side."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from faults import herd
from faults.frame import POSTGRES, Budget, Outcome, row, tell
from faults.ground import SETTINGS, Ground
from server.demo import seed as demo
from server.opening import opened
from server.settings import load
from tests.support import renewal
from tests.support.fleet import Fleet, fleet

MANY, SOME = 1_000, 300
EVERY_S = 5.0
"""Each line writes about that often."""
LEAST = 3


@row("32", f"every process is replaced under {MANY:,} lines", on=(POSTGRES,), promise="no failed send", least_s=90)
async def replaced(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """A new web is started, an old one stopped, until none of the old is left."""
    return await _renewed(ground, seed, MANY, renewal.renew)


@row("33", "the old program and the next side by side", on=(POSTGRES,), promise="no failed send by either", least_s=60)
async def side_by_side(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """The next one has a step of the record more; the old one is started again after it."""
    newer = renewal.next_program(ground.folder / "newer")
    return await _renewed(ground, seed, SOME, lambda desk: renewal.mix(desk, newer))


async def _renewed(
    ground: Ground, seed: int, lines: int, change: Callable[[Fleet], Coroutine[Any, Any, None]]
) -> Outcome:
    outcome = Outcome()
    async with _desk(ground, lines) as (desk, people, url), AsyncExitStack() as stack:
        back = await herd.enter(stack, desk.origin, people, seed)
        talkers = [(each.client, each.ticket) for each in back]
        tell(f"{len(back)} lines")
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with renewal.talking(talkers, least=LEAST, every_s=EVERY_S):
                await change(desk)
                tell(f"changed after {loop.time() - began:.0f} s")
        except* Exception as failed:
            outcome.broken += [repr(each) for each in failed.exceptions]
        sends = sum(list(each.client.log.verbs.values()).count("say") for each in back)
        moved = sum(each.client.connections > 1 for each in back)
        outcome.done = len(back)
        outcome.note = (
            f"{sends} sends in {loop.time() - began:.0f} s; {moved} of {lines} lines moved to another process"
        )
        outcome.must(moved > 0, "no line was moved")
        outcome.judge(await renewal.settle(talkers, url, 60))
    return outcome


@contextlib.asynccontextmanager
async def _desk(ground: Ground, lines: int) -> AsyncIterator[tuple[Fleet, list[herd.Known], str]]:
    """Processes as the Procfile names them, behind one address; so many contacts with a ticket each; the record."""
    folder = Path(tempfile.mkdtemp(dir=ground.folder))
    herd.room(lines * 4)
    with ground.servers() as (postgres, redis):
        url = postgres.url(postgres.fresh())
        env = SETTINGS | {
            "VIPDESK_DATA": str(folder / "data"),
            "VIPDESK_DATABASE_URL": url,
            "VIPDESK_REDIS_URL": redis.url,
        }
        async with opened(load(env)) as base:
            await demo.begin(base)
        people = await herd.written(env, lines)
        async with fleet(env, folder / "log") as desk:
            await renewal.start(desk)
            yield desk, people, url
