"""What was said, by whom and with which key: in no log, and of keys only hashes in the record."""

from __future__ import annotations

import asyncio
import re
import uuid
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from server.demo.cast import CUSTOMERS
from tests.support.asking import agent, contact, nobody, raw, vouched
from tests.support.client import Client, Credentials
from tests.support.running import RunningDesk

KEY = CUSTOMERS[0].key
CANARY = "canary-of-the-mine"
OWEN = "owen.hughes@brightwater.example"


def ask(client: httpx2.Client, audience: str, verb: str, **fields: object) -> dict[str, object]:
    asked = {"type": verb, "rid": str(uuid.uuid4()), **fields}
    answer: dict[str, object] = client.post(f"/x/{audience}", json=asked).json()
    assert answer["type"] == "ok", answer
    return answer


def test_no_log_and_no_table_holds_what_lets_people_in(tmp_path: Path) -> None:
    with RunningDesk(tmp_path / "data", {"VIPDESK_LOG_LEVEL": "debug"}) as desk:
        keys = live_through_a_day(desk)
        files = sorted((tmp_path / "data").glob("vipdesk.db*"))
        record = b"".join(file.read_bytes() for file in files)
    # What a demo prints for its user, a login of its own mail server among it, is no log.
    log = "".join(line for line in desk.log.open() if "for any mail program:" not in line)
    said = {CANARY, OWEN, "priya.raman@brightwater.example", "anna@larkfield.example", "Priya Raman"}
    assert len(log) > 100
    assert [each for each in keys | said if each in log] == []
    assert len(keys) > 8 and len(record) > 100_000
    assert [key for key in keys if key.encode() in record] == []
    assert CANARY.encode() in record, "or nothing was looked at"


def live_through_a_day(desk: RunningDesk) -> set[str]:
    """Everything that carries a key or a text; the keys."""
    word = vouched(desk, "priya")
    keys = {word, "demo-anna", f"{CANARY} password", f"{CANARY} wrong"}
    with nobody(desk) as stranger:
        for email, password in (("anna@larkfield.example", f"{CANARY} wrong"), (OWEN, f"{CANARY} wrong")):
            stranger.post("/api/v1/sessions", json={"email": email, "password": password})
            stranger.post("/login", data={"email": email, "password": password})
        stranger.post(f"/b/{KEY}/session", json={"email": OWEN})
        stranger.post(f"/b/{KEY}/session", json={"email": OWEN, "code": "000000"})
        stranger.post(f"/b/{KEY}/session", json={"jwt": word + "x"})
        stranger.get(f"/api/v1/tickets?q={CANARY}")
    raw(desk, "GET", f"/welcome/{CANARY}%ff", Cookie=f"vipdesk={CANARY}")
    with agent(desk, "Adam") as adam:
        page = adam.post("/admin/agents/ben/link", data={"csrf": adam.headers["X-CSRF"]}).text
        found = re.search(r"/welcome/([\w-]{20,})", page)
        assert found is not None
    with nobody(desk) as ben:
        ben.get(f"/welcome/{found[1]}")
        answer = ben.post(f"/welcome/{found[1]}", data={"password": f"{CANARY} password"})
        assert answer.status_code == 303
        keys |= {found[1], *ben.cookies.values()}
    with contact(desk, KEY, jwt=word) as priya, agent(desk, "Anna") as anna:
        token = priya.headers["Authorization"].removeprefix("Bearer ")
        keys |= {token, *anna.cookies.values()}
        ticket = ask(priya, "contact", "press", text=f"{CANARY} pressed", message_only=True)["ticket"]
        kept = priya.post("/files", files={"file": (f"{CANARY}.txt", CANARY.encode())}).json()["file"]
        ask(priya, "contact", "say", ticket=ticket, body=f"{CANARY} said", files=[kept])
        url = str(ask(priya, "contact", "link", ticket=ticket, file=kept)["url"])
        keys.add(url.split("sig=")[1])
        assert priya.get(url).status_code == 200
        ask(anna, "agent", "say", ticket=ticket, body=f"{CANARY} noted", visibility="internal")
        ask(anna, "agent", "set_severity", ticket=ticket, severity=2, mode="situation", reason=CANARY)
        priya.post("/x/contact", json={"type": "say", "ticket": CANARY, "body": CANARY, "rid": CANARY})
    asyncio.run(over_the_socket(desk, token, str(ticket)))
    return keys


async def over_the_socket(desk: RunningDesk, token: str, ticket: str) -> None:
    address = f"{desk.origin.replace('http', 'ws', 1)}/ws/contact?token={token}"
    async with connect(address, origin=Origin(desk.origin), proxy=None) as socket:
        await socket.send('{"type":"hello","resume":{}}')
        with pytest.raises(ConnectionClosed, match="4401"):  # a token in an address is none
            await socket.recv()
    async with Client(desk.origin, "contact", Credentials(token=token)) as client:
        await client.ask("say", ticket=ticket, body=f"{CANARY} over the socket")
        await client.whisper({"type": CANARY, "body": CANARY})
        await client.until(lambda frame: frame["type"] == "error")
