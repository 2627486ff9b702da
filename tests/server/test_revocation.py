"""Who is shut out is out at once: open lines are closed, and the fallback ends as well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from server.demo.cast import CUSTOMERS
from tests.support.asking import vouched
from tests.support.client import Client, Closed, Credentials, HttpWay, SocketWay, Way, sign_in, visit
from tests.support.eventually import eventually
from tests.support.running import RunningDesk

KEY = CUSTOMERS[0].key


@asynccontextmanager
async def http(desk: RunningDesk, who: Credentials | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Origin": desk.origin} | (who.headers() if who is not None else {})
    async with httpx2.AsyncClient(base_url=desk.origin, headers=headers, trust_env=False, timeout=30) as client:
        yield client


async def agent_of(desk: RunningDesk, name: str) -> Credentials:
    return await sign_in(desk.origin, f"{name}@larkfield.example", f"demo-{name}")


async def administer(desk: RunningDesk, path: str, **fields: str) -> str:
    """Adam sends a form of the administration; the page that follows."""
    adam = await agent_of(desk, "adam")
    async with http(desk, adam) as client:
        answer = await client.post(path, data={"csrf": adam.csrf or "", **fields}, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.mark.parametrize("way", [SocketWay, HttpWay])
async def test_a_sign_out_closes_the_lines_of_that_session_and_of_no_other(desk: RunningDesk, way: type[Way]) -> None:
    one, other = await agent_of(desk, "petra"), await agent_of(desk, "petra")
    async with (
        Client(desk.origin, "agent", one, way=way) as here,
        Client(desk.origin, "agent", other, way=way) as there,
        http(desk, one) as client,
    ):
        assert (await client.delete("/api/v1/sessions/current")).status_code == 204
        await eventually(lambda: here.closed_with == 4401)
        await there.ask("presence", status="available")
        assert (there.closed_with, there.connections) == (None, 1)
    with pytest.raises(Closed, match="4401"):
        async with Client(desk.origin, "agent", one):
            pass


async def test_a_new_sign_in_in_the_same_browser_closes_the_lines_of_the_one_before(desk: RunningDesk) -> None:
    before = await agent_of(desk, "paul")
    async with Client(desk.origin, "agent", before) as line, http(desk) as client:
        form = {"email": "lena@larkfield.example", "password": "demo-lena"}
        answer = await client.post("/login", data=form, headers={"Cookie": before.cookie or ""})
        assert answer.status_code == 303
        await eventually(lambda: line.closed_with == 4401)


async def test_a_new_password_by_a_link_closes_every_line_and_the_link_is_used_up(desk: RunningDesk) -> None:
    before = await agent_of(desk, "ben")
    page = await administer(desk, "/admin/agents/ben/link")
    link = "/welcome/" + page.split("/welcome/")[1].split("<")[0].split('"')[0].strip()
    async with Client(desk.origin, "agent", before) as line, http(desk) as client:
        answers = await asyncio.gather(
            *(client.post(link, data={"password": f"another one {number}"}) for number in range(2))
        )
        assert sorted(answer.status_code for answer in answers) == [303, 410]
        await eventually(lambda: line.closed_with == 4401)
        assert (await client.get(link)).status_code == 410


async def test_who_leaves_is_out_at_once(desk: RunningDesk) -> None:
    before = await agent_of(desk, "clara")
    async with Client(desk.origin, "agent", before) as line, http(desk, before) as client:
        await administer(desk, "/admin/agents/clara/leave", successor="")
        await eventually(lambda: line.closed_with == 4401)
        assert (await client.get("/api/v1/tickets")).status_code == 401
        form = {"email": "clara@larkfield.example", "password": "demo-clara"}
        assert (await client.post("/api/v1/sessions", json=form)).status_code == 401


async def test_a_visitor_who_becomes_known_keeps_the_ticket_and_loses_the_former_token(desk: RunningDesk) -> None:
    visitor = await visit(desk.origin, KEY)
    async with Client(desk.origin, "contact", visitor) as line:
        ticket = (await line.ask("press", text="Hello", message_only=True))["ticket"]
        known = await visit(desk.origin, KEY, token=visitor.token or "", jwt=vouched(desk, "mei"))
        await eventually(lambda: line.closed_with == 4410)
    async with Client(desk.origin, "contact", known) as mei:
        assert ticket in [each["ticket"] for each in mei.ready["tickets"]]
    with pytest.raises(Closed, match="4401"):
        async with Client(desk.origin, "contact", visitor):
            pass


async def test_an_admin_who_signs_everybody_out_closes_all_lines_but_their_own(desk: RunningDesk) -> None:
    paul, adam = await agent_of(desk, "paul"), await agent_of(desk, "adam")
    async with Client(desk.origin, "agent", paul) as line, http(desk, adam) as client:
        answer = await client.post("/admin/sessions/end-all", data={"csrf": adam.csrf or ""})
        assert answer.status_code == 303
        await eventually(lambda: line.closed_with == 4401)
        assert (await client.get("/admin/sessions")).status_code == 200
