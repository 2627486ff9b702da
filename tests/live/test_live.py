"""What every live keeps, whatever carries it: runs on memory and on a real Redis."""

from __future__ import annotations

import asyncio

import pytest

from live.base import Live, Published
from tests.live.conftest import Desk
from tests.support.eventually import calm, eventually

pytestmark = pytest.mark.asyncio


def event(seq: int, stream: str = "T", topics: tuple[str, ...] | None = None) -> Published:
    return Published(topics or (stream,), b'{"seq":%d}' % seq, stream, seq, "message")


async def test_a_receiver_of_this_process_has_the_item_before_publish_returns(desk: Desk) -> None:
    live = await desk.process()
    got: list[Published] = []
    live.follow("T", got.append)
    live.publish([event(1), event(2)])
    assert got == [event(1), event(2)]


async def test_an_item_reaches_receivers_in_other_processes_in_order(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    got: list[Published] = []
    there.follow("T", got.append)
    await there.announced()
    for seq in range(1, 501):
        here.publish([event(seq)])
    await eventually(lambda: len(got) == 500)
    assert [item.seq for item in got] == list(range(1, 501))
    assert got[0] == event(1)


async def test_what_is_published_after_announced_reaches_the_follower(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    for number in range(50):
        got: list[Published] = []
        there.follow(f"T{number}", got.append)
        await there.announced()
        here.publish([event(1, f"T{number}")])
        await eventually(lambda got=got: len(got) == 1)  # type: ignore[misc]


async def test_an_item_on_several_topics_of_one_receiver_comes_once(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    got: list[Published] = []
    for topic in ("T", "agent:a", "desk"):
        there.follow(topic, got.append)
    await there.announced()
    here.publish([event(1, topics=("T", "agent:a", "desk")), event(2)])
    await eventually(lambda: len(got) >= 2)
    await calm()
    assert [item.seq for item in got] == [1, 2]


async def test_nobody_gets_what_they_do_not_follow_any_more(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    got: list[Published] = []
    kept: list[Published] = []
    there.follow("T", got.append)
    there.follow("T", kept.append)
    there.unfollow("T", got.append)
    there.unfollow("unknown", got.append)
    await there.announced()
    here.publish([event(1), event(1, "other")])
    await eventually(lambda: len(kept) == 1)
    assert got == []


async def test_one_failing_receiver_does_not_cost_the_others_their_item(desk: Desk) -> None:
    live = await desk.process()
    got: list[Published] = []

    def broken(item: Published) -> None:
        raise RuntimeError("broken on purpose")

    live.follow("T", broken)
    live.follow("T", got.append)
    live.publish([event(1), event(2)])
    assert [item.seq for item in got] == [1, 2]


async def test_a_receiver_may_follow_and_unfollow_while_it_receives(desk: Desk) -> None:
    live = await desk.process()
    got: list[Published] = []

    def curious(item: Published) -> None:
        live.unfollow("agent:a", curious)
        live.follow("T", got.append)

    live.follow("agent:a", curious)
    live.publish([Published(("agent:a",), b"T", kind="follow"), event(1)])
    assert [item.seq for item in got] == [1]


async def test_a_person_is_present_everywhere_when_beat_has_returned(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    await here.beat("agent", "a", "s1")
    await there.beat("contact", "c", "s2")
    assert (await there.present("agent")).people == {"a"}
    assert (await here.present("contact")).people == {"c"}


async def test_a_person_whose_lease_ran_out_is_not_present(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    await here.beat("agent", "a", "s1")
    assert (await here.present("agent")).people == {"a"}

    async def nobody() -> bool:
        return not (await here.present("agent")).people and not (await there.present("agent")).people

    await eventually(nobody)


async def test_beats_keep_a_person_present(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    ends = asyncio.get_running_loop().time() + 2.5
    while asyncio.get_running_loop().time() < ends:
        await here.beat("agent", "a", "s1")
        assert (await here.present("agent")).people == {"a"}
        await calm(5)
    del there


async def test_only_the_last_socket_takes_the_person_away(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    await here.beat("agent", "a", "s1")
    await here.beat("agent", "a", "s2")
    await there.beat("agent", "a", "s3")
    assert await here.gone("agent", "a", "s1") is False
    assert await here.gone("agent", "a", "s2") is False
    assert (await here.present("agent")).people == {"a"}
    assert await there.gone("agent", "a", "s3") is True
    assert (await here.present("agent")).people == frozenset()
    assert (await there.present("agent")).people == frozenset()


async def test_nobody_counts_as_gone_until_a_lease_after_the_start(desk: Desk) -> None:
    live = await desk.process()
    assert (await live.present("agent")).settled is False

    async def settled() -> bool:
        return (await live.present("agent")).settled

    await eventually(settled)


async def rung(live: Live, timeout_s: float) -> None:
    """A worker's second wait: the first hears what the start itself rang."""
    await live.announced()
    await live.wait_bell(0.001)
    await live.wait_bell(timeout_s)


async def test_the_bell_wakes_workers_in_every_process(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    woken = asyncio.create_task(rung(there, 30)), asyncio.create_task(rung(here, 30))
    await calm(50)
    assert [each.done() for each in woken] == [False, False]
    here.bell()
    await asyncio.wait_for(asyncio.gather(*woken), 10)


async def test_a_bell_that_rang_while_the_worker_was_busy_is_heard_at_the_next_wait(desk: Desk) -> None:
    live = await desk.process()
    await live.wait_bell(0.001)
    live.bell()
    await asyncio.wait_for(live.wait_bell(60), 10)


async def test_without_a_bell_the_wait_ends_with_its_time_out(desk: Desk) -> None:
    live = await desk.process()
    waiting = asyncio.create_task(rung(live, 0.5))
    await calm()
    assert not waiting.done()
    await asyncio.wait_for(waiting, 10)


async def test_a_bucket_gives_its_burst_and_then_says_how_long_to_wait(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    waits = [await live.take("login:1", 0.1, 4) for live in (here, there, here, there)]
    assert waits == [0.0] * 4
    assert 0 < await here.take("login:1", 0.1, 4) <= 40
    assert await here.take("login:2", 0.1, 4) == 0.0


async def test_what_is_given_back_to_a_bucket_can_be_taken_again(desk: Desk) -> None:
    here, there = await desk.process(), await desk.process()
    assert [await here.take("login:3", 0.1, 2) for _ in range(2)] == [0.0, 0.0]
    await there.give_back("login:3")
    await there.give_back("login:unknown")
    assert await here.take("login:3", 0.1, 2) == 0.0
    assert await here.take("login:3", 0.1, 2) > 0.0
    assert await here.take("login:unknown", 0.1, 1) == 0.0
    assert await here.take("login:unknown", 0.1, 1) > 0.0


async def test_a_bucket_fills_again(desk: Desk) -> None:
    live = await desk.process()
    assert await live.take("code", 20, 1) == 0.0
    assert await live.take("code", 20, 1) > 0.0

    async def filled() -> bool:
        return await live.take("code", 20, 1) == 0.0

    await eventually(filled)


async def test_live_says_that_it_is_well(desk: Desk) -> None:
    live = await desk.process()
    assert live.health().ok
    assert live.health().reason == ""
