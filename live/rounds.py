"""Round trips to Redis: everything that became pending while one ran goes with the next, one PUBLISH per process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from live.base import ORDERS, Kind, Published
from live.ear import Ear
from live.leases import Leases
from live.parcel import pack
from live.pulse import Pulse

COMMANDS = 500
"""So many commands go into one pipeline, so that each is answered well within the time-out."""
INTEREST_S = 7200
"""A topic's set of a process that died unseen vanishes after so long; living ones refresh in a quarter of it."""
KEPT_S, MOST_KEPT = 30.0, 10_000
"""Orders are kept for so long, and so many, while Redis does not answer; what an older one would say may be wrong."""
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


class Rounds:
    """The only writer of this process towards Redis. `bundle` may be filled at any time; then `wake`."""

    def __init__(
        self,
        redis: Redis,
        prefix: str,
        node: str,
        ear: Ear,
        leases: Leases,
        pulse: Pulse,
        lost: Callable[[Exception], None],
    ) -> None:
        self.bundle = Bundle()
        self.closing = False
        self._redis = redis
        self._prefix = prefix
        self._node = node
        self._ear = ear
        self._leases = leases
        self._pulse = pulse
        self._lost = lost
        self._wake = asyncio.Event()
        self._kept: list[tuple[float, Published]] = []

    def wake(self) -> None:
        self._wake.set()

    async def next(self) -> None:
        """Returns when everything that is pending now has been told, or Redis is away."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.bundle.told.append(told)
        self._wake.set()
        await told

    async def run(self) -> None:
        """For ever; cancelling releases whoever waits."""
        while not self.closing:
            await self._wake.wait()
            self._wake.clear()
            bundle, self.bundle = self.bundle, Bundle()
            items = [*self._unsent(), *bundle.items]
            self._keep(bundle.items)
            try:
                if self._pulse.up:
                    await self._tell(bundle.interest)
                    await self._write_beats(bundle.beats)
                    await self._send(items)
                    self._kept = []
                    await self._answer(bundle.asked)
            except AWAY as error:
                self._lost(error)
            finally:
                _release(bundle)

    def _unsent(self) -> list[Published]:
        """Orders that were not sent, unless they are so old that the lines have looked for themselves."""
        now = time.monotonic()
        self._kept = [(until, item) for until, item in self._kept if until > now]
        return [item for _until, item in self._kept]

    def _keep(self, items: list[Published]) -> None:
        until = time.monotonic() + KEPT_S
        self._kept += [(until, item) for item in items if item.kind in ORDERS]
        del self._kept[:-MOST_KEPT]

    async def _tell(self, interest: dict[str, bool]) -> None:
        if not self._ear.listening:
            return  # everything is announced when the subscription stands, under its new name
        commands: list[tuple[Any, ...]] = []
        for topic, followed in interest.items():
            key = self.key("t", topic)
            if followed:
                commands += [("SADD", key, self._ear.channel), ("EXPIRE", key, INTEREST_S)]
            else:
                commands.append(("SREM", key, self._ear.channel))
        await self.pipelined(commands)

    async def _write_beats(self, beats: set[tuple[Kind, str]]) -> None:
        scores: dict[Kind, list[Any]] = {}
        for kind, person in beats:
            if left_s := self._leases.left_s(kind, person):
                end_ms = self._pulse.redis_now_ms() + left_s * 1000
                scores.setdefault(kind, []).extend((end_ms, f"{person}|{self._node}"))
        await self.pipelined(("ZADD", self.key("p", kind), *members) for kind, members in scores.items())

    async def _send(self, items: list[Published]) -> None:
        topics = list({topic: None for item in items for topic in item.topics})
        sets = await self.pipelined(("SMEMBERS", self.key("t", topic)) for topic in topics)
        channels = dict(zip(topics, sets, strict=True))
        own = self._ear.channel.encode()
        parcels: dict[bytes, list[Published]] = {}
        for item in items:
            for channel in {channel for topic in item.topics for channel in channels[topic]} - {own}:
                parcels.setdefault(channel, []).append(item)
        counts = await self.pipelined(("PUBLISH", channel, pack(parcel)) for channel, parcel in parcels.items())
        dead = [channel for channel, count in zip(parcels, counts, strict=True) if count == 0]
        if dead:  # that process died or listens on a new channel: a channel's name is never used again
            await self.pipelined(("SREM", self.key("t", topic), *dead) for topic in topics)

    async def _answer(self, asked: dict[Kind, list[asyncio.Future[frozenset[str] | None]]]) -> None:
        now_ms = self._pulse.redis_now_ms()
        found = await self.pipelined(("ZRANGEBYSCORE", self.key("p", kind), now_ms, "+inf") for kind in asked)
        for waiting, members in zip(asked.values(), found, strict=True):
            people = frozenset(member.decode().rpartition("|")[0] for member in members)
            for answer in waiting:
                if not answer.done():
                    answer.set_result(people)

    async def pipelined(self, commands: Iterable[tuple[Any, ...]]) -> list[Any]:
        answers: list[Any] = []
        rest = iter(commands)
        while portion := list(islice(rest, COMMANDS)):
            pipeline = self._redis.pipeline(transaction=False)
            for command in portion:
                pipeline.execute_command(*command)
            answers += await pipeline.execute()
        return answers

    def key(self, *parts: str) -> str:
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
