"""The present moment of a desk of several processes, over Redis; this process goes on alone while Redis is away.

Keys, all behind the prefix: `gen` (generation: a wipe takes it away), `t:<topic>` (set of channels of the processes
that follow), `p:<kind>` (sorted set `person|node` by the lease's end in Redis time), `nodes`, `b:<bucket>`.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from live.base import LEASE_S, ORDERS, Kind, LiveHealth, Presence, Published, Receiver
from live.buckets import Buckets
from live.doorbell import Doorbell
from live.ear import Ear
from live.leases import Leases
from live.parcel import unpack
from live.pulse import Pulse
from live.rounds import AWAY, INTEREST_S, Rounds
from live.switchboard import Switchboard

log = logging.getLogger(__name__)

TIMEOUT_S = 0.25
TICK_S = 1.0
AT_ONCE = 16
BELL = "!bell"
GIVE_BACK = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end"


class RedisLive:
    """`Live` over one Redis. `prefix` separates deployments. What this process holds itself is whole without Redis."""

    def __init__(
        self, url: str, prefix: str, *, lease_s: float = LEASE_S, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._prefix = f"{prefix}:"
        self._lease_s = lease_s
        self._redis: Redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        self._ear = Ear(self._redis, self._prefix + "n:", self._arrived, self._heard_again)
        self._node = secrets.token_hex(8)
        self._switchboard = Switchboard()
        self._leases = Leases(lease_s, monotonic)
        self._doorbell = Doorbell()
        self._buckets = Buckets(monotonic)
        self._pulse = Pulse(lease_s, monotonic)
        self._rounds = Rounds(self._redis, self._prefix, self._node, self._ear, self._leases, self._pulse, self._lost)
        self._doors = asyncio.Semaphore(AT_ONCE)
        self._gap_callbacks: list[Callable[[], None]] = []
        self._refresh_from = 0
        self._closing = False  # redis-py can turn a cancellation into its own error: loops look here besides
        self._task: asyncio.Task[None] | None = None

    # What callers see -----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._closing = self._ear.closing = self._rounds.closing = False
        await self._tick()
        self._task = asyncio.create_task(self._run(), name="live")
        await self._ear.first_try()

    async def close(self) -> None:
        self._closing = self._ear.closing = self._rounds.closing = True
        self._rounds.wake()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._redis.aclose()

    def publish(self, items: Sequence[Published]) -> None:
        self._switchboard.deliver(items)
        self._rounds.bundle.items += items if self._pulse.up else [item for item in items if item.kind in ORDERS]
        self._rounds.wake()

    def follow(self, topic: str, receiver: Receiver) -> None:
        if self._switchboard.follow(topic, receiver):
            self._rounds.bundle.interest[topic] = True
            self._rounds.wake()

    def unfollow(self, topic: str, receiver: Receiver) -> None:
        if self._switchboard.unfollow(topic, receiver):
            self._rounds.bundle.interest[topic] = False
            self._rounds.wake()

    async def announced(self) -> None:
        if self._pulse.up and self._ear.listening:
            await self._rounds.next()

    def on_gap(self, callback: Callable[[], None]) -> None:
        self._gap_callbacks.append(callback)

    async def beat(self, kind: Kind, person: str, socket: str) -> None:
        first = self._leases.beat(kind, person, socket)
        self._rounds.bundle.beats.add((kind, person))
        if first and self._pulse.up:
            await self._rounds.next()

    async def gone(self, kind: Kind, person: str, socket: str) -> bool:
        if not self._leases.drop(kind, person, socket):
            return False
        self._rounds.bundle.beats.discard((kind, person))
        try:
            return self._pulse.up and await self._withdraw(kind, person)
        except AWAY as error:
            self._lost(error)
            return False  # other processes may hold a socket of theirs: the leases will tell

    async def present(self, kind: Kind) -> Presence:
        elsewhere = None
        if self._pulse.up:
            answer: asyncio.Future[frozenset[str] | None] = asyncio.get_running_loop().create_future()
            self._rounds.bundle.asked.setdefault(kind, []).append(answer)
            self._rounds.wake()
            elsewhere = await answer
        here = self._leases.people(kind)
        if elsewhere is None:
            return Presence(here, settled=False, whole=False)
        else:
            return Presence(here | elsewhere, self._pulse.settled)

    def bell(self) -> None:
        self._doorbell.ring()
        if self._pulse.up:
            self._rounds.bundle.items.append(Published((BELL,), b"", kind="bell"))
            self._rounds.wake()

    async def wait_bell(self, timeout_s: float) -> None:
        self.follow(BELL, self._rung)
        await self._doorbell.wait(timeout_s)

    async def take(self, bucket: str, rate_per_s: float, burst: int) -> float:
        if self._pulse.up:
            try:
                return await self._take_shared(self._rounds.key("b", bucket), rate_per_s, burst)
            except AWAY as error:
                self._lost(error)
        return self._buckets.take(bucket, rate_per_s, burst)

    async def give_back(self, bucket: str) -> None:
        if not self._pulse.up:
            self._buckets.give_back(bucket)
            return
        try:
            async with self._doors:
                await self._redis.eval(GIVE_BACK, 1, self._rounds.key("b", bucket))
        except AWAY as error:
            self._lost(error)

    def health(self) -> LiveHealth:
        if not self._pulse.up:
            return LiveHealth(ok=False, reason=self._pulse.reason)
        elif not self._ear.listening:
            return LiveHealth(ok=False, reason="live is deaf, the subscription is being made again")
        else:
            return LiveHealth(ok=True)

    # Outgoing -------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Supervises the three tasks: a fault of ours is logged, and they begin anew."""
        while not self._closing:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._rounds.run(), name="live.rounds")
                    tasks.create_task(self._ticks(), name="live.ticks")
                    tasks.create_task(self._ear.listen(), name="live.ear")
            except* Exception:
                log.exception("live.failed")
            await asyncio.sleep(TICK_S)

    # Incoming -------------------------------------------------------------------------------------------------------

    def _arrived(self, parcel: bytes) -> None:
        self._switchboard.deliver(unpack(parcel))

    def _rung(self, item: Published) -> None:
        self._doorbell.ring()

    def _heard_again(self) -> None:
        """The subscription is new: our interest goes out under the channel's new name, what was missed is sought."""
        self._announce_all()
        self._doorbell.ring()

    def _announce_all(self) -> None:
        self._rounds.bundle.interest |= dict.fromkeys(self._switchboard.topics(), True)
        self._rounds.bundle.beats.update(self._leases.everyone())
        self._rounds.wake()
        for callback in self._gap_callbacks:
            callback()

    # Each second: is Redis there, is it the one we knew --------------------------------------------------------------

    async def _ticks(self) -> None:
        while not self._closing:
            await asyncio.sleep(TICK_S)
            await self._tick()

    async def _tick(self) -> None:
        try:
            async with self._doors:
                seconds, micros = await self._redis.time()
                now_ms = seconds * 1000 + micros / 1000
                generation = await self._read_generation(now_ms)
                await self._rounds.pipelined(
                    [
                        ("ZADD", self._rounds.key("nodes"), now_ms + self._lease_s * 1000, self._node),
                        *(
                            ("ZREMRANGEBYSCORE", self._rounds.key(*parts), "-inf", now_ms)
                            for parts in (("p", "agent"), ("p", "contact"), ("nodes",))
                        ),
                    ]
                )
        except AWAY as error:
            self._lost(error)
        else:
            if self._pulse.seen(now_ms, generation):
                self._announce_all()
            self._refresh_some()
            if self._rounds.bundle.beats:
                self._rounds.wake()

    async def _read_generation(self, now_ms: float) -> bytes:
        key = self._rounds.key("gen")
        generation: Any = await self._redis.get(key)
        if generation is None:
            await self._redis.set(key, f"{now_ms:.0f}|{secrets.token_hex(8)}", nx=True)
            generation = await self._redis.get(key)
        return bytes(generation or b"")

    def _refresh_some(self) -> None:
        """A slow round through all topics keeps their sets from expiring."""
        topics = self._switchboard.topics()
        until = self._refresh_from + len(topics) * 4 // INTEREST_S + 1
        for topic in topics[self._refresh_from : until]:
            self._rounds.bundle.interest.setdefault(topic, True)
            self._rounds.wake()
        self._refresh_from = until if until < len(topics) else 0

    def _lost(self, error: Exception) -> None:
        self._pulse.lost(error)
        self._rounds.wake()  # whoever waits for the round under way goes on alone

    # Single questions -----------------------------------------------------------------------------------------------

    async def _withdraw(self, kind: Kind, person: str) -> bool:
        key, now_ms = self._rounds.key("p", kind), self._pulse.redis_now_ms()
        async with self._doors:
            _, nodes = await self._rounds.pipelined(
                [
                    ("ZREM", key, f"{person}|{self._node}"),
                    ("ZRANGEBYSCORE", self._rounds.key("nodes"), now_ms, "+inf"),
                ]
            )
            others = [f"{person}|{node.decode()}" for node in nodes if node.decode() != self._node]
            ends: list[Any] = await self._redis.zmscore(key, others) if others else []
        return not any(end is not None and float(end) > now_ms for end in ends)

    async def _take_shared(self, key: str, rate_per_s: float, burst: int) -> float:
        async with self._doors:
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.set(key, 0, px=max(1, int(burst / rate_per_s * 1000)), nx=True)
            pipeline.incr(key)
            pipeline.pttl(key)
            _, taken, left_ms = await pipeline.execute()
        return 0.0 if taken <= burst else max(1.0, float(left_ms)) / 1000
