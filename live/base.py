"""What the present moment offers, whatever carries it: fan-out, presence leases, doorbell, shared buckets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

LEASE_S = 15.0
"""A socket that says nothing for so long is gone; after a wipe nobody counts as gone for as long."""

Kind = Literal["agent", "contact"]


ORDERS = frozenset({"follow", "unfollow", "rights", "revoked"})
"""Kinds of which no head and no beat tells that one was lost: they are kept over a short loss of the carrier."""


@dataclass(frozen=True, slots=True)
class Published:
    """One frame for all who follow one of the topics. With `stream` it is a durable event, else it may be dropped."""

    topics: tuple[str, ...]
    frame: bytes
    stream: str | None = None
    seq: int = 0
    kind: str = ""


Receiver = Callable[[Published], None]
"""Takes one item at once: must not block, must not raise."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Who has a lease. Not `settled`: leases were lost a moment ago, so an absent name proves nothing. Not `whole`:
    other processes were not reached, these are the people of this one."""

    people: frozenset[str]
    settled: bool
    whole: bool = True


@dataclass(frozen=True, slots=True)
class LiveHealth:
    """Whether other processes are reached; `reason` is one sentence without internals, empty when `ok`."""

    ok: bool
    reason: str = ""


class Live(Protocol):
    """Called on the event loop only. No method raises because the carrier is away: each goes on within this process."""

    async def start(self) -> None:
        """Begins to listen. Returns also when the carrier cannot be reached; it is sought until `close`."""

    async def close(self) -> None:
        """Stops listening. Leases stay until they run out."""

    def publish(self, items: Sequence[Published]) -> None:
        """Hands the items to receivers of this process before it returns, then to other processes, bundled."""

    def follow(self, topic: str, receiver: Receiver) -> None:
        """The receiver gets what is published on the topic; an item on several of its topics comes once."""

    def unfollow(self, topic: str, receiver: Receiver) -> None:
        """Undoes `follow`; unknown pairs are ignored."""

    async def announced(self) -> None:
        """Returns when other processes know all `follow`s made so far, or when the carrier is away.

        Read the record only after it: what is committed later is then published to us. Cancelling is harmless.
        """

    def on_gap(self, callback: Callable[[], None]) -> None:
        """`callback` runs when items of other processes may have been lost: compare with the record."""

    async def beat(self, kind: Kind, person: str, socket: str) -> None:
        """Takes or renews the lease of one socket for LEASE_S. Known everywhere on return when it is the first."""

    async def gone(self, kind: Kind, person: str, socket: str) -> bool:
        """Gives the lease back. True when that was certainly the person's last socket anywhere."""

    async def present(self, kind: Kind) -> Presence:
        """Everyone with a lease, in any process."""

    def bell(self) -> None:
        """Wakes every `wait_bell` in every process."""

    async def wait_bell(self, timeout_s: float) -> None:
        """Returns at a bell, also one that rang since this task's last wait, or after the time-out."""

    async def take(self, bucket: str, rate_per_s: float, burst: int) -> float:
        """Takes one of `burst` tokens per `burst / rate_per_s` seconds; 0.0, or the seconds to wait."""

    async def give_back(self, bucket: str) -> None:
        """Puts a token back that was taken for what turned out to be harmless."""

    def health(self) -> LiveHealth:
        """How it is now, without asking anybody."""
