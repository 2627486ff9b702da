"""One desk in two processes: lines are held anywhere, nobody notices."""

from __future__ import annotations

import random
from collections.abc import Awaitable
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.sockets.conftest import House
from tests.support.client import Client, Credentials
from tests.support.eventually import eventually

VERA = Credentials(token="token-vera")


async def test_events_reach_lines_in_the_other_process_in_order(houses: tuple[House, House]) -> None:
    here, there = houses
    here.desk.ticket("T", "vera")
    line = await there.ready()
    for number in range(1, 201):
        here.desk.say("T", str(number))
    await line.until(lambda frame: frame.get("seq") == 200)
    assert line.seqs("T") == list(range(1, 201))


async def test_a_line_comes_back_in_another_process_and_misses_nothing(houses: tuple[House, House]) -> None:
    here, there = houses
    here.desk.ticket("T", "vera")
    async with Client(here.url, "contact", VERA, chance=random.Random(1), patience_s=0.05) as vera:
        for number in range(40):
            vera.desk = (here, there)[number % 2].url
            if number % 8 == 7:
                vera.drop()
            (here, there)[number // 3 % 2].desk.say("T", str(number))
        await eventually(lambda: len(vera.events("T")) == 40)
        assert [event["data"]["body"] for event in vera.events("T")] == [str(number) for number in range(40)]


async def test_an_event_between_hello_and_ready_is_not_missed(houses: tuple[House, House]) -> None:
    here, there = houses
    here.desk.ticket("T", "vera")
    for number in range(20):
        line = await there.contact(resume={"T": number}, epoch="epoch-1")
        here.desk.say("T")
        await line.until(lambda frame, number=number: frame.get("seq") == number + 1)  # type: ignore[misc]
        await line.socket.close()


@pytest.mark.parametrize("fault", ["wipe", "deaf"])
async def test_a_wiped_or_deaf_redis_costs_no_event(houses: tuple[House, House], redis_url: str, fault: str) -> None:
    here, there = houses
    here.desk.ticket("T", "vera")
    line = await there.ready()
    admin: Redis = Redis.from_url(redis_url)
    for number in range(1, 101):
        here.desk.say("T")
        if number == 50 and fault == "wipe":
            await admin.flushall()
        elif number == 50:
            await admin.client_kill_filter(_type="pubsub")
    await line.until(lambda frame: frame.get("seq") == 100)
    assert line.seqs("T") == list(range(1, 101))
    await admin.aclose()


async def test_who_may_have_missed_a_word_looks_for_new_tickets_at_once(
    houses: tuple[House, House], redis_url: str
) -> None:
    here, there = houses
    line = await there.ready()
    here.desk.ticket("T", "vera")
    here.desk.write("T")
    admin: Redis = Redis.from_url(redis_url)
    await admin.client_kill_filter(_type="pubsub")
    assert (await line.until("event"))["seq"] == 1
    await admin.aclose()


async def test_the_last_line_in_any_process_takes_the_person_away(houses: tuple[House, House], redis_url: str) -> None:
    here, there = houses
    first, second = await here.ready("gwen"), await there.ready("gwen")
    admin: Any = Redis.from_url(redis_url)

    async def leases() -> int:
        keys = [key async for key in admin.scan_iter("*:p:contact")]
        held = [lease for key in keys for lease in await admin.zrange(key, 0, -1)]
        return sum(lease.startswith(b"gwen|") for lease in held)

    await first.socket.close()
    await eventually(lambda: _is(leases(), 1))  # the line is gone before its lease is: the second must not overtake it
    await second.socket.close()
    await eventually(lambda: there.desk.gone == ["gwen"])
    assert here.desk.gone == []
    await admin.aclose()


async def _is(found: Awaitable[int], wanted: int) -> bool:
    return await found == wanted
