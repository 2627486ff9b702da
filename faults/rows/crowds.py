"""Rows 34 and 35: ten thousand come back at once; memory is capped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import httpx2

from bench.wire import Wire, connect, text_frame
from faults.crowd import crowd
from faults.frame import SQLITE, Budget, Outcome, Skipped, row, tell
from faults.ground import Ground, House
from server.demo import cast, ways
from server.demo.client import longest_pause_s
from tests.support.checker import Sizes

MANY, SOME = 10_000, 2_000
OF_ONE_ADDRESS = 200
CAP_MIB = 512
MEMORY = Path("/sys/fs/cgroup/memory")


def _now() -> float:
    return asyncio.get_running_loop().time()


def _files(wanted: int) -> None:
    """So many may be open in this process. Raises Skipped."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < wanted:
        raise Skipped(f"Only {most} files may be open here, {wanted} are needed.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def _visits(house: House, how_many: int) -> list[ways.Credentials]:
    """As from many addresses: single ones are slowed down."""
    found: list[ways.Credentials] = []
    for start in range(0, how_many, OF_ONE_ADDRESS):
        number = start // OF_ONE_ADDRESS
        transport = httpx2.AsyncHTTPTransport(local_address=f"127.{1 + number // 250}.{number % 250}.1")
        async with ways.door(house.desk.origin, transport) as http:
            key = cast.CUSTOMERS[number % len(cast.CUSTOMERS)].key
            turns = asyncio.Semaphore(16)

            async def one(http: httpx2.AsyncClient = http, key: str = key, turns: asyncio.Semaphore = turns) -> None:
                async with turns:
                    found.append(await ways.visit_through(http, key))

            await asyncio.gather(*(one() for _ in range(min(OF_ONE_ADDRESS, how_many - start))))
    return found


async def _enter(house: House, who: ways.Credentials, epoch: str | None = None) -> Wire:
    """Until `ready`. Raises OSError, TimeoutError."""
    async with asyncio.timeout(12):
        wire = await connect(house.desk.origin, "/ws/contact", {})
        ready = asyncio.Event()

        def hear(payload: bytes) -> None:
            if payload.startswith(b'{"type":"ready"'):
                ready.set()
            elif payload.startswith(b'{"type":"heartbeat"'):
                wire.send(text_frame(b'{"type":"pong"}'))

        wire.on_text = hear
        hello = who.hello(epoch=epoch, lang="en", zone="UTC")
        wire.send(text_frame(json.dumps(hello).encode()))
        await ready.wait()
    return wire


async def _returns(house: House, who: ways.Credentials, since: float, chance: random.Random) -> tuple[Wire, float]:
    """With the pauses of the client."""
    while True:
        await asyncio.sleep(chance.uniform(0, longest_pause_s(_now() - since)))
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            return await _enter(house, who), _now() - since


async def _all_in(house: House, people: list[ways.Credentials]) -> list[Wire]:
    turns = asyncio.Semaphore(64)

    async def one(who: ways.Credentials) -> Wire:
        async with turns:
            return await _enter(house, who)

    return list(await asyncio.gather(*(one(who) for who in people)))


@row("34", f"{MANY:,} come back at once", on=(SQLITE,), promise="all resumed within", promise_s=60.0, least_s=200)
async def storm(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """The process is killed and started again under them."""
    outcome, chance = Outcome(), random.Random(seed)
    _files(MANY + 2000)
    with ground.house() as house:
        people = await _visits(house, MANY)
        tell(f"{len(people)} visitors")
        wires = await _all_in(house, people)
        before = Sizes.of(house.desk.pid)
        tell(f"kill -9 of pid {house.desk.pid} under {len(wires)} lines")
        since = _now()
        house.desk.kill()
        coming = [asyncio.create_task(_returns(house, who, since, chance)) for who in people]
        await asyncio.to_thread(house.restart)
        back = await asyncio.gather(*coming)
        outcome.recovered_s = [took for _, took in back]
        slowest_s = max(outcome.recovered_s)
        after = Sizes.of(house.desk.pid)
        outcome.done = len(back)
        outcome.note = f"the last after {slowest_s:.1f} s; {before.mib:.0f} MiB before, {after.mib:.0f} MiB after"
        outcome.must(slowest_s <= 60.0, f"the last was back after {slowest_s:.1f} s")
        outcome.must(after.mib <= before.mib * 1.25 + 64, f"memory grew from {before.mib:.0f} to {after.mib:.0f} MiB")
        for wire, _ in back:
            wire.close()
        await house.judge(outcome, [], settled=False)
    return outcome


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
    _files(SOME + 2000)
    with ground.house() as house, _capped(house.desk.pid) as group:
        people = await _visits(house, SOME)
        wires = await _all_in(house, people)
        tell(f"{len(wires)} lines under {CAP_MIB} MiB")
        async with crowd(house, seed, contacts=8) as talkers:
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
        for wire in wires:
            wire.close()
    return outcome
