"""The present moment of a desk that runs in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from live.base import LEASE_S, Kind, LiveHealth, Presence, Published, Receiver
from live.buckets import Buckets
from live.doorbell import Doorbell
from live.leases import Leases
from live.switchboard import Switchboard


class MemoryLive:
    """`Live` without anybody else: there are no gaps, and a restart is a wipe."""

    def __init__(self, *, lease_s: float = LEASE_S, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lease_s = lease_s
        self._monotonic = monotonic
        self._switchboard = Switchboard()
        self._leases = Leases(lease_s, monotonic)
        self._doorbell = Doorbell()
        self._buckets = Buckets(monotonic)
        self._settled_at = monotonic() + lease_s

    async def start(self) -> None:
        self._settled_at = self._monotonic() + self._lease_s

    async def close(self) -> None:
        """Nothing is held open."""

    def publish(self, items: Sequence[Published]) -> None:
        self._switchboard.deliver(items)

    def follow(self, topic: str, receiver: Receiver) -> None:
        self._switchboard.follow(topic, receiver)

    def unfollow(self, topic: str, receiver: Receiver) -> None:
        self._switchboard.unfollow(topic, receiver)

    async def announced(self) -> None:
        """There is nobody to tell."""

    def on_gap(self, callback: Callable[[], None]) -> None:
        """Nothing gets lost within a process."""

    async def beat(self, kind: Kind, person: str, socket: str) -> None:
        self._leases.beat(kind, person, socket)

    async def gone(self, kind: Kind, person: str, socket: str) -> bool:
        return self._leases.drop(kind, person, socket)

    async def present(self, kind: Kind) -> Presence:
        return Presence(self._leases.people(kind), self._monotonic() >= self._settled_at)

    def bell(self) -> None:
        self._doorbell.ring()

    async def wait_bell(self, timeout_s: float) -> None:
        await self._doorbell.wait(timeout_s)

    async def take(self, bucket: str, rate_per_s: float, burst: int) -> float:
        return self._buckets.take(bucket, rate_per_s, burst)

    async def give_back(self, bucket: str) -> None:
        self._buckets.give_back(bucket)

    def health(self) -> LiveHealth:
        return LiveHealth(ok=True)
