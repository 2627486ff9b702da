"""What others name is fetched from public hosts alone, and only what is a picture comes of it."""

from __future__ import annotations

import io
import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from desk.desk import Desk
from desk.files import Files
from live.memory import MemoryLive
from server import guarded, remote_pictures
from server.guarded import is_public
from server.remote_pictures import RemotePictures
from store.blobs import Blobs
from store.inline import InlineRecord
from tests.support.world import NIGHT, MovedClock


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:0:0:0:0:0:80ff:fffe", "2001:db8::1",
    ],
)  # fmt: skip
def test_no_address_within_is_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address), 443)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_others_are_on_the_ports_of_the_web_alone(address: str) -> None:
    assert [is_public(ipaddress.ip_address(address), port) for port in (80, 443, 22, 8080)] == [
        True,
        True,
        False,
        False,
    ]


class Elsewhere(ThreadingHTTPServer):
    """A site with pictures, and what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[tuple[str, dict[str, str]]] = []
        out = io.BytesIO()
        Image.new("RGB", (40, 30), "#2c6e73").save(out, "PNG")
        self.picture = out.getvalue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        kind, _, where = self.path[1:].partition("?")
        body = {"picture": self.server.picture, "page": b"<script>alert(1)</script>", "large": bytes(6 << 20)}
        self.send_response(302 if kind == "moved" else 200 if kind in body else 404)
        if kind == "moved":
            self.send_header("Location", where)
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        try:
            self.wfile.write(body.get(kind, b""))
        except OSError:
            return  # who had enough hangs up

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield site
        site.shutdown()
        thread.join()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(Desk(InlineRecord(), MemoryLive(), MovedClock(NIGHT)), Blobs(tmp_path))


async def test_a_picture_is_drawn_anew(elsewhere: Elsewhere, files: Files) -> None:
    pictures = RemotePictures(files, judge=lambda address, port: True)
    found = await pictures.fetch(f"{elsewhere.url}/moved?/picture")
    assert found is not None and found != elsewhere.picture
    assert Image.open(io.BytesIO(found)).size == (40, 30)
    assert [path for path, _ in elsewhere.asked] == ["/moved?/picture", "/picture"]
    assert [name for _, headers in elsewhere.asked for name in headers if name.lower() in ("cookie", "referer")] == []


@pytest.mark.parametrize("path", ["page", "large", "nothing", "moved?/moved?/moved?/moved?/picture"])
async def test_what_is_no_picture_does_not_come(elsewhere: Elsewhere, files: Files, path: str) -> None:
    assert await RemotePictures(files, judge=lambda address, port: True).fetch(f"{elsewhere.url}/{path}") is None


async def test_within_nobody_is_asked(elsewhere: Elsewhere, files: Files) -> None:
    port = elsewhere.server_address[1]
    pictures = RemotePictures(files)
    for url in (elsewhere.url, f"http://localhost:{port}", f"http://[::ffff:127.0.0.1]:{port}", f"http://0:{port}"):
        assert await pictures.fetch(f"{url}/picture") is None
    for url in ("file:///etc/passwd", "gopher://x", "http://", "http://[", "http://" + "a" * 300, "http://x y/"):
        assert await pictures.fetch(url) is None
    assert elsewhere.asked == []


async def test_a_redirect_to_within_is_not_followed(elsewhere: Elsewhere, files: Files) -> None:
    inner = Elsewhere()
    own = elsewhere.server_address[1]
    pictures = RemotePictures(files, judge=lambda address, port: port == own)
    with inner:
        assert await pictures.fetch(f"{elsewhere.url}/moved?{inner.url}/picture") is None
    assert [path for path, _ in elsewhere.asked] == [f"/moved?{inner.url}/picture"] and inner.asked == []


async def test_a_name_with_one_address_within_is_not_asked_at_all(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def both(self: Any, host: str, port: int, **_: Any) -> Any:
        return [(0, 0, 0, "", ("93.184.215.14", port)), (0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", both)
    async with guarded.client() as http:
        with pytest.raises(httpx2.ConnectError, match="not public"):
            await http.get("http://rebinding.example/")


async def test_who_gives_a_picture_byte_by_byte_is_left_alone(
    elsewhere: Elsewhere, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_pictures, "WHOLE_S", 0.0)
    pictures = RemotePictures(files, judge=lambda address, port: True)
    assert await pictures.fetch(f"{elsewhere.url}/picture") is None
