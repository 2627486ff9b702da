"""The same frames over HTTP: a stream of events and single requests."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from live.base import Published
from tests.sockets.conftest import Frame, House
from tests.support.eventually import eventually


class Stream:
    """One event stream and the door for requests beside it."""

    def __init__(self, http: httpx2.AsyncClient, lines: AsyncIterator[str], audience: str) -> None:
        self.http = http
        self.lines = lines
        self.audience = audience
        self.got: list[Frame] = []

    async def until(self, type: str) -> Frame:
        async with asyncio.timeout(20):
            async for line in self.lines:
                if line.startswith("data:"):
                    frame: Frame = json.loads(line[5:])
                    self.got.append(frame)
                    if frame.get("type") == type or (type == "close" and "code" in frame and "type" not in frame):
                        return frame
        raise AssertionError(f"the stream ended before {type}")

    async def ask(self, type: str, **fields: Any) -> httpx2.Response:
        return await self.http.post(f"/x/{self.audience}", json={"type": type, "rid": str(uuid.uuid4()), **fields})


HEADERS = {
    "contact": {"Authorization": "Bearer token-vera"},
    "agent": {"Cookie": "session=session-anna", "X-CSRF": "csrf"},
}


@asynccontextmanager
async def opened(house: House, audience: str = "contact", **hello: Any) -> AsyncIterator[Stream]:
    headers = {"Origin": house.url} | HEADERS[audience]
    async with (
        httpx2.AsyncClient(base_url=house.url, headers=headers, timeout=20) as http,
        http.stream("POST", f"/x/{audience}/stream", json={"type": "hello", "resume": {}} | hello) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(http, answer.aiter_lines(), audience)


async def test_the_stream_opens_with_ready_and_brings_events(house: House) -> None:
    house.desk.ticket("T", "vera")
    async with opened(house) as stream:
        assert (await stream.until("ready"))["you"]["id"] == "vera"
        answer = await stream.ask("say", ticket="T", body="over http")
        assert answer.status_code == 200
        assert answer.json()["type"] == "ok"
        event = await stream.until("event")
        assert event["data"]["body"] == "over http"
        await stream.until("heartbeat")


async def test_the_stream_resumes(house: House) -> None:
    house.desk.ticket("T", "vera")
    for _ in range(120):
        house.desk.write("T")
    async with opened(house, resume={"T": 10}, epoch="epoch-1") as stream:
        await stream.until("resumed")
        assert [frame["seq"] for frame in stream.got if frame["type"] == "event"] == list(range(11, 121))


async def test_a_press_by_request_is_followed_by_the_stream_from_its_first_event(house: House) -> None:
    async with opened(house) as stream:
        await stream.until("ready")
        await stream.ask("press")
        await stream.until("inbox")
        assert [frame["seq"] for frame in stream.got if frame["type"] == "event"] == [1, 2]


async def test_a_view_by_request_is_followed_by_the_stream(house: House) -> None:
    house.desk.ticket("T")
    async with opened(house, "agent") as stream:
        await stream.until("ready")
        assert (await stream.ask("view", ticket="T", on=True)).json()["seq"] == 0
        await eventually(lambda: any("T" in line.following.streams for line in house.sockets.connections))
        house.desk.say("T")
        assert (await stream.until("event"))["seq"] == 1
        await stream.ask("view", ticket="T", on=False)
        await eventually(lambda: not any("T" in line.following.streams for line in house.sockets.connections))


async def test_errors_of_requests_are_frames(house: House) -> None:
    async with opened(house) as stream:
        refused = (await stream.ask("say", ticket="unknown", body="x")).json()
        assert (refused["type"], refused["code"]) == ("error", "not_found")
        assert (await stream.ask("nonsense")).json()["code"] == "bad_request"
        assert (await stream.http.post("/x/contact", content="no json")).json()["code"] == "bad_request"
        assert (await stream.ask("resume", resume={})).json()["code"] == "bad_request"


async def test_typing_and_pong_have_no_answer(house: House) -> None:
    house.desk.ticket("T", "vera")
    async with opened(house) as stream:
        for frame in ({"type": "pong"}, {"type": "typing", "ticket": "T", "on": True}):
            answer = await stream.http.post("/x/contact", json=frame)
            assert (answer.status_code, answer.content) == (204, b"")


async def test_a_request_keeps_the_persons_stream_alive(house: House) -> None:
    async with opened(house) as stream:
        await stream.until("ready")
        for _ in range(4):
            house.clock.offset += 10
            await stream.http.post("/x/contact", json={"type": "pong"})
            await stream.until("heartbeat")
        house.clock.offset += 16
        await eventually(lambda: not house.sockets.connections)


@pytest.mark.parametrize("code", [4401, 4403, 4410])
async def test_the_stream_tells_its_close_code(house: House, code: int) -> None:
    async with opened(house) as stream:
        await stream.until("ready")
        house.desk.revoked.add("vera")
        house.live.publish([Published(("contact:vera",), str(code).encode(), kind="revoked")])
        assert (await stream.until("close"))["code"] == code


@pytest.mark.parametrize(
    ("path", "audience", "change", "status"),
    [
        ("/x/contact/stream", "contact", {"Origin": "https://elsewhere.example"}, 403),
        ("/x/contact", "contact", {"Origin": "https://elsewhere.example"}, 403),
        ("/x/contact/stream", "contact", {"Authorization": "Bearer wrong"}, 401),
        ("/x/contact", "contact", {"Authorization": "wrong"}, 401),
        ("/x/agent/stream", "agent", {"X-CSRF": "wrong"}, 401),
        ("/x/agent", "agent", {"X-CSRF": "wrong"}, 401),
        ("/x/agent", "agent", {"Cookie": ""}, 401),
        ("/x/agent", "agent", {"Origin": "null"}, 403),
    ],
)
async def test_strangers_are_refused(
    house: House, path: str, audience: str, change: dict[str, str], status: int
) -> None:
    headers = {"Origin": house.url} | HEADERS[audience] | change
    async with httpx2.AsyncClient(base_url=house.url, headers=headers) as http:
        answer = await http.post(path, json={"type": "hello", "resume": {}})
        assert answer.status_code == status


async def test_an_agents_request_without_an_origin_is_refused(house: House) -> None:
    async with httpx2.AsyncClient(base_url=house.url, headers=HEADERS["agent"]) as http:
        assert (await http.post("/x/agent", json={"type": "pong"})).status_code == 403


async def test_a_bad_opening_is_400_and_a_large_body_413(house: House) -> None:
    async with httpx2.AsyncClient(base_url=house.url, headers=HEADERS["contact"]) as http:
        assert (await http.post("/x/contact/stream", content="[]")).status_code == 400
        large = "x" * (64 * 1024 + 1)
        assert (await http.post("/x/contact/stream", content=large)).status_code == 413
        answer = await http.post("/x/contact", content=large)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_too_many_requests_slow_down_across_requests(house: House) -> None:
    async with httpx2.AsyncClient(base_url=house.url, headers=HEADERS["contact"]) as http:
        requests = [{"type": "say", "rid": str(uuid.uuid4()), "ticket": "U", "body": "x"} for number in range(100)]
        answers = await asyncio.gather(*(http.post("/x/contact", json=request) for request in requests))
        codes = [answer.json()["code"] for answer in answers if answer.status_code == 200]
        assert codes.count("not_found") >= 40
        assert "slow_down" in codes


async def test_a_stream_that_nobody_reads_any_more_is_taken_away(house: House) -> None:
    async with opened(house) as stream:
        await stream.until("ready")
    await eventually(lambda: not house.sockets.connections)
    assert house.desk.gone == []


async def test_a_drain_tells_streams_to_move(house: House) -> None:
    async with opened(house) as stream:
        await stream.until("ready")
        house.stop.set()
        assert (await stream.until("moving"))["retry_ms"] >= 0
        assert (await stream.until("close"))["code"] == 1012
