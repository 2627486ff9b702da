"""A limit of open lines for each network address, told before the accept; addresses are what a trusted proxy says."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator

import httpx2
import pytest
from starlette.requests import HTTPConnection
from websockets.exceptions import InvalidStatus
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from server.demo.cast import CUSTOMERS
from server.settings import Settings
from server.sockets.addresses import Addresses
from server.sockets.contact import PRESSES
from tests.support.asking import contact, nobody, vouched
from tests.support.running import RunningDesk

MOST = 2
PROXY = {"VIPDESK_TRUSTED_PROXIES": "127.0.0.1"}
LIMIT = {"VIPDESK_LINES_PER_ADDRESS": str(MOST)}
WORDS = "Too many lines are open from your network address. Close some, or try again later."


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk behind a proxy on this machine."""
    with RunningDesk(tmp_path_factory.mktemp("behind") / "data", PROXY | LIMIT) as desk:
        yield desk


@pytest.fixture
def lines() -> Iterator[contextlib.ExitStack]:
    """Everything in it is closed at the end of the test."""
    with contextlib.ExitStack() as stack:
        yield stack


@contextlib.contextmanager
def line(client: httpx2.Client, address: str | None = None) -> Iterator[ClientConnection]:
    """An open line of this contact, from that address as the proxy tells it."""
    origin = str(client.headers["Origin"])
    told = {} if address is None else {"X-Forwarded-For": address}
    url = f"{origin.replace('http', 'ws', 1)}/ws/contact"
    with connect(url, origin=Origin(origin), additional_headers=told, proxy=None, close_timeout=5) as socket:
        socket.send(json.dumps(hello(client)))
        assert json.loads(socket.recv())["type"] == "ready"
        yield socket


def hello(client: httpx2.Client) -> dict[str, object]:
    return {"type": "hello", "token": client.headers["Authorization"].removeprefix("Bearer "), "resume": {}}


def refused(client: httpx2.Client, address: str) -> bool:
    """Whether there is no place for a line from there."""
    try:
        with line(client, address):
            return False
    except InvalidStatus as error:
        assert (error.response.status_code, error.response.body) == (429, WORDS.encode())
        assert int(error.response.headers["Retry-After"]) > 0
        return True


def stream(client: httpx2.Client, lines: contextlib.ExitStack, address: str) -> httpx2.Response:
    """A line over HTTP, from that address."""
    told = {"X-Forwarded-For": address}
    return lines.enter_context(client.stream("POST", "/x/contact/stream", json=hello(client), headers=told))


def until_there_is_a_place(client: httpx2.Client, address: str) -> None:
    """The desk gives a place back when it has read that the line is closed."""
    for _ in range(1000):
        if not refused(client, address):
            return
    raise AssertionError("the place of a closed line was not given back")


@pytest.mark.parametrize(
    ("own", "same", "other"),
    [("203.0.113.7", "::ffff:203.0.113.7", "203.0.113.8"), ("2001:db8:1::1", "2001:db8:1::ffff:2", "2001:db8:1:1::1")],
)
def test_a_line_too_many_is_refused_until_one_is_closed(
    behind: RunningDesk, lines: contextlib.ExitStack, own: str, same: str, other: str
) -> None:
    with contact(behind, CUSTOMERS[0].key) as client:
        first = lines.enter_context(line(client, own))
        lines.enter_context(line(client, same))
        assert refused(client, own) and refused(client, same)
        assert not refused(client, other)
        first.close()
        until_there_is_a_place(client, same)
        lines.close()
    assert "ERROR" not in behind.log.read_text()


def test_streams_are_lines_too(behind: RunningDesk, lines: contextlib.ExitStack) -> None:
    address = "198.51.100.1"
    with contact(behind, CUSTOMERS[0].key) as client:
        for _ in range(MOST):
            assert stream(client, lines, address).status_code == 200
        assert refused(client, address)
        with contextlib.ExitStack() as late:
            answer = stream(client, late, address)
            assert (answer.status_code, answer.read()) == (429, WORDS.encode())
        lines.close()
        until_there_is_a_place(client, address)
        own = client.headers.pop("Authorization")
        for _ in range(MOST + 1):  # what could not be opened holds no place
            told = {"X-Forwarded-For": address}
            unknown = client.post("/x/contact/stream", json={"type": "hello", "token": "?"}, headers=told)
            assert unknown.status_code == 401
        client.headers["Authorization"] = own
        until_there_is_a_place(client, address)


def test_this_machine_has_no_limit(behind: RunningDesk, lines: contextlib.ExitStack) -> None:
    with contact(behind, CUSTOMERS[0].key) as client:
        held = [lines.enter_context(line(client)) for _ in range(MOST + 1)]
        assert all(each.state is State.OPEN for each in held)
        lines.close()


def test_nobody_is_believed_who_is_no_proxy(
    tmp_path_factory: pytest.TempPathFactory, lines: contextlib.ExitStack
) -> None:
    with (
        RunningDesk(tmp_path_factory.mktemp("open") / "data", LIMIT) as desk,
        contact(desk, CUSTOMERS[0].key) as client,
    ):
        held = [lines.enter_context(line(client, "203.0.113.7")) for _ in range(MOST + 1)]
        assert all(each.state is State.OPEN for each in held)
        lines.close()


def test_a_stranger_is_only_so_many_visitors_and_keeps_nobody_else_out(behind: RunningDesk) -> None:
    door, stranger, other = f"/b/{CUSTOMERS[0].key}/session", "203.0.113.50", "203.0.113.51"
    known = {"jwt": vouched(behind, "priya")}
    with nobody(behind) as client:
        visits = [client.post(door, json={}, headers={"X-Forwarded-For": stranger}) for _ in range(31)]
        assert [each.status_code for each in visits] == [200] * 30 + [429]
        back = {"token": visits[0].json()["token"]}
        for body, address in ((back, stranger), (known, stranger), ({}, other)):
            assert client.post(door, json=body, headers={"X-Forwarded-For": address}).status_code == 200


def test_strangers_press_one_button_only_so_often_and_keep_nobody_known_out(behind: RunningDesk) -> None:
    """From as many networks as it takes for each to stay below its own limit."""
    with nobody(behind) as client:

        def press(button: int, address: str, body: dict[str, str]) -> dict[str, object]:
            told = {"X-Forwarded-For": address}
            token = client.post(f"/b/{CUSTOMERS[button].key}/session", json=body, headers=told).json()["token"]
            told["Authorization"] = f"Bearer {token}"
            frame = {"type": "press", "rid": str(uuid.uuid4()), "text": "Hello"}
            answer: dict[str, object] = client.post("/x/contact", json=frame, headers=told).json()
            return answer

        pressed = [press(2, f"198.51.100.{number // 25}", {}) for number in range(PRESSES + 1)]
        assert [each["type"] for each in pressed] == ["ok"] * PRESSES + ["error"]
        assert pressed[-1]["code"] == "slow_down" and float(str(pressed[-1]["retry_s"])) > 0
        assert press(2, "203.0.113.70", {"jwt": vouched(behind, "hugo")})["type"] == "ok"
        assert press(1, "203.0.113.70", {})["type"] == "ok"


def test_the_visitors_of_one_stranger_give_no_more_files_than_two(behind: RunningDesk) -> None:
    door, from_there = f"/b/{CUSTOMERS[0].key}/session", {"X-Forwarded-For": "203.0.113.60"}
    known = {"jwt": vouched(behind, "priya")}
    with nobody(behind) as client:

        def give(body: dict[str, str], files: int) -> list[int]:
            token = client.post(door, json=body, headers=from_there).json()["token"]
            told = from_there | {"Authorization": f"Bearer {token}"}
            return [client.post("/files", files={"file": ("a", b"1")}, headers=told).status_code for _ in range(files)]

        assert give({}, 60) + give({}, 60) == [201] * 120
        assert give({}, 1) == [429]
        assert give(known, 1) == [201]


def test_who_guesses_from_all_addresses_of_a_household_is_one(behind: RunningDesk) -> None:
    with nobody(behind) as client:
        guess = {"email": "ben@larkfield.example", "password": "wrong"}
        tried = [
            client.post("/api/v1/sessions", json=guess, headers={"X-Forwarded-For": f"2001:db8:5:5::{number:x}"})
            for number in range(6)
        ]
        other = client.post("/api/v1/sessions", json=guess, headers={"X-Forwarded-For": "2001:db8:5:6::1"})
    assert [each.status_code for each in tried] == [401] * 5 + [429]
    assert other.status_code == 401


@pytest.mark.parametrize(("most", "had"), [(0, 500), (200, 200)])
def test_nought_is_no_limit(lines: contextlib.ExitStack, most: int, had: int) -> None:
    """The default is two hundred."""
    stranger = HTTPConnection({"type": "websocket", "headers": [], "client": ("203.0.113.7", 4711)})
    addresses = Addresses(most)
    assert sum(lines.enter_context(addresses.place(stranger)) for _ in range(500)) == had
    assert Settings().lines_per_address == 200
