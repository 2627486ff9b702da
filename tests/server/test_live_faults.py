"""Redis is wiped, paused, killed under two processes of a desk: nothing waits for it, nothing is lost between them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from server.demo import cast
from tests.support.checker import check
from tests.support.client import Client, sign_in, visit
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.support.services import NotToBeHad, RedisServer, environment, missing, redis_server
from tests.support.talking import Talker, ready, talker

ANNA = cast.AGENTS[0]


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """One that may be killed."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(redis_server(tmp_path_factory.mktemp("own")))
        except NotToBeHad:
            missing.note("redis", request.node.nodeid)
            pytest.skip("no redis here")
        yield server


@dataclass
class Two:
    """Two processes of one desk; the contact's line is in one, Anna's in the other."""

    desk: RunningDesk
    other: RunningDesk
    url: str
    redis: RedisServer
    contact: Talker
    anna: Client

    async def talk(self, how_many: int) -> None:
        """Every message is answered and reaches the other process."""
        await self.contact.say(how_many)
        acked = len(self.contact.log.acked)
        await eventually(lambda: len(self.anna.events(self.contact.ticket)) == acked)


@pytest.fixture
async def two(own_redis: RedisServer, postgres_url: str, tmp_path: Path) -> AsyncIterator[Two]:
    env = {
        "VIPDESK_DATABASE_URL": postgres_url,
        "VIPDESK_REDIS_URL": own_redis.url,
        "VIPDESK_FRAME_RATE": "1000",
        "VIPDESK_FRAME_BURST": "1000",
    }
    with RunningDesk(tmp_path / "data", env) as desk, RunningDesk(tmp_path / "data", env, ("web",)) as other:
        who = await sign_in(other.origin, ANNA.email, ANNA.password)
        async with Client(other.origin, "agent", who, patience_s=0.5) as anna, talker(desk) as contact:
            yield Two(desk, other, postgres_url, own_redis, contact, anna)
        assert check(postgres_url, [contact.log, anna.log], settled=False) == []


async def test_a_wiped_redis_costs_no_message(two: Two) -> None:
    await two.talk(20)
    with contextlib.closing(Redis.from_url(two.redis.url)) as admin:
        talking = asyncio.create_task(two.talk(60))
        admin.flushall()
        await talking
        admin.client_kill_filter(_type="pubsub")
        await two.talk(20)


async def test_a_paused_redis_stops_nobody_and_is_said(two: Two) -> None:
    await two.talk(20)
    two.redis.process.send_signal(signal.SIGSTOP)
    try:
        await two.talk(30)
        await eventually(lambda: ready(two.desk)[1]["live"] != "ok")
        assert ready(two.desk)[0] == 200
    finally:
        two.redis.process.send_signal(signal.SIGCONT)
    await eventually(lambda: ready(two.desk)[1]["live"] == "ok" == ready(two.other)[1]["live"])
    await two.talk(20)


async def test_a_killed_redis_is_found_again_when_it_is_back(two: Two) -> None:
    await two.talk(20)
    two.redis.process.kill()
    two.redis.process.wait()
    await two.talk(30)
    await eventually(lambda: ready(two.desk)[1]["live"] != "ok")
    assert ready(two.desk)[0] == 200 and not two.contact.refused
    command = two.redis.process.args
    assert isinstance(command, list)
    two.redis.process = subprocess.Popen(
        command, env=environment(str(command[0])), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    await eventually(lambda: ready(two.desk)[1]["live"] == "ok" == ready(two.other)[1]["live"])
    await two.talk(20)


async def test_without_redis_a_press_in_one_process_rings_an_agent_of_the_other(
    own_redis: RedisServer, postgres_url: str, tmp_path: Path
) -> None:
    env = {
        "VIPDESK_DATABASE_URL": postgres_url, "VIPDESK_REDIS_URL": own_redis.url,
        "VIPDESK_CLOCK": "2026-03-04T09:00:00Z",
    }  # fmt: skip
    own_redis.process.kill()
    own_redis.process.wait()
    with RunningDesk(tmp_path / "data", env) as desk, RunningDesk(tmp_path / "data", env, ("web",)) as other:
        who = await sign_in(other.origin, ANNA.email, ANNA.password)
        visitor = await visit(desk.origin, cast.CUSTOMERS[0].key)
        async with Client(other.origin, "agent", who) as anna, Client(desk.origin, "contact", visitor) as contact:
            await anna.ask("presence", status="available", auto_answer=False)
            pressed = await contact.ask("press", text="The feed has stopped.")
            ring = await anna.until(lambda frame: frame["type"] == "ring")
            await anna.ask("accept", ring=ring["ring"])
            await contact.until(lambda frame: frame["type"] == "event" and frame["data"].get("state") == "live")
            await contact.ask("say", ticket=pressed["ticket"], body="Thank you.")
            assert ring["ticket"] == pressed["ticket"] and ring["why"]["step"] == "named"
        assert check(postgres_url, [contact.log, anna.log], settled=False) == []
