"""Rows 34 and 35: ten thousand come back at once; memory is capped."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import resource
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from faults import herd
from faults.crowd import crowd
from faults.frame import SQLITE, Budget, Outcome, row, tell
from faults.ground import Ground, cpu_s
from server.demo.ways import Credentials
from tests.support.checker import Sizes

MANY, SOME, NEWCOMERS = 10_000, 2_000, 100
SPEAKS = 10
"""Of so many, one has a message under way when the process dies."""
LIMIT_S = 60.0
CAP_MIB = 512
MEMORY = Path("/sys/fs/cgroup/memory")


def _now() -> float:
    return asyncio.get_running_loop().time()


@row("34", f"{MANY:,} come back at once", on=(SQLITE,), promise="all resumed within", promise_s=LIMIT_S, least_s=200)
async def storm(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """The process is killed and started again under them, while every tenth has a message under way. Every second comes
    back with the cursor of an older moment, so that something is missing; newcomers want to come in meanwhile.
    """
    outcome, chance = Outcome(), random.Random(seed)
    herd.room(MANY + NEWCOMERS)
    with ground.house() as house:
        origin = house.desk.origin
        house.desk.stop()
        people = await herd.written(house.all_settings, MANY + NEWCOMERS)
        tell(f"{len(people)} contacts with a ticket each")
        await asyncio.to_thread(house.restart)
        async with AsyncExitStack() as stack:
            back = await herd.enter(stack, origin, people[NEWCOMERS:], seed)
            before = Sizes.of(house.desk.pid)
            tell(f"kill -9 of pid {house.desk.pid} under {len(back)} lines")
            for each in back[::SPEAKS]:
                each.say("Is anybody there?")
            await asyncio.sleep(0.05)
            for each in back[1::2]:
                each.forget()
            since, own_s = _now(), time.process_time()
            house.desk.kill()
            new = [asyncio.create_task(_comes(origin, *who, chance)) for who in people[:NEWCOMERS]]
            coming = [asyncio.create_task(each.whole()) for each in back]
            try:
                await asyncio.to_thread(house.restart)
                started_s = _now() - since
            except RuntimeError:
                started_s = math.inf
            came, missing = await asyncio.wait(coming, timeout=max(LIMIT_S, budget.left_s))
            for task in missing:
                task.cancel()
            outcome.must(not missing, f"{len(missing)} of {len(back)} never came back")
            outcome.recovered_s = [task.result() - since for task in came]
            spent_s, own_s = cpu_s(house.desk.pid), time.process_time() - own_s
            slowest_s, after = max(outcome.recovered_s, default=math.inf), Sizes.of(house.desk.pid)
            newcomer_s = max(await asyncio.gather(*new))
            outcome.done = len(came)
            outcome.note = (
                f"the process was up after {started_s:.1f} s, the last of {len(came):,} whole after {slowest_s:.1f} s; "
                f"processor time: {spent_s:.1f} s of the desk, {own_s:.1f} s of the clients; the slowest of "
                f"{NEWCOMERS} newcomers waited {newcomer_s:.1f} s; {before.mib:.0f} MiB before, {after.mib:.0f} after"
            )
            outcome.must(slowest_s <= LIMIT_S, f"the last was back after {slowest_s:.1f} s")
            outcome.must(newcomer_s <= LIMIT_S, f"a newcomer waited {newcomer_s:.1f} s")
            outcome.must(
                after.mib <= before.mib * 1.25 + 64, f"memory grew from {before.mib:.0f} to {after.mib:.0f} MiB"
            )
            await house.judge(outcome, [each.client.log for each in back])
    return outcome


async def _comes(origin: str, who: Credentials, ticket: str, chance: random.Random) -> float:
    """Somebody new, at any moment of the storm: how long until `ready`; for ever, when it took too long."""
    await asyncio.sleep(chance.uniform(0, LIMIT_S / 4))
    client, began = herd.Returner(origin, who, ticket, chance).client, _now()
    client.begin()
    try:
        await client.until_ready(LIMIT_S * 1.5)
        return _now() - began
    except TimeoutError:
        return math.inf
    finally:
        await client.close()


@contextlib.contextmanager
def _capped(pid: int) -> Iterator[Path | None]:
    """A memory group of its own, as root with cgroup v1; else the address space."""
    group = MEMORY / f"vipdesk-faults-{pid}"
    try:
        group.mkdir()
    except OSError:
        resource.prlimit(pid, resource.RLIMIT_AS, (CAP_MIB * 4 << 20, CAP_MIB * 4 << 20))
        yield None
        return
    try:
        (group / "memory.limit_in_bytes").write_text(str(CAP_MIB << 20))
        (group / "cgroup.procs").write_text(str(pid))
        yield group
    finally:
        with contextlib.suppress(OSError):
            (MEMORY / "cgroup.procs").write_text(str(pid))
        with contextlib.suppress(OSError):
            group.rmdir()


@row("35", f"memory is capped at {CAP_MIB} MiB", on=(SQLITE,), promise="no end by memory; others served", least_s=90)
async def capped(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Two thousand lines and large messages under the cap."""
    outcome = Outcome()
    herd.room(SOME)
    with contextlib.ExitStack() as here:
        house = here.enter_context(ground.house())
        house.desk.stop()
        people = await herd.written(house.all_settings, SOME)
        await asyncio.to_thread(house.restart)
        group = here.enter_context(_capped(house.desk.pid))
        async with AsyncExitStack() as stack:
            lines = await herd.enter(stack, house.desk.origin, people, seed)
            tell(f"{len(lines)} lines under {CAP_MIB} MiB")
            talkers = await stack.enter_async_context(crowd(house, seed, contacts=8))
            talkers.talk(every_s=0.3)
            for number in range(200):
                each = talkers.contacts[number % len(talkers.contacts)]
                await each.say("x" * 15_000)
            outcome.recovered_s += await talkers.back(_now())
            outcome.done = 1
            await talkers.judge(outcome)
        most = int((group / "memory.max_usage_in_bytes").read_text()) >> 20 if group else 0
        outcome.note = f"at most {most} MiB with caches" if group else "by address space, without a memory group"
        outcome.must(Path(f"/proc/{house.desk.pid}").exists(), "the process is gone")
    return outcome
