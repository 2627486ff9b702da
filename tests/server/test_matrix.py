"""Every address of the desk x every kind of person x an object that is not theirs; every verb x a foreign ticket.

A new route needs a row here, or a place under /admin, whose one rule is tested for all of its routes.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from starlette.routing import Route, WebSocketRoute

from desk.requests import AgentRequest, ContactRequest
from server import wiring
from server.demo.cast import CUSTOMERS
from server.metrics import Metrics
from server.opening import opened
from server.routes import routes
from server.settings import Settings
from tests.support.asking import agent, contact, nobody, vouched
from tests.support.running import RunningDesk

KEY, OTHER_KEY = CUSTOMERS[0].key, CUSTOMERS[2].key
PEOPLE = "nobody visitor mei priya petra clara adam anna lena"
"""A visitor of another customer; a colleague; whose ticket it is; pool, technical and admin, who have no business with
it; the named agent; the lead."""

OPEN = dict.fromkeys(PEOPLE.split(), 200)
SIGNED = OPEN | dict.fromkeys(("nobody", "visitor", "mei", "priya"), 401)
CONCERNED = SIGNED | dict.fromkeys(("petra", "clara", "adam"), 404)
NOT_THEIRS = SIGNED | dict.fromkeys(("petra", "clara", "adam", "anna", "lena"), 404)
ABSENT = dict.fromkeys(PEOPLE.split(), 404)
REFUSED = dict.fromkeys(PEOPLE.split(), 400)
PAGE = OPEN | dict.fromkeys(("petra", "clara", "adam", "anna", "lena"), 303)
CONSOLE = dict.fromkeys(PEOPLE.split(), 303) | dict.fromkeys(("petra", "clara", "anna", "lena"), 200)
AGENTS = ("petra", "clara", "adam", "anna", "lena")
OWN = dict.fromkeys(PEOPLE.split(), 303) | dict.fromkeys(AGENTS, 403)
"""Of the agent who asks; their forms must carry the session's token."""
MARKED = dict.fromkeys(PEOPLE.split(), 403)
ROWS: dict[str, dict[str, int]] = {
    "GET /live": OPEN,
    "GET /ready": OPEN,
    "GET /metrics": OPEN,
    "GET /w/{key}.js": OPEN,
    "GET /b/{key}/state": OPEN,
    "GET /b/{key}": OPEN,
    "POST /b/{key}/session": REFUSED,
    "WS /ws/contact": ABSENT,
    "WS /ws/agent": ABSENT,
    "POST /x/contact/stream": REFUSED,
    "POST /x/contact": {each: 200 if each in ("visitor", "mei", "priya") else 401 for each in OPEN},
    "POST /x/agent/stream": REFUSED,
    "POST /x/agent": SIGNED,
    "POST /files": REFUSED | {"nobody": 401},
    "GET /f/{id}": ABSENT,
    "GET /p/{id}": ABSENT,
    "GET /a/{id}/photo": OPEN,
    "GET /static/{tag}/{path:path}": ABSENT,
    "POST /api/v1/sessions": REFUSED,
    "GET /api/v1/sessions/current": SIGNED,
    "DELETE /api/v1/sessions/current": {each: 401 if status == 401 else 204 for each, status in SIGNED.items()},
    "GET /api/v1/tickets": SIGNED,
    "GET /api/v1/tickets/{id}": CONCERNED,
    "GET /api/v1/customers/{id}": SIGNED | dict.fromkeys(("clara", "adam", "anna"), 404),
    "GET /api/v1/people": SIGNED,
    "GET /api/v1/mails/{id}": NOT_THEIRS,
    "GET /m/{id}": NOT_THEIRS,
    "GET /m/{id}/original": NOT_THEIRS,
    "GET /m/{id}/remote/{number:int}": ABSENT,
    "GET /login": PAGE,
    "POST /login": dict.fromkeys(PEOPLE.split(), 401),
    "POST /logout": dict.fromkeys(PEOPLE.split(), 303) | dict.fromkeys(("petra", "clara", "adam", "anna", "lena"), 403),
    "GET /welcome/{token}": dict.fromkeys(PEOPLE.split(), 410),
    "POST /welcome/{token}": dict.fromkeys(PEOPLE.split(), 410),
    "GET /account": OWN | dict.fromkeys(AGENTS, 200),
    "POST /account/password": OWN,
    "POST /account/language": OWN,
    "POST /account/signature": OWN,
    "GET /account/second-step": OWN | dict.fromkeys(AGENTS, 200),
    "POST /account/second-step": OWN,
    "POST /account/sessions/end": OWN,
    "POST /account/sessions/end-others": OWN,
    "GET /portal/identity.js": ABSENT,
    "GET /portal/token": ABSENT,
    "GET /demo": OPEN,
    "POST /demo/as": MARKED,
    "POST /demo/clock": MARKED,
    "POST /demo/simulator": MARKED,
    "POST /demo/reset": MARKED,
    "GET /demo/mail": ABSENT,
    "POST /demo/mail": MARKED,
    "GET /": CONSOLE,
    "GET /console": CONSOLE,
}
LAST = ["POST /logout", "DELETE /api/v1/sessions/current"]
"""What signs people out is asked last."""


def every_route(folder: Path) -> list[str]:
    """`METHOD /path` of everything that a demo serves."""

    async def listed() -> list[str]:
        async with opened(Settings(data=folder)) as base:
            parts = replace(await wiring.parts_of(base, metrics := Metrics()), is_demo=True)
            found = []
            for route in routes(parts, metrics):
                if isinstance(route, WebSocketRoute):
                    found.append(f"WS {route.path}")
                else:
                    assert isinstance(route, Route) and route.methods
                    found += [f"{method} {route.path}" for method in sorted(route.methods - {"HEAD"})]
            return found

    return list(dict.fromkeys(asyncio.run(listed())))


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return every_route(tmp_path_factory.mktemp("routes"))


@pytest.fixture(scope="module")
def people(desk: RunningDesk) -> Iterator[dict[str, httpx2.Client]]:
    with ExitStack() as stack:
        found = {"nobody": nobody(desk), "visitor": contact(desk, OTHER_KEY)}
        found |= {name: contact(desk, KEY, jwt=vouched(desk, name)) for name in ("mei", "priya")}
        found |= {name: agent(desk, name) for name in ("petra", "clara", "adam", "anna", "lena")}
        yield {name: stack.enter_context(each) for name, each in found.items()}


@pytest.fixture(scope="module")
def ticket(people: dict[str, httpx2.Client]) -> str:
    """Priya's own, for Anna."""
    asked = {"type": "press", "rid": str(uuid.uuid4()), "text": "For Anna alone", "message_only": True}
    return str(people["priya"].post("/x/contact", json=asked).json()["ticket"])


def filled(path: str, ticket: str) -> str:
    """With Priya's ticket, the customer that is the pool's alone, and what anybody sees, in their places."""
    own = {
        "/api/v1/tickets/{id}": ticket, "/api/v1/customers/{id}": "lumen", "/a/{id}/photo": "anna",
    }.get(path, "x")  # fmt: skip
    return re.sub(r"{key}", KEY, re.sub(r"{(?!key)[^}]*}", own, path.replace("{number:int}", "0")))


def test_every_route_has_its_row(listed: list[str]) -> None:
    assert {each for each in listed if "/admin" not in each} == set(ROWS)


@pytest.mark.parametrize("row", sorted(ROWS, key=lambda row: LAST.index(row) if row in LAST else -1))
def test_each_person_gets_what_is_theirs(people: dict[str, httpx2.Client], ticket: str, row: str) -> None:
    method, path = row.split(" ", 1)
    given: dict[str, int] = {}
    for name, client in people.items():
        sends: dict[str, Any] = {"content": b"no request"} if method == "POST" else {}
        if row == "POST /login":
            sends = {"data": {"email": f"{name}@nowhere.example"}}
        given[name] = client.request("GET" if method == "WS" else method, filled(path, ticket), **sends).status_code
    assert given == ROWS[row]


def test_under_admin_only_admins_get_anywhere(
    people: dict[str, httpx2.Client], desk: RunningDesk, listed: list[str]
) -> None:
    paths = [each.split(" ", 1) for each in listed if each.split(" ", 1)[1].startswith("/admin")]
    assert paths
    with agent(desk, "Petra") as petra, agent(desk, "Lena") as lena, agent(desk, "Adam") as adam:
        for method, path in paths:
            target = re.sub(r"{[^}]*}", "anna" if "/agents" in path else "brightwater", path)
            for client, allowed in ((people["nobody"], (303, 401)), (people["priya"], (303, 401))):
                answer = client.request(method, target)
                assert answer.status_code in allowed, (method, target)
                assert answer.headers.get("location", "/login") == "/login"
            for other in (petra, lena):
                form = {"csrf": other.headers["X-CSRF"]} if method == "POST" else None
                assert other.request(method, target, data=form).status_code in (403, 404), (method, target)
            if method == "POST":  # even an admin's form must be one of our own page
                assert adam.post(target, data={"csrf": "guess"}).status_code == 403, target
                foreign = {"Origin": "https://evil.example"}
                form = {"csrf": adam.headers["X-CSRF"]}
                assert adam.post(target, data=form, headers=foreign).status_code == 403, target


def test_nothing_unsafe_is_done_for_another_site(desk: RunningDesk, listed: list[str], ticket: str) -> None:
    with agent(desk, "Anna") as anna, contact(desk, KEY) as visitor:
        for each in listed:
            method, path = each.split(" ", 1)
            if method in ("GET", "WS") or path.startswith("/admin"):
                continue
            client = visitor if path.startswith(("/x/contact", "/b/")) else anna
            for origin in ("https://evil.example", "null", f"{desk.origin}.evil.example", desk.origin.upper()):
                answer = client.request(method, filled(path, ticket), headers={"Origin": origin})
                assert answer.status_code == 403, (each, origin)
            both = [("Origin", desk.origin), ("Origin", "https://evil.example")]
            assert client.request(method, filled(path, ticket), headers=both).status_code == 403, each
        assert anna.get("/api/v1/sessions/current").status_code == 200


def test_a_cookie_alone_does_nothing(desk: RunningDesk, listed: list[str], ticket: str) -> None:
    with agent(desk, "Anna") as anna:
        for csrf in (None, "", "guess", "é"):
            headers = httpx2.Headers([] if csrf is None else [(b"X-CSRF", csrf.encode())])
            anna.headers.pop("X-CSRF", None)
            for method, path in (("DELETE", "/api/v1/sessions/current"), ("POST", "/files"), ("POST", "/logout")):
                assert anna.request(method, path, headers=headers).status_code == 403
            asked = {"type": "presence", "rid": str(uuid.uuid4()), "status": "away"}
            assert anna.post("/x/agent", json=asked, headers=headers).status_code == 401
        assert anna.get("/api/v1/sessions/current").status_code == 200


# Verbs ----------------------------------------------------------------------------------------------------------------

WHOLE: dict[str, Any] = {
    "mail": "x",
    "address": "guest@elsewhere.example",
    "contact": "priya",
    "ticket": "T", "body": "x", "seq": 1, "offer": "o", "yes": True, "severity": 2, "score": 5, "file": "f",
    "ring": "r", "on": True, "to": "pool", "mode": "situation", "reason": "because", "status": "open",
    "base_seq": 0,
}  # fmt: skip


def requests_about_a_ticket(union: Any) -> list[dict[str, Any]]:
    """One well-formed frame of each verb that names a ticket."""
    made = []
    for struct in union.__args__:
        names = [field.encode_name for field in msgspec.structs.fields(struct)]
        if "ticket" in names:
            fields = {name: WHOLE[name] for name in names if name in WHOLE}
            made.append({"type": struct.__struct_config__.tag, **fields})
    return made


CONTACT_VERBS = requests_about_a_ticket(ContactRequest)
AGENT_VERBS = requests_about_a_ticket(AgentRequest)


@pytest.mark.parametrize("frame", CONTACT_VERBS, ids=lambda frame: str(frame["type"]))
def test_a_contact_learns_nothing_of_a_ticket_they_take_no_part_in(
    desk: RunningDesk, ticket: str, frame: dict[str, Any]
) -> None:
    with contact(desk, OTHER_KEY) as visitor, contact(desk, KEY, jwt=vouched(desk, "mei")) as mei:
        for stranger in (visitor, mei):
            assert_nothing(stranger, "contact", ticket, frame)


@pytest.mark.parametrize("frame", AGENT_VERBS, ids=lambda frame: str(frame["type"]))
def test_an_agent_learns_nothing_of_a_ticket_that_does_not_concern_them(
    people: dict[str, httpx2.Client], desk: RunningDesk, ticket: str, frame: dict[str, Any]
) -> None:
    for name in ("petra", "clara", "adam"):
        with agent(desk, name) as stranger:
            assert_nothing(stranger, "agent", ticket, frame)


def assert_nothing(stranger: httpx2.Client, audience: str, ticket: str, frame: dict[str, Any]) -> None:
    """The same answer as for a ticket that is not there."""
    answers = []
    for id in (ticket, "not-a-ticket"):
        answer = stranger.post(f"/x/{audience}", json=frame | {"rid": str(uuid.uuid4()), "ticket": id}).json()
        del answer["rid"]
        answers.append(answer)
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "not_found"


@pytest.mark.parametrize("stream", ["{ticket}", "{ticket}/i"])
def test_no_past_of_a_foreign_stream_is_told(people: dict[str, httpx2.Client], ticket: str, stream: str) -> None:
    own = {"type": "history", "rid": "", "stream": stream.format(ticket=ticket), "before": 9}
    refused = ["visitor", "mei"] + (["priya"] if stream.endswith("/i") else [])
    for name in refused:
        answer = people[name].post("/x/contact", json=own | {"rid": str(uuid.uuid4())}).json()
        assert answer.get("code") == "not_found", name
