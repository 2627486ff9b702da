"""The desk behind real nginx and haproxy, as docs/deploy sets them up: nothing is cut in two, nobody lies about their
address, sockets, quiet lines and large files come through."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio.from_thread import start_blocking_portal
from websockets.asyncio.client import connect
from websockets.typing import Origin

from desk.files import MOST_BYTES
from server.demo.cast import CUSTOMERS
from tests.server.test_crowded_addresses import hello
from tests.server.test_smuggling import CASES, HOST, post
from tests.support import fronts, services
from tests.support.fronts import Front
from tests.support.running import RunningDesk, free_port
from tests.support.services import NotToBeHad

KEY = CUSTOMERS[0].key
MOST = 2
FRONTS: dict[str, Callable[[Path, int, int], AbstractContextManager[Front]]] = {
    "nginx": fronts.host_nginx, "nginx of compose.yaml": fronts.container_nginx, "haproxy": fronts.haproxy,
}  # fmt: skip


@dataclass(frozen=True)
class Behind:
    """A desk, and what stands before it."""

    front: Front
    desk: RunningDesk

    @property
    def trust(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.front.certificate) if self.front.certificate else None

    def browser(self, source: str = "127.0.0.1", **headers: str) -> httpx2.Client:
        """Who comes through the front from that address of this machine."""
        way = httpx2.HTTPTransport(verify=self.trust or True, local_address=source)
        own = {"Origin": self.front.origin} | {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.Client(base_url=self.front.origin, transport=way, trust_env=False, timeout=30, headers=own)

    @contextmanager
    def visitor(self) -> Iterator[httpx2.Client]:
        with self.browser() as client:
            answer = client.post(f"/b/{KEY}/session", json={})
            client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['token']}"
            yield client

    @contextmanager
    def line(self, client: httpx2.Client, **headers: str) -> Iterator[Callable[[], dict[str, Any]]]:
        """A WebSocket that said hello; gives its next frame.

        On a loop of its own, which alone reads and writes: one SSL object in two threads loses bytes now and then.
        """
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        opening = connect(
            f"{self.front.origin.replace('http', 'ws', 1)}/ws/contact",
            origin=Origin(self.front.origin), additional_headers=told, proxy=None, open_timeout=30, ssl=self.trust,
        )  # fmt: skip
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(opening) as socket:

            async def following() -> dict[str, Any]:
                async with asyncio.timeout(30):
                    frame: dict[str, Any] = json.loads(await socket.recv())
                    return frame

            portal.call(socket.send, json.dumps(hello(client)))
            assert portal.call(following)["type"] == "ready"
            yield lambda: portal.call(following)

    def raw(self, request: bytes) -> bytes:
        """All that is answered to these bytes until the front closes, or has nothing more to say."""
        plain = socket.create_connection(("127.0.0.1", self.front.port), timeout=20)
        with plain if self.trust is None else self.trust.wrap_socket(plain, server_hostname="127.0.0.1") as line:
            line.sendall(request.replace(HOST, f"127.0.0.1:{self.front.port}".encode()))
            answer = b""
            with suppress(ConnectionResetError, TimeoutError, ssl.SSLError):
                while more := line.recv(65536):
                    answer += more
                    line.settimeout(0.2)
            return answer


@pytest.fixture(scope="module", params=FRONTS)
def behind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    port, folder = free_port(), tmp_path_factory.mktemp("front")
    try:
        with ExitStack() as stack:
            tls = request.param != "nginx of compose.yaml"
            env = {
                "VIPDESK_PUBLIC_URL": f"{'https' if tls else 'http'}://127.0.0.1:{port}",
                "VIPDESK_TRUSTED_PROXIES": "127.0.0.1", "VIPDESK_LINES_PER_ADDRESS": str(MOST),
            }  # fmt: skip
            desk = RunningDesk(tmp_path_factory.mktemp("behind") / "data", env)
            stack.enter_context(desk)
            yield Behind(stack.enter_context(FRONTS[request.param](folder, port, desk.port)), desk)
    except NotToBeHad as server:
        services.missing.note(str(server), request.node.nodeid)
        pytest.skip(f"no {server} here")


@pytest.mark.parametrize("name", CASES)
def test_nothing_that_can_be_cut_in_two_ways_reaches_the_desk_as_two(behind: Behind, name: str) -> None:
    answer = behind.raw(CASES[name])
    assert b'"record"' not in answer  # of the request that was hidden in the first one's body
    with behind.browser() as next_one:  # on the lines that the front keeps to the desk: its own answers, in order
        for _ in range(3):
            assert "because" in next_one.get(f"/b/{KEY}/state").json()
            assert next_one.get("/nowhere").status_code == 404


def test_a_proper_request_comes_through_raw(behind: Behind) -> None:
    """So that the ones above are refused for what they are."""
    answer = behind.raw(post(b"Content-Length: 2\r\nConnection: close\r\nContent-Type: application/json\r\n"))
    assert re.match(rb"HTTP/1.1 4(00|03|22)", answer) and b"application/problem+json" in answer


def test_what_a_visitor_says_of_their_address_is_not_believed(behind: Behind) -> None:
    """A stranger's address has room for MOST lines, this machine's for any: the lie would shut them out."""
    lie = "203.0.113.7"
    with behind.visitor() as client, ExitStack() as lines:
        for _ in range(MOST + 1):
            told = {"X_Forwarded_For": lie, "Forwarded": f"for={lie}", "X_Real_IP": lie}
            lines.enter_context(behind.line(client, **told))


def test_wrong_passwords_count_for_the_address_they_came_from(behind: Behind) -> None:
    """Who guesses from one address shuts out themselves, whatever they say, and nobody at another."""

    def tries(source: str, told: str) -> int:
        with behind.browser(source, X_Forwarded_For=told) as client:
            asked = {"email": "anna@larkfield.example", "password": "wrong"}
            return client.post("/api/v1/sessions", json=asked).status_code

    said = [tries("127.0.0.2", f"203.0.113.{number}") for number in range(7)]
    assert said[:5] == [401] * 5 and said[-1] == 429
    assert tries("127.0.0.3", "203.0.113.1") == 401


def test_a_quiet_line_lives_and_is_pinged(behind: Behind) -> None:
    with behind.visitor() as client, behind.line(client) as following:
        while following()["type"] != "heartbeat":
            pass


def test_a_stream_is_not_held_back(behind: Behind) -> None:
    with behind.visitor() as client, client.stream("POST", "/x/contact/stream", json=hello(client)) as answer:
        first = next(line for line in answer.iter_lines() if line.startswith("data:"))
        assert json.loads(first[5:])["type"] == "ready"


def test_the_largest_file_comes_through_and_a_larger_one_does_not(behind: Behind) -> None:
    with behind.visitor() as client:
        kept = client.post("/files", files={"file": ("large.bin", bytes(MOST_BYTES), "application/x-thing")})
        assert (kept.status_code, kept.json()["bytes"]) == (201, MOST_BYTES)
        with suppress(httpx2.WriteError, httpx2.ReadError, httpx2.RemoteProtocolError):
            sent = {"file": ("larger.bin", bytes(MOST_BYTES + 1), "application/x-thing")}
            assert client.post("/files", files=sent).status_code == 413


def test_the_metrics_are_not_for_strangers(behind: Behind) -> None:
    with behind.browser() as client:
        assert client.get("/metrics").status_code == 404
