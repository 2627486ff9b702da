"""One desk in many processes, started from the Procfile's own lines: renewed, killed and mixed under load."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from server.demo import cast, seed
from server.opening import opened
from server.settings import load
from store import meta
from tests.support import renewal
from tests.support.checker import check
from tests.support.client import Client, sign_in, visit
from tests.support.eventually import eventually
from tests.support.fleet import Fleet, fleet

CLIENTS, SAYS = 20, 15


@pytest.fixture
async def desk(postgres_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """A seeded record, and two processes of each kind but the mailbox."""
    env = {
        "VIPDESK_DATA": str(tmp_path / "data"),
        "VIPDESK_DATABASE_URL": postgres_url,
        "VIPDESK_REDIS_URL": redis_url,
        "VIPDESK_REDIS_PREFIX": f"{tmp_path.name}:",
        "VIPDESK_CLOCK": "2026-03-04T09:00:00Z",
        "VIPDESK_LINES_PER_ADDRESS": "0",
    }
    async with opened(load(env)) as base:
        await seed.begin(base)
    async with fleet(env, tmp_path / "log") as started:
        await renewal.start(started)
        yield started


async def crowd(desk: Fleet, stack: AsyncExitStack) -> list[renewal.Talker]:
    """Visitors, each on a ticket of their own that nobody is rung for."""
    found = []
    for _ in range(CLIENTS):
        who = await visit(desk.origin, cast.CUSTOMERS[0].key)
        client = await stack.enter_async_context(Client(desk.origin, "contact", who, patience_s=0.5))
        found.append((client, (await client.ask("press", text="Hello", message_only=True))["ticket"]))
    return found


async def test_every_web_is_replaced_under_load_without_a_failed_send(desk: Fleet, postgres_url: str) -> None:
    async with AsyncExitStack() as stack:
        people = await crowd(desk, stack)
        async with renewal.talking(people, least=SAYS):
            await renewal.renew(desk)
        assert all(client.connections > 1 for client, _ in people)
        assert await renewal.settle(people, postgres_url) == []


async def test_a_killed_clock_is_replaced_by_the_other_and_nothing_is_done_twice(
    desk: Fleet, postgres_url: str
) -> None:
    anna = cast.AGENTS[0]
    async with AsyncExitStack() as stack:
        who = await sign_in(desk.origin, anna.email, f"demo-{anna.id}")
        agent = await stack.enter_async_context(Client(desk.origin, "agent", who, patience_s=0.5))
        await agent.ask("presence", status="available", auto_answer=False)
        visitor = await visit(desk.origin, cast.CUSTOMERS[0].key)
        contact = await stack.enter_async_context(Client(desk.origin, "contact", visitor, patience_s=0.5))
        clocks = [each for each in desk.processes if not each.port][:2]
        await contact.ask("press", text="The feed has stopped.")
        ring = await agent.until(lambda frame: frame["type"] == "ring")
        clocks[0].kill()
        async with opened(load(desk.env)) as base:
            offset = await base.record.read(meta.clock_offset) + timedelta(minutes=1)
            await base.record.write(lambda connection: meta.set_clock_offset(connection, offset), name="move_clock")
        await eventually(lambda: _endings(postgres_url, ring["ring"]) == 1)
        assert await asyncio.to_thread(check, postgres_url, [contact.log, agent.log], settled=False) == []


def _endings(url: str, ring: str) -> int:
    with psycopg.connect(url) as connection:
        [(ended,)] = connection.execute("SELECT count(*) FROM ring WHERE id = %s AND ended_at IS NOT NULL", (ring,))
    return int(ended)


async def test_the_old_program_and_the_next_serve_one_desk_side_by_side(
    desk: Fleet, postgres_url: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        people = await crowd(desk, stack)
        async with renewal.talking(people, least=SAYS):
            await renewal.mix(desk, renewal.next_program(tmp_path / "newer"))
        assert await renewal.settle(people, postgres_url) == []
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT max(number) FROM migration").fetchone() == (2,)
