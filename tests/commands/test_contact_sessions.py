"""A contact is signed out in every browser, by a command or by the page; their open line ends, their token is void."""

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
                page = (await http.get("/admin/contacts/priya")).text
                assert re.search(r"<p>1 browser, used last [^<]+</p>", page)
                csrf = page.split('name="csrf" value="')[1].split('"')[0]
                done = await http.post("/admin/contacts/priya/sessions/end", data={"csrf": csrf})
                assert done.status_code == 303
            assert "In no browser." in (await http.get("/admin/contacts/priya")).text
        assert (await asyncio.to_thread(place.told, "audit", "verify"))["ok"]
