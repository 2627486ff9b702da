"""Two processes of one desk at the same thing at once: one of them does it, or both do it once."""

from __future__ import annotations

import asyncio
import secrets
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from desk.requests import Accept, AgentSay, ContactSay, Leave, Presence, Press
from desk.work import Work
from live.base import Live
from live.memory import MemoryLive
from live.redis import RedisLive
from routing.errors import Conflict, DeskError, Taken, Unavailable
from store import jobs, tickets
from store.engine import Connection, open_record
from tests.support.checker import check
from tests.support.world import OPEN, World

CAPACITY = {"anna": 3, "ben": 3, "petra": 4}


class Two:
    """Two desks on one record and one live; on PostgreSQL and Redis with nothing in common but these."""

    def __init__(self, here: World, there: World) -> None:
        self.worlds = (here, there)
        self.here = here

    async def ask(self, number: int, who: str, request: type, /, **fields: Any) -> dict[str, Any]:
        """In one of the processes; asks again with the same rid when that is what it is told. Raises DeskError."""
        fields = {"rid": str(uuid.uuid4())} | fields
        while True:
            try:
                return await self.worlds[number % 2].ask(who, request, **fields)
            except Unavailable:
                await asyncio.sleep(0)

    async def at_once(self, *asked: Any) -> list[Any]:
        """Answers and refusals."""
        found = await asyncio.gather(*asked, return_exceptions=True)
        for each in found:
            assert not isinstance(each, BaseException) or isinstance(each, DeskError), each
        return found

    async def visitors(self, how_many: int) -> list[str]:
        return [await self.here.visitor(f"visitor-{number}") for number in range(how_many)]

    async def due(self) -> None:
        """Both workers at once."""
        await asyncio.gather(*(world.due() for world in self.worlds))


@pytest.fixture(params=["sqlite", "postgresql"])
async def two(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Two]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        records = [await open_record(url)] * 2
        lives: list[Live] = [MemoryLive()] * 2
    else:
        url = request.getfixturevalue("laid_postgres_url")
        records = [await open_record(url) for _ in range(2)]
        redis, prefix = request.getfixturevalue("redis_url"), f"test-{secrets.token_hex(4)}"
        lives = [RedisLive(redis, prefix) for _ in range(2)]
    here = await World.make(records[0], live=lives[0])
    there = World(records[1], OPEN, lives[1])
    if lives[1] is not lives[0]:
        await lives[1].start()
    yield Two(here, there)
    for live in dict.fromkeys(lives):
        await live.close()
    for record in dict.fromkeys(records):
        await record.close()
    assert check(url, [], settled=False) == []


async def test_many_presses_overfill_nobody(two: Two) -> None:
    visitors = await two.visitors(14)
    pressed = await two.at_once(*(two.ask(n, who, Press, text="Hello") for n, who in enumerate(visitors)))
    await two.due()
    assert await two.here.rung() == CAPACITY
    states = [(await two.here.summary(visitors[n], p["ticket"]))["chat"]["state"] for n, p in enumerate(pressed)]
    assert sorted(states) == ["ringing"] * 10 + ["waiting"] * 4


async def test_however_many_press_at_once_each_gets_a_ticket_with_a_number_of_its_own(two: Two) -> None:
    visitors = await two.visitors(24)
    found = await asyncio.gather(
        *(two.worlds[number % 2].ask(visitor, Press, text="Help") for number, visitor in enumerate(visitors))
    )
    numbers = [
        (await two.here.summary(who, each["ticket"]))["number"] for who, each in zip(visitors, found, strict=True)
    ]
    assert len(set(numbers)) == 24


async def test_automatic_answers_overfill_nobody(two: Two) -> None:
    for agent in ("anna", "ben", "petra"):
        await two.ask(0, agent, Presence, status="available", auto_answer=True)
    visitors = await two.visitors(14)
    pressed = await two.at_once(*(two.ask(n, who, Press, text="Hello") for n, who in enumerate(visitors)))
    await two.due()
    chats = [(await two.here.summary(visitors[n], p["ticket"]))["chat"] for n, p in enumerate(pressed)]
    serving = [chat["serving"]["id"] for chat in chats if chat["serving"]]
    assert {agent: serving.count(agent) for agent in CAPACITY} == CAPACITY


async def test_one_contact_who_presses_in_two_tabs_has_one_chat(two: Two) -> None:
    pressed = await two.at_once(*(two.ask(number, "priya", Press, text=f"Tab {number}") for number in range(6)))
    assert len({answer["ticket"] for answer in pressed}) == 1
    assert sum((await two.here.rung()).values()) == 1
    bodies = [e["data"]["body"] for e in await two.here.events(pressed[0]["ticket"]) if e["kind"] == "message"]
    assert sorted(bodies) == [f"Tab {number}" for number in range(6)]


async def test_a_ring_is_accepted_once(two: Two) -> None:
    ticket = (await two.ask(0, "priya", Press, text="Hello"))["ticket"]
    ring = await two.here.ring_of("anna")
    done = await two.at_once(*(two.ask(number, "anna", Accept, ring=ring) for number in range(4)))
    assert sum(isinstance(each, dict) for each in done) == 1
    assert sum(isinstance(each, Taken) for each in done) == 3
    assert (await two.here.kinds(ticket)).count("chat live") == 1


async def test_accept_and_leave_at_once_have_one_outcome(two: Two) -> None:
    for _ in range(8):
        ticket = (await two.ask(0, "priya", Press, text="Hello"))["ticket"]
        ring = await two.here.ring_of("anna")
        accepted, left = await two.at_once(
            two.ask(0, "anna", Accept, ring=ring), two.ask(1, "priya", Leave, ticket=ticket)
        )
        assert isinstance(accepted, dict | Taken) and isinstance(left, dict)
        assert (await two.here.summary("priya", ticket))["chat"] is None and await two.here.rung() == {}
    assert (await two.at_once(two.ask(1, "priya", Leave, ticket=ticket)))[0].__class__ is Conflict


@pytest.mark.parametrize("verb", ["press", "say", "accept"])
async def test_the_same_rid_in_two_processes_is_done_once_and_answered_alike(two: Two, verb: str) -> None:
    rid = str(uuid.uuid4())
    if verb == "press":
        same: tuple[str, type, dict[str, Any]] = ("priya", Press, {"text": "Hello"})
    else:
        ticket = (await two.ask(0, "priya", Press, text="Hello"))["ticket"]
        ring = await two.here.ring_of("anna")
        same = (
            ("anna", Accept, {"ring": ring})
            if verb == "accept"
            else ("priya", ContactSay, {"ticket": ticket, "body": "x"})
        )
    who, request, fields = same
    answers = await two.at_once(*(two.ask(number, who, request, rid=rid, **fields) for number in range(6)))
    assert all(answer == answers[0] for answer in answers) and isinstance(answers[0], dict)
    kinds = await two.here.kinds(answers[0]["ticket"])
    assert (
        kinds
        == {
            "press": ["message", "chat ringing"],
            "say": ["message", "chat ringing", "message"],
            "accept": ["message", "chat ringing", "chat live"],
        }[verb]
    )


async def test_everybody_talks_at_once_and_no_seq_is_missing_or_twice(two: Two) -> None:
    ticket = (await two.ask(0, "priya", Press, text="Hello"))["ticket"]
    await two.ask(0, "anna", Accept, ring=await two.here.ring_of("anna"))
    said = await two.at_once(
        *(two.ask(number, "priya", ContactSay, ticket=ticket, body=f"c{number}") for number in range(20)),
        *(two.ask(number, "anna", AgentSay, ticket=ticket, body=f"a{number}", anyway=True) for number in range(20)),
    )
    assert len({answer["seq"] for answer in said}) == 40


async def test_the_queue_is_walked_once_by_two_workers(two: Two) -> None:
    for agent in CAPACITY:
        await two.ask(0, agent, Presence, status="away")
    visitors = await two.visitors(5)
    tickets = [(await two.ask(n, who, Press, text="Hello"))["ticket"] for n, who in enumerate(visitors)]
    await two.due()
    before = [(await two.here.kinds(f"{ticket}/i")).count("decision") for ticket in tickets]
    await two.ask(0, "petra", Presence, status="available")
    await two.due()
    after = [(await two.here.kinds(f"{ticket}/i")).count("decision") for ticket in tickets]
    assert sorted(now - then for now, then in zip(after, before, strict=True)) == [0, 1, 1, 1, 1]
    assert await two.here.rung() == {"petra": 4}


async def test_a_wish_for_a_job_that_is_just_being_run_is_not_lost(two: Two) -> None:
    now = two.here.clock.now()
    begun, let_go = threading.Event(), threading.Event()

    def run(connection: Connection) -> None:
        claimed = jobs.claim(connection, "decide", now)
        assert claimed is not None
        jobs.done(connection, claimed)
        begun.set()
        assert let_go.wait(20)

    here, there = (world.record for world in two.worlds)
    await here.write(lambda connection: jobs.put(connection, "decide", now, "decide"))
    running = asyncio.create_task(here.write(run))
    await asyncio.to_thread(begun.wait, 20)
    wishing = asyncio.create_task(there.write(lambda connection: jobs.put(connection, "decide", now, "decide")))
    await asyncio.sleep(0)
    let_go.set()
    await asyncio.gather(running, wishing)
    assert await here.read(lambda connection: jobs.exists(connection, "decide"))


@pytest.mark.parametrize("two", ["postgresql"], indirect=True)
async def test_a_verb_wishes_a_job_that_runs_and_waits_for_the_verbs_ticket(two: Two) -> None:
    now = two.here.clock.now()
    ticket = (await two.ask(0, "priya", Press, text="Hello"))["ticket"]
    locked, begun = threading.Event(), threading.Event()
    ran = []

    def verb(connection: Connection) -> None:
        ran.append("verb")
        tickets.lock(connection, ticket)
        locked.set()
        assert begun.wait(20)
        jobs.put(connection, "queue", now, "queue")

    def effect(connection: Connection) -> None:
        ran.append("effect")
        assert locked.wait(20)
        claimed = jobs.claim(connection, "queue", now)
        begun.set()
        tickets.lock(connection, ticket)
        assert claimed is not None
        jobs.done(connection, claimed)

    here, there = (world.record for world in two.worlds)
    await here.write(lambda connection: jobs.put(connection, "queue", now, "queue"))
    await asyncio.gather(here.write(verb), there.write(effect))
    assert sorted(ran) == ["effect", "verb"]
    assert await here.read(lambda connection: jobs.exists(connection, "queue"))


@pytest.mark.parametrize("two", ["postgresql"], indirect=True)
async def test_two_verbs_that_wish_the_same_jobs_in_another_order_do_not_wait_for_each_other(two: Two) -> None:
    both = threading.Barrier(2)

    def wishing(first: str, then: str) -> Callable[[Work], None]:
        def verb(work: Work) -> None:
            work.job(first, first)
            both.wait(20)  # a second try would wait alone, and fail
            work.job(then, then)

        return verb

    here, there = (world.desk for world in two.worlds)
    await asyncio.gather(here.run("one", wishing("people", "queue")), there.run("other", wishing("queue", "people")))
