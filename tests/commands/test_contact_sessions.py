"""A contact is signed out in one browser or in all, by a command or by the page; that line ends, that token is void."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from server.demo.cast import CUSTOMERS
from server.demo.ways import Credentials
from tests.support.asking import contact, vouched
from tests.support.client import Client, sign_in
from tests.support.copying import Place
from tests.support.running import RunningDesk

KEY = CUSTOMERS[0].key
GONE = 4410


@asynccontextmanager
async def priya(desk: RunningDesk) -> AsyncIterator[Client]:
    """On the line, vouched for by her portal."""
    with contact(desk, KEY, jwt=vouched(desk, "priya")) as http:
        token = http.headers["Authorization"].removeprefix("Bearer ")
    async with Client(desk.origin, "contact", Credentials(token=token)) as client:
        yield client
        with pytest.raises(Exception, match=str(GONE)):
            await client.until(lambda frame: False)
        assert client.closed_with == GONE


async def listed(http: httpx2.AsyncClient) -> tuple[str, list[str]]:
    """The form's token and the sessions on her page."""
    page = (await http.get("/admin/contacts/priya")).text
    return page.split('name="csrf" value="')[1].split('"')[0], re.findall(r'name="session" value="(\w+)"', page)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_contact_is_signed_out_by_command_or_page_and_the_line_ends(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = "" if database == "sqlite" else request.getfixturevalue("postgres_url")
    with RunningDesk(tmp_path / "data", {"VIPDESK_DATABASE_URL": url}) as desk:
        place = Place(desk.folder, url)
        who = ("Priya Raman", "--customer", "Brightwater Hotels")
        async with priya(desk):
            assert (await asyncio.to_thread(place.told, "contact", "sign-out", *who))["ended"] >= 1
        assert (await asyncio.to_thread(place.told, "contact", "sign-out", *who))["ended"] == 0
        adam = await sign_in(desk.origin, "adam@larkfield.example", "demo-adam")
        headers = {"Origin": desk.origin} | adam.headers()
        async with httpx2.AsyncClient(base_url=desk.origin, headers=headers, trust_env=False) as http:
            async with priya(desk):
                csrf, [only] = await listed(http)
                done = await http.post("/admin/contacts/priya/sessions/end-all", data={"csrf": csrf})
                assert done.status_code == 303 and len(only) == 64
            assert "In no browser." in (await http.get("/admin/contacts/priya")).text
        assert (await asyncio.to_thread(place.told, "audit", "verify"))["ok"]


@asynccontextmanager
async def with_browser(desk: RunningDesk, name: str) -> AsyncIterator[Client]:
    """Priya's line, in a browser that calls itself so."""
    async with httpx2.AsyncClient(base_url=desk.origin, headers={"Origin": desk.origin}, trust_env=False) as http:
        answer = await http.post(
            f"/b/{KEY}/session", json={"jwt": vouched(desk, "priya")}, headers={"User-Agent": name}
        )
    async with Client(desk.origin, "contact", Credentials(token=answer.json()["token"])) as client:
        yield client


async def test_one_browser_is_signed_out_and_the_other_stays(tmp_path: Path) -> None:
    who = ("Priya Raman", "--customer", "Brightwater Hotels")
    with RunningDesk(tmp_path / "data") as desk:
        place = Place(desk.folder)
        await asyncio.to_thread(place.told, "contact", "sign-out", *who)
        adam = await sign_in(desk.origin, "adam@larkfield.example", "demo-adam")
        headers = {"Origin": desk.origin} | adam.headers()
        async with (
            httpx2.AsyncClient(base_url=desk.origin, headers=headers, trust_env=False) as http,
            with_browser(desk, "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0") as left,
            with_browser(desk, "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1") as kept,
            with_browser(desk, "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0") as ended,
        ):
            page = (await http.get("/admin/contacts/priya")).text
            assert [name for name in ("Firefox, Windows", "Safari, iPhone", "Chrome, Linux") if name not in page] == []
            sessions = await asyncio.to_thread(place.told, "contact", "sessions", *who)
            ids = {each["device"].rpartition(" ")[2]: each["id"] for each in sessions}
            assert {each["button"] for each in sessions} == {"Brightwater Hotels's portal"}
            csrf, _ids = await listed(http)
            form = {"csrf": csrf, "session": ids["Firefox/140.0"]}
            assert (await http.post("/admin/contacts/priya/sessions/end", data=form)).status_code == 303
            assert (await http.post("/admin/contacts/priya/sessions/end", data=form)).status_code == 409
            assert (await http.post("/admin/contacts/owen/sessions/end", data=form)).status_code == 409
            ended_id = ids["Chrome/140.0"][:12]
            assert (await asyncio.to_thread(place.told, "contact", "sign-out", "--session", ended_id, *who))[
                "ended"
            ] == 1
            for gone in (left, ended):
                with pytest.raises(Exception, match=str(GONE)):
                    await gone.until(lambda frame: False)
            assert (await listed(http))[1] == [ids["Safari/604.1"]]
            await kept.ask("press", text="Still here", message_only=True)
            assert kept.closed_with is None
