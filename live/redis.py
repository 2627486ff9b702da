"""The present moment of a desk of several processes, over Redis; this process goes on alone while Redis is away.

Keys, all behind the prefix: `gen` (generation: a wipe takes it away), `t:<topic>` (set of channels of the processes
that follow), `p:<kind>` (sorted set `person|node` by the lease's end in Redis time), `nodes`, `b:<bucket>`.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from live.base import LEASE_S, Kind, LiveHealth, Presence, Published, Receiver
from live.buckets import Buckets
from live.doorbell import Doorbell
from live.ear import Ear
from live.leases import Leases
from live.parcel import pack, unpack
from live.pulse import Pulse
from live.switchboard import Switchboard

log = logging.getLogger(__name__)

TIMEOUT_S = 0.25
TICK_S = 1.0
COMMANDS = 500
"""So many commands go into one pipeline, so that each is answered well within TIMEOUT_S."""
INTEREST_S = 7200
"""A topic's set of a process that died unseen vanishes after so long; living ones refresh in a quarter of it."""
AT_ONCE = 16
BELL = "!bell"
AWAY = (RedisError, OSError, TimeoutError)


@dataclass
class Bundle:
    """What became pending while the last round trip ran; it all goes with the next."""

    interest: dict[str, bool] = field(default_factory=dict)
    """Topics that this process follows now, or does not any more."""
    beats: set[tuple[Kind, str]] = field(default_factory=set)
    items: list[Published] = field(default_factory=list)
    told: list[asyncio.Future[None]] = field(default_factory=list)
    asked: dict[Kind, list[asyncio.Future[frozenset[str] | None]]] = field(default_factory=dict)


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
        self._bundle = Bundle()
        self._wake = asyncio.Event()
        self._doors = asyncio.Semaphore(AT_ONCE)
        self._gap_callbacks: list[Callable[[], None]] = []
        self._refresh_from = 0
        self._closing = False  # redis-py can turn a cancellation into its own error: loops look here besides
        self._task: asyncio.Task[None] | None = None

    # What callers see -----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._closing = self._ear.closing = False
        await self._tick()
        self._task = asyncio.create_task(self._run(), name="live")
        await self._ear.first_try()

    async def close(self) -> None:
        self._closing = self._ear.closing = True
        self._wake.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._redis.aclose()

    def publish(self, items: Sequence[Published]) -> None:
        self._switchboard.deliver(items)
        if self._pulse.up:
            self._bundle.items += items
            self._wake.set()

    def follow(self, topic: str, receiver: Receiver) -> None:
        if self._switchboard.follow(topic, receiver):
            self._bundle.interest[topic] = True
            self._wake.set()

    def unfollow(self, topic: str, receiver: Receiver) -> None:
        if self._switchboard.unfollow(topic, receiver):
            self._bundle.interest[topic] = False
            self._wake.set()

    async def announced(self) -> None:
        if self._pulse.up and self._ear.listening:
            await self._next_round()

    def on_gap(self, callback: Callable[[], None]) -> None:
        self._gap_callbacks.append(callback)

    async def beat(self, kind: Kind, person: str, socket: str) -> None:
        first = self._leases.beat(kind, person, socket)
        self._bundle.beats.add((kind, person))
        if first and self._pulse.up:
            await self._next_round()

    async def gone(self, kind: Kind, person: str, socket: str) -> bool:
        if not self._leases.drop(kind, person, socket):
            return False
        self._bundle.beats.discard((kind, person))
        try:
            return self._pulse.up and await self._withdraw(kind, person)
        except AWAY as error:
            self._lost(error)
            return False  # other processes may hold a socket of theirs: the leases will tell

    async def present(self, kind: Kind) -> Presence:
        elsewhere = None
        if self._pulse.up:
            answer: asyncio.Future[frozenset[str] | None] = asyncio.get_running_loop().create_future()
            self._bundle.asked.setdefault(kind, []).append(answer)
            self._wake.set()
            elsewhere = await answer
        here = self._leases.people(kind)
        if elsewhere is None:
            return Presence(here, settled=False)
        else:
            return Presence(here | elsewhere, self._pulse.settled)

    def bell(self) -> None:
        self._doorbell.ring()
        if self._pulse.up:
            self._bundle.items.append(Published((BELL,), b"", kind="bell"))
            self._wake.set()

    async def wait_bell(self, timeout_s: float) -> None:
        self.follow(BELL, self._rung)
        await self._doorbell.wait(timeout_s)

    async def take(self, bucket: str, rate_per_s: float, burst: int) -> float:
        if self._pulse.up:
            try:
                return await self._take_shared(self._key("b", bucket), rate_per_s, burst)
            except AWAY as error:
                self._lost(error)
        return self._buckets.take(bucket, rate_per_s, burst)

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
                    tasks.create_task(self._rounds(), name="live.rounds")
                    tasks.create_task(self._ticks(), name="live.ticks")
                    tasks.create_task(self._ear.listen(), name="live.ear")
            except* Exception:
                log.exception("live.failed")
            await asyncio.sleep(TICK_S)

    async def _next_round(self) -> None:
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._bundle.told.append(told)
        self._wake.set()
        await told

    async def _rounds(self) -> None:
        while not self._closing:
            await self._wake.wait()
            self._wake.clear()
            bundle, self._bundle = self._bundle, Bundle()
            try:
                if self._pulse.up:
                    await self._tell(bundle.interest)
                    await self._write_beats(bundle.beats)
                    await self._send(bundle.items)
                    await self._answer(bundle.asked)
            except AWAY as error:
                self._lost(error)
            finally:
                _release(bundle)

    async def _tell(self, interest: dict[str, bool]) -> None:
        if not self._ear.listening:
            return  # everything is announced when the subscription stands, under its new name
        commands: list[tuple[Any, ...]] = []
        for topic, followed in interest.items():
            key = self._key("t", topic)
            if followed:
                commands += [("SADD", key, self._ear.channel), ("EXPIRE", key, INTEREST_S)]
            else:
                commands.append(("SREM", key, self._ear.channel))
        await self._pipelined(commands)

    async def _write_beats(self, beats: set[tuple[Kind, str]]) -> None:
        scores: dict[Kind, list[Any]] = {}
        for kind, person in beats:
            if left_s := self._leases.left_s(kind, person):
                end_ms = self._pulse.redis_now_ms() + left_s * 1000
                scores.setdefault(kind, []).extend((end_ms, f"{person}|{self._node}"))
        await self._pipelined(("ZADD", self._key("p", kind), *members) for kind, members in scores.items())

    async def _send(self, items: list[Published]) -> None:
        topics = list({topic: None for item in items for topic in item.topics})
        sets = await self._pipelined(("SMEMBERS", self._key("t", topic)) for topic in topics)
        channels = dict(zip(topics, sets, strict=True))
        own = self._ear.channel.encode()
        parcels: dict[bytes, list[Published]] = {}
        for item in items:
            for channel in {channel for topic in item.topics for channel in channels[topic]} - {own}:
                parcels.setdefault(channel, []).append(item)
        counts = await self._pipelined(("PUBLISH", channel, pack(parcel)) for channel, parcel in parcels.items())
        dead = [channel for channel, count in zip(parcels, counts, strict=True) if count == 0]
        if dead:  # that process died or listens on a new channel: a channel's name is never used again
            await self._pipelined(("SREM", self._key("t", topic), *dead) for topic in topics)

    async def _answer(self, asked: dict[Kind, list[asyncio.Future[frozenset[str] | None]]]) -> None:
        now_ms = self._pulse.redis_now_ms()
        found = await self._pipelined(("ZRANGEBYSCORE", self._key("p", kind), now_ms, "+inf") for kind in asked)
        for waiting, members in zip(asked.values(), found, strict=True):
            people = frozenset(member.decode().rpartition("|")[0] for member in members)
            for answer in waiting:
                if not answer.done():
                    answer.set_result(people)

    async def _pipelined(self, commands: Iterable[tuple[Any, ...]]) -> list[Any]:
        answers: list[Any] = []
        rest = iter(commands)
        while portion := list(islice(rest, COMMANDS)):
            pipeline = self._redis.pipeline(transaction=False)
            for command in portion:
                pipeline.execute_command(*command)
            answers += await pipeline.execute()
        return answers

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
        self._bundle.interest |= dict.fromkeys(self._switchboard.topics(), True)
        self._bundle.beats.update(self._leases.everyone())
        self._wake.set()
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
                await self._pipelined(
                    [
                        ("ZADD", self._key("nodes"), now_ms + self._lease_s * 1000, self._node),
                        *(
                            ("ZREMRANGEBYSCORE", self._key(*parts), "-inf", now_ms)
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
            if self._bundle.beats:
                self._wake.set()

    async def _read_generation(self, now_ms: float) -> bytes:
        key = self._key("gen")
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
            self._bundle.interest.setdefault(topic, True)
            self._wake.set()
        self._refresh_from = until if until < len(topics) else 0

    def _lost(self, error: Exception) -> None:
        self._pulse.lost(error)
        self._wake.set()  # whoever waits for the round under way goes on alone

    # Single questions -----------------------------------------------------------------------------------------------

    async def _withdraw(self, kind: Kind, person: str) -> bool:
        key, now_ms = self._key("p", kind), self._pulse.redis_now_ms()
        async with self._doors:
            _, nodes = await self._pipelined(
                [
                    ("ZREM", key, f"{person}|{self._node}"),
                    ("ZRANGEBYSCORE", self._key("nodes"), now_ms, "+inf"),
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

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(parts)


def _release(bundle: Bundle) -> None:
    """Nobody waits for ever: who got no answer goes on with what this process knows."""
    for told in bundle.told:
        if not told.done():
            told.set_result(None)
    for answers in bundle.asked.values():
        for answer in answers:
            if not answer.done():
                answer.set_result(None)
