"""What Redis does to us, and that each process goes on: wiped, deaf, away, paused."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from live.base import Published
from live.redis import RedisLive
from tests.support.eventually import calm, eventually
from tests.support.proxy import FaultProxy

pytestmark = pytest.mark.asyncio


class Processes:
    """Two processes of one desk: `here` speaks to Redis through a proxy that misbehaves on order."""

    def __init__(self, redis_url: str, proxy: FaultProxy) -> None:
        prefix = f"test-{secrets.token_hex(4)}"
        self.proxy = proxy
        self.admin: Redis = Redis.from_url(redis_url)
        self.here = RedisLive(f"redis://127.0.0.1:{proxy.port}/0", prefix, lease_s=2.0)
        self.there = RedisLive(redis_url, prefix, lease_s=2.0)
        self.gaps = 0
        self.got: list[int] = []
        self.here.on_gap(self._gap)
        self.here.follow("T", lambda item: self.got.append(item.seq))

    def _gap(self) -> None:
        self.gaps += 1

    def say(self, seq: int) -> None:
        self.there.publish([Published(("T",), b"{}", "T", seq)])

    async def hears(self) -> bool:
        """True once an item from there arrives here."""
        self.say(len(self.got) + 1000)
        await calm()
        return bool(self.got)


def target(redis_url: str) -> int | str:
    """Where the tests' Redis listens, for the proxy."""
    parts = urlsplit(redis_url)
    return parts.port if parts.port is not None else parts.path


@pytest_asyncio.fixture
async def two(redis_url: str) -> AsyncIterator[Processes]:
    async with FaultProxy(target(redis_url)) as proxy:
        two = Processes(redis_url, proxy)
        await two.here.start()
        await two.there.start()
        await two.here.announced()
        yield two
        await two.here.close()
        await two.there.close()
        await two.admin.aclose()


async def test_after_a_wipe_presence_and_interest_come_back_by_themselves(two: Processes) -> None:
    await two.here.beat("agent", "a", "s1")

    async def settled() -> bool:
        await two.here.beat("agent", "a", "s1")
        return (await two.there.present("agent")).settled

    await eventually(settled)
    await two.admin.flushall()

    async def noticed() -> bool:
        await two.here.beat("agent", "a", "s1")
        found = await two.there.present("agent")
        return not found.settled and found.people == {"a"}

    await eventually(noticed)
    two.got.clear()
    await eventually(two.hears)


async def test_a_killed_subscription_is_a_gap_and_is_made_anew(two: Processes) -> None:
    gaps = two.gaps
    await two.admin.client_kill_filter(_type="pubsub")
    await eventually(lambda: two.gaps > gaps)
    two.got.clear()
    await eventually(two.hears)


async def test_without_redis_the_process_goes_on_alone_and_says_so(two: Processes) -> None:
    two.proxy.faults.refuse = True
    two.proxy.reset_all()
    await eventually(lambda: not two.here.health().ok)
    assert two.here.health().reason
    two.got.clear()
    two.here.publish([Published(("T",), b"{}", "T", 7)])
    assert two.got == [7]
    await two.here.beat("agent", "a", "s1")
    found = await two.here.present("agent")
    assert found.people == {"a"}
    assert not found.settled
    assert await two.here.take("login", 0.1, 1) == 0.0
    assert await two.here.take("login", 0.1, 1) > 0.0
    assert await two.here.gone("agent", "a", "s1") is False
    two.here.bell()
    await two.here.wait_bell(5)


async def test_when_redis_is_back_everything_is_announced_again(two: Processes) -> None:
    two.proxy.faults.refuse = True
    two.proxy.reset_all()
    await eventually(lambda: not two.here.health().ok)
    await two.here.beat("agent", "late", "s1")
    gaps = two.gaps
    two.proxy.faults.refuse = False
    await eventually(lambda: two.here.health().ok)
    assert two.gaps > gaps

    async def seen_there() -> bool:
        await two.here.beat("agent", "late", "s1")
        return "late" in (await two.there.present("agent")).people

    await eventually(seen_there)
    two.got.clear()
    await eventually(two.hears)


async def test_an_order_that_could_not_be_told_is_told_when_redis_is_back(two: Processes) -> None:
    heard: list[bytes] = []
    two.there.follow("contact:vera", lambda item: heard.append(item.frame))
    await two.there.announced()
    two.proxy.faults.up.swallow = True
    two.here.publish([Published(("contact:vera",), b"T", kind="follow")])  # under way when Redis stops to answer
    await eventually(lambda: not two.here.health().ok)
    two.here.publish(
        [Published(("contact:vera",), b"S", kind="follow"), Published(("contact:vera",), b"", kind="typing")]
    )
    two.proxy.faults.up.swallow = False
    two.proxy.reset_all()
    await eventually(lambda: heard == [b"T", b"S"])


async def test_a_redis_that_hangs_is_left_alone_until_it_answers(two: Processes) -> None:
    two.proxy.faults.up.swallow = True
    await eventually(lambda: not two.here.health().ok)
    await two.here.beat("agent", "a", "s1")
    assert (await two.here.present("agent")).people == {"a"}
    two.proxy.faults.up.swallow = False
    two.proxy.reset_all()
    await eventually(lambda: two.here.health().ok)
    two.got.clear()
    await eventually(two.hears)


async def test_a_start_without_redis_succeeds_and_heals(redis_url: str) -> None:
    async with FaultProxy(target(redis_url)) as proxy:
        proxy.faults.refuse = True
        live = RedisLive(f"redis://127.0.0.1:{proxy.port}/0", f"test-{secrets.token_hex(4)}")
        await live.start()
        assert not live.health().ok
        proxy.faults.refuse = False
        await eventually(lambda: live.health().ok)
        await live.close()


async def test_a_parcel_that_is_not_ours_is_refused_and_the_next_one_arrives(two: Processes) -> None:
    for channel in await two.admin.pubsub_channels("*"):
        await two.admin.publish(channel, b"\xc1 nonsense")
    await eventually(two.hears)


async def test_the_topics_of_a_process_that_died_are_forgotten(two: Processes) -> None:
    key = two.here._rounds.key("t", "T")
    assert await two.admin.exists(key)
    await two.here.close()
    two.say(1)

    async def forgotten() -> bool:
        two.say(2)
        return not await two.admin.exists(key)

    await eventually(forgotten)
    await two.here.start()
