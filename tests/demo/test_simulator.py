"""The simulated customer comes over the wire: she presses, reads, types and answers as any browser would."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from server.demo.simulator import ANSWERS_MOST, OPENINGS, THANKS, WHO, Simulator, Surroundings
from tests.support.checker import check
from tests.support.client import Client, sign_in
from tests.support.eventually import eventually, hurried
from tests.support.running import RunningDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    with RunningDesk(tmp_path / "data", {"VIPDESK_CLOCK": "2026-03-04T10:00:00Z"}) as running:
        yield running


@contextlib.asynccontextmanager
async def ben(desk: RunningDesk) -> AsyncIterator[Client]:
    """Her named agent, who answers automatically."""
    who = await sign_in(desk.origin, "ben@larkfield.example", "demo-ben")
    async with Client(desk.origin, "agent", who, patience_s=0.2) as line:
        await line.ask("presence", status="available", auto_answer=True)
        yield line


@contextlib.asynccontextmanager
async def sofia(desk: RunningDesk) -> AsyncIterator[asyncio.Event]:
    """She is here, in a hurry, and wants something whenever somebody is there; time passes while the event is set."""
    passes = asyncio.Event()
    passes.set()

    async def vouch() -> str:
        async with httpx2.AsyncClient(trust_env=False) as http:
            return (await http.get(f"{desk.portal}/portal/token", params={"as": WHO})).raise_for_status().text

    async def yes() -> bool:
        return True

    async def sleep(seconds: float) -> None:
        await hurried(seconds)
        await passes.wait()

    task = asyncio.create_task(Simulator(desk.origin, Surroundings(vouch, yes, yes, sleep), looks=10_000).run())
    try:
        yield passes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def said_by_her(line: Client, ticket: str) -> list[str]:
    return [
        event["data"]["body"]
        for event in line.events(ticket)
        if event["kind"] == "message" and event["by"]["role"] == "contact"
    ]


async def visited(line: Client, before: str = "") -> tuple[str, str]:
    """The ticket of a chat of hers that goes on now, and the rid of what she opened it with, another than before."""
    opening = await line.until(
        lambda frame: (
            frame.get("kind") == "message" and frame["data"]["body"] in OPENINGS and frame["data"]["rid"] != before
        )
    )
    ticket = str(opening["ticket"])
    await line.until(
        lambda frame: frame.get("kind") == "chat" and frame["ticket"] == ticket and frame["data"]["state"] == "live"
    )
    return ticket, opening["data"]["rid"]


async def hears_her(line: Client, ticket: str, how_many: int) -> None:
    await eventually(lambda: len(said_by_her(line, ticket)) >= how_many)


async def reply(line: Client, ticket: str, body: str) -> None:
    await line.ask("say", ticket=ticket, body=body, anyway=True, base_seq=line.cursors[ticket].last)


async def test_she_presses_reads_types_answers_and_thanks(desk: RunningDesk) -> None:
    async with ben(desk) as line, sofia(desk):
        ticket, _ = await visited(line)
        for number in range(ANSWERS_MOST):
            await reply(line, ticket, f"answer {number}")
            await hears_her(line, ticket, number + 2)
        await line.until(
            lambda frame: (
                frame.get("kind") == "chat" and frame["ticket"] == ticket and frame["data"]["state"] == "ended"
            )
        )
        first, *_, last = said_by_her(line, ticket)[: ANSWERS_MOST + 1]
        assert first in OPENINGS and last == THANKS
        assert any(frame["type"] == "typing" and frame["ticket"] == ticket for frame in line.frames)
        assert any(event["kind"] == "read" and event["data"]["by_side"] == "contact" for event in line.events(ticket))


async def test_a_desk_that_is_killed_and_comes_back_loses_nothing_she_said(desk: RunningDesk) -> None:
    async with ben(desk) as line, sofia(desk) as time:
        ticket, _ = await visited(line)
        await reply(line, ticket, "before")
        await hears_her(line, ticket, 2)
        time.clear()
        await asyncio.to_thread(desk.kill)
        await asyncio.to_thread(desk.start)
        await line.until_ready()
        time.set()
        await reply(line, ticket, "after")
        await hears_her(line, ticket, 3)
        await reply(line, ticket, "good-bye")
        await eventually(lambda: said_by_her(line, ticket)[ANSWERS_MOST:][:1] == [THANKS])
        log = line.log
    assert check(f"sqlite:///{desk.folder}/vipdesk.db", [log], settled=False) == []


async def test_a_demo_that_starts_over_is_visited_again(desk: RunningDesk) -> None:
    async with ben(desk) as line, sofia(desk):
        (_, rid), epoch = await visited(line), line.epoch
        await press(desk, "reset")
        await eventually(lambda: line.epoch != epoch)
        await line.ask("presence", status="available", auto_answer=True)
        await visited(line, before=rid)


async def test_the_switch_on_the_demo_page_lets_her_in(desk: RunningDesk) -> None:
    async with ben(desk) as line:
        await press(desk, "simulator", on="yes")
        await visited(line)


async def press(desk: RunningDesk, what: str, **fields: str) -> None:
    """A form on the demo's page."""
    async with httpx2.AsyncClient(base_url=desk.origin, trust_env=False) as http:
        token = re.search(r'name="csrf" value="([^"]+)"', (await http.get("/demo")).text)
        assert token is not None
        answer = await http.post(f"/demo/{what}", data={"csrf": token[1], **fields})
        assert answer.status_code == 303, answer.text
