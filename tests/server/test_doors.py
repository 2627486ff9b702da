"""Every door of PROTOCOL §1, as a program without our code finds it."""

from __future__ import annotations

import gzip
import uuid
from typing import Any

import httpx2
import pytest

from server.demo.cast import CUSTOMERS
from tests.support.asking import agent, contact, nobody, vouched
from tests.support.running import RunningDesk

KEY = CUSTOMERS[0].key
PRIYA = "priya.raman@brightwater.example"


def ask(client: httpx2.Client, verb: str, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/x/contact", json={"type": verb, "rid": str(uuid.uuid4()), **fields}).json()
    return answer


def test_the_loader_is_small_and_kept_by_caches(desk: RunningDesk) -> None:
    with nobody(desk) as client:
        answer = client.get(f"/w/{KEY}.js")
        again = client.get(f"/w/{KEY}.js", headers={"If-None-Match": answer.headers["etag"]})
        assert client.get("/w/nothing.js").status_code == 404
    assert len(gzip.compress(answer.content, 9)) <= 3 * 1024
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "max-age" in answer.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")


def test_the_state_says_what_a_press_would_do(desk: RunningDesk) -> None:
    with nobody(desk) as client:
        state = client.get(f"/b/{KEY}/state", params={"lang": "en"}).json()
    assert {"label", "because", "agent", "until", "next_opening", "office_zone", "valid_for_s"} <= set(state)
    assert state["agent"] is None or {"name", "photo"} == set(state["agent"])
    assert state["office_zone"] == "Europe/Bratislava" and state["valid_for_s"] > 0


def test_a_session_of_a_contact_begins_in_each_way_and_comes_back(desk: RunningDesk) -> None:
    door = f"/b/{KEY}/session"
    with nobody(desk) as client:
        visitor = client.post(door, json={}).json()
        assert set(visitor) == {"token", "contact"}
        assert visitor["contact"] == {"id": visitor["contact"]["id"], "name": "Visitor", "verified": False}
        assert client.post(door, json={"token": visitor["token"]}).json() == visitor
        known = client.post(door, json={"jwt": vouched(desk, "priya")}).json()
        assert known["contact"] == {"id": "priya", "name": "Priya Raman", "verified": True}
        mailed = client.post(door, json={"email": PRIYA})
        assert (mailed.status_code, mailed.json()) == (202, {})
        code = client.get("/demo").text.split(" is your code")[0][-6:]
        assert code.isdigit()
        assert client.post(door, json={"email": PRIYA, "code": "x" + code}).json()["code"] == "forbidden"
        by_code = client.post(door, json={"email": PRIYA, "code": code, "token": visitor["token"]}).json()
        assert by_code["contact"] == known["contact"]
        assert client.post(door, json={"token": visitor["token"]}).status_code == 401
        assert client.post(door, json={"email": "a@elsewhere.example"}).status_code == 403
        assert client.post("/b/nothing/session", json={}).status_code == 404


def test_an_agent_signs_in_by_form_and_by_program_and_out(desk: RunningDesk) -> None:
    with nobody(desk) as client:
        right = {"email": "Anna@Larkfield.example ", "password": "demo-anna"}
        answer = client.post("/api/v1/sessions", json=right)
        assert answer.status_code == 201 and set(answer.json()) == {"csrf", "agent"}
        assert answer.json()["agent"]["id"] == "anna"
        wrong = client.post("/api/v1/sessions", json=right | {"password": "wrong"})
        assert (wrong.status_code, wrong.headers["content-type"]) == (401, "application/problem+json")
        form = client.post("/login", data=right)
        assert (form.status_code, form.headers["location"]) == (303, "/")
        again = client.post("/login", data=right | {"password": "<script>"})
        assert again.status_code == 401 and "<script>" not in again.text and "demo-anna" not in again.text
    with agent(desk, "Anna") as anna:
        assert anna.delete("/api/v1/sessions/current").status_code == 204


def test_tickets_come_in_pages_of_fifty_by_cursor(desk: RunningDesk) -> None:
    with nobody(desk) as client:
        for _ in range(50):
            client.headers["Authorization"] = f"Bearer {client.post(f'/b/{KEY}/session', json={}).json()['token']}"
            assert ask(client, "press", text="Hello", message_only=True)["type"] == "ok"
    seen: list[str] = []
    with agent(desk, "Lena") as lena:
        cursor, pages = "", 0
        while cursor is not None:
            page = lena.get("/api/v1/tickets", params={"view": "all", "cursor": cursor}).json()
            assert len(page["tickets"]) <= 50
            seen += [each["ticket"] for each in page["tickets"]]
            cursor, pages = page["next"], pages + 1
        whole = lena.get(f"/api/v1/tickets/{seen[0]}")
        assert whole.status_code == 200 and whole.json()
        assert lena.get("/api/v1/customers/brightwater").json()
    assert len(seen) == len(set(seen)) == page["counts"]["all"] > 50
    assert pages > 1


def test_a_file_is_answered_with_its_four_fields_and_linked_for_a_time(desk: RunningDesk) -> None:
    with contact(desk, KEY) as visitor:
        kept = visitor.post("/files", files={"file": ("notes.txt", b"hello", "text/plain")}).json()
        assert {"file", "name", "type", "bytes"} <= set(kept)
        assert (kept["name"], kept["type"], kept["bytes"]) == ("notes.txt", "text/plain", 5)
        ticket = ask(visitor, "press", text="Hello", message_only=True)["ticket"]
        assert ask(visitor, "say", ticket=ticket, body="see", files=[kept["file"]])["type"] == "ok"
        link = ask(visitor, "link", ticket=ticket, file=kept["file"])
        assert link["until"].endswith("Z")
        with nobody(desk) as somebody:
            answer = somebody.get(link["url"])
    assert answer.content == b"hello" and 'filename="notes.txt"' in answer.headers["content-disposition"]


@pytest.mark.parametrize("part", ["record", "live", "clock"])
def test_operators_read_how_each_part_is(desk: RunningDesk, part: str) -> None:
    with nobody(desk) as client:
        assert client.get("/live").text == "ok\n"
        answer = client.get("/ready")
        metrics = client.get("/metrics").text
    assert (answer.status_code, answer.json()[part]) == (200, "ok")
    assert f'vipdesk_ok{{part="{part}"}} 1.0' in metrics
    assert "brightwater" not in metrics and "anna" not in metrics


def test_what_nobody_asked_for_is_not_taken_from_a_visit(desk: RunningDesk) -> None:
    asked = {
        "verified": True,
        "id": "anna",
        "name": "Anna",
        "customer_id": "lumen",
        "roles": ["admin"],
        "coordinator": True,
    }
    with nobody(desk) as stranger:
        begun = stranger.post(f"/b/{CUSTOMERS[0].key}/session", json=asked).json()
    assert begun["contact"]["verified"] is False
    assert (begun["contact"]["id"], begun["contact"]["name"]) != ("anna", "Anna")
