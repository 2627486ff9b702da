"""Rows 7 to 11: Redis is killed, wiped, paused, cut off from one process, deaf, under two processes of a desk."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import AsyncIterator
from typing import cast

from redis import Redis

from faults.crowd import Crowd, crowd
from faults.frame import POSTGRES, Budget, Outcome, row, tell
from faults.ground import Ground, House
from tests.support.eventually import eventually
from tests.support.proxy import FaultProxy
from tests.support.services import RedisServer, environment
from tests.support.talking import ready

HEARTBEAT_S = 5.0
BREAKER_S = 0.3
PRESENT_S = 2.0
ANSWER_S = 0.25
"""What a loaded machine may take for a message when nothing fails."""


@contextlib.asynccontextmanager
async def _talking(ground: Ground, outcome: Outcome, seed: int) -> AsyncIterator[tuple[House, Crowd]]:
    """Two processes, a crowd that talks; judged at the end."""
    with ground.house(2) as house:
        async with crowd(house, seed, contacts=12) as people:
            people.talk(every_s=0.4)
            await asyncio.sleep(2)
            yield house, people
            await people.judge(outcome)
        await house.judge_sizes(outcome)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _redis(house: House) -> RedisServer:
    assert house.redis is not None
    return house.redis


async def _healthy(house: House) -> None:
    """Asked in a thread: the loop has a proxy to carry."""
    await eventually(
        lambda: asyncio.to_thread(lambda: all(ready(each)[1].get("live") == "ok" for each in house.desks)), 40
    )


@row("7", "Redis is killed", on=(POSTGRES,), promise="push in the other process within", promise_s=1.0, least_s=20)
async def killed(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Messages pass from process to process without it, then with it again."""
    outcome = Outcome()
    async with _talking(ground, outcome, seed) as (house, people):
        while not outcome.done or not (budget.over or outcome.done >= 5):
            redis = _redis(house)
            tell(f"kill -9 of Redis, pid {redis.process.pid}")
            redis.process.kill()
            redis.process.wait()
            await eventually(lambda: all(ready(each)[1].get("live") != "ok" for each in house.desks))
            outcome.must(all(ready(each)[0] == 200 for each in house.desks), "the desk is not ready without Redis")
            for _ in range(3):
                outcome.recovered_s += await people.back(_now())
            _start(redis)
            await _healthy(house)
            outcome.recovered_s += await people.back(_now())
            outcome.done += 1
    return outcome


def _start(redis: RedisServer) -> None:
    command = redis.process.args
    assert isinstance(command, list)
    redis.process = subprocess.Popen(
        command, env=environment(str(command[0])), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@row("8", "Redis is wiped under load", on=(POSTGRES,), promise="presence whole within", promise_s=PRESENT_S, least_s=20)
async def wiped(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """FLUSHALL: every lease is back, nobody was taken for gone."""
    outcome = Outcome()
    async with _talking(ground, outcome, seed) as (house, people):
        with contextlib.closing(Redis.from_url(_redis(house).url)) as admin:
            leases = _leases(admin)
            while outcome.done < 2 or not (budget.over or outcome.done >= 20):
                since = _now()
                tell("FLUSHALL")
                admin.flushall()
                await eventually(lambda: leases <= _leases(admin))
                outcome.recovered_s.append(_now() - since)
                outcome.done += 1
                await people.back(_now())
                await asyncio.sleep(people.chance.uniform(0.2, 2))
        gone = [event for log in people.logs for shown in log.shown.values() for event in shown if _grace(event)]
        outcome.must(not gone, f"{len(gone)} chats went into grace though nobody was gone")
    return outcome


def _leases(admin: Redis) -> set[bytes]:
    """Who is there, as Redis knows it."""
    found: set[bytes] = set()
    for key in admin.scan_iter("*:p:*"):
        found |= set(cast(list[bytes], admin.zrange(key, 0, -1)))
    return found


def _grace(event: object) -> bool:
    return isinstance(event, dict) and event["kind"] == "chat" and event["data"].get("state") == "grace"


@row("9", "Redis is paused 30 s", on=(POSTGRES,), promise="no request slower by more than 0.3 s", least_s=45)
async def paused(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """It takes connections and never answers."""
    outcome = Outcome()
    async with _talking(ground, outcome, seed) as (house, people):
        redis, calm_s = _redis(house), people.slowest_s(0)
        since = _now()
        tell(f"SIGSTOP of Redis, pid {redis.process.pid}")
        redis.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(30)
            slowest_s = people.slowest_s(since)
            opened = [ready(each)[1].get("live") != "ok" for each in house.desks]
        finally:
            redis.process.send_signal(signal.SIGCONT)
        outcome.done = 1
        outcome.must(all(opened), "the desk took a paused Redis for a sound one")
        allowed_s = max(calm_s, ANSWER_S) + BREAKER_S
        outcome.must(slowest_s <= allowed_s, f"a message took {slowest_s:.2f} s, {allowed_s:.2f} s allowed")
        outcome.note = f"slowest message {slowest_s * 1000:.0f} ms while paused, {calm_s * 1000:.0f} ms before"
        await _healthy(house)
        outcome.recovered_s += await people.back(_now())
    return outcome


@row(
    "10",
    "Redis is cut off from one of two processes",
    on=(POSTGRES,),
    promise="both serve; shown by the next heartbeat and its answer",
    promise_s=6.0,
    least_s=30,
)
async def cut_off(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Through the fault proxy: refused, then swallowed."""
    outcome = Outcome()
    with ground.house(1) as house:
        async with FaultProxy(_redis(house).port) as proxy:
            await asyncio.to_thread(house.add, {"VIPDESK_REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0"})
            async with crowd(house, seed, contacts=12) as people:
                people.talk(every_s=0.4)
                while outcome.done < 2 or not (budget.over or outcome.done >= 8):
                    await _partition(proxy, how=("refused", "swallowed")[outcome.done % 2])
                    await eventually(lambda: asyncio.to_thread(lambda: ready(house.desks[1])[1].get("live") != "ok"))
                    outcome.recovered_s += await people.back(_now())
                    await asyncio.sleep(3)
                    proxy.faults.refuse = proxy.faults.up.swallow = proxy.faults.down.swallow = False
                    proxy.reset_all()
                    await _healthy(house)
                    await people.back(_now())
                    outcome.done += 1
                await people.judge(outcome)
            await house.judge_sizes(outcome)
            house.desks.pop().stop()
    return outcome


async def _partition(proxy: FaultProxy, how: str) -> None:
    tell(f"Redis is {how} for one process")
    if how == "refused":
        proxy.faults.refuse = True
        proxy.reset_all()
    else:
        proxy.faults.up.swallow = proxy.faults.down.swallow = True


@row(
    "11",
    "the subscription is killed in a burst",
    on=(POSTGRES,),
    promise="no gap; shown by the next heartbeat",
    promise_s=HEARTBEAT_S,
    least_s=20,
)
async def deaf(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """CLIENT KILL TYPE pubsub: what was published to nobody is read from the record."""
    outcome = Outcome()
    async with _talking(ground, outcome, seed) as (house, people):
        with contextlib.closing(Redis.from_url(_redis(house).url)) as admin:
            while outcome.done < 3 or not (budget.over or outcome.done >= 40):
                back = asyncio.create_task(people.back(_now()))
                await asyncio.sleep(people.chance.uniform(0, 0.02))
                tell(f"{admin.client_kill_filter(_type='pubsub')} subscriptions killed")
                outcome.recovered_s += await back
                outcome.done += 1
                await asyncio.sleep(people.chance.uniform(0.2, 1.5))
    return outcome
