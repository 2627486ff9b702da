"""Files of strangers: kept whole, handed out as downloads alone, shown only as pictures that were drawn anew."""

from __future__ import annotations

import io
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from PIL import Image, PngImagePlugin

from desk.files import MOST_BYTES
from server.demo.cast import CUSTOMERS
from tests.support import asking
from tests.support.asking import agent, contact, nobody, raw, vouched
from tests.support.running import RunningDesk

BRIGHTWATER, HALDEN = CUSTOMERS[0].key, CUSTOMERS[1].key
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE = b"<!doctype html><script>alert(1)</script>"
PDF = b"%PDF-1.7\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n%%EOF"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#2c6e73").save(out, kind, **more)
    return out.getvalue()


@pytest.fixture
def priya(desk: RunningDesk) -> Iterator[httpx2.Client]:
    with contact(desk, BRIGHTWATER, jwt=vouched(desk, "priya")) as client:
        yield client


def ask(client: httpx2.Client, verb: str, audience: str = "contact", **fields: Any) -> dict[str, Any]:
    """One request of the wire over HTTP, again as long as the desk asks for patience."""
    return asking.patiently(client, f"/x/{audience}", {"type": verb, "rid": str(uuid.uuid4()), **fields})


def upload(client: httpx2.Client, name: str, body: bytes, type: str = "text/plain") -> dict[str, Any]:
    answer = client.post("/files", files={"file": (name, body, type)})
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def sent(client: httpx2.Client, file: str) -> str:
    """The ticket of a new message with this file."""
    ticket = ask(client, "press", text="Hello", message_only=True)["ticket"]
    assert ask(client, "say", ticket=ticket, body="here", files=[file])["type"] == "ok"
    return str(ticket)


def address(client: httpx2.Client, ticket: str, file: str, *, preview: bool = False) -> str:
    return str(ask(client, "link", ticket=ticket, file=file, preview=preview)["url"])


@pytest.mark.parametrize(
    ("name", "type", "body"),
    [
        ("a.svg", "image/svg+xml", SVG), ("a.svg", "image/svg+xml; x", SVG), ("a.html", "text/html", PAGE),
        ("a.png.html", "image/png", PAGE), ("a.ht\u200bml", "text/html", PAGE), ("a.pdf", "application/pdf", PDF),
        ("a.js", "text/javascript", b"alert(1)"), ("a.png", "image/png", SVG), ("a.gif", "image/gif", b"GIF89a" + PAGE),
        ("a\u202egnp.html", "text/html", PAGE), ("../../a.html", "text/html", PAGE), ("a", "", b"\0\1\2"),
        ("a.png", "image/png", picture() + PAGE), ("a.xml", "application/xhtml+xml", PAGE),
    ],
)  # fmt: skip
def test_no_file_is_ever_shown_by_the_browser_under_our_name(
    desk: RunningDesk, priya: httpx2.Client, name: str, type: str, body: bytes
) -> None:
    kept = upload(priya, name, body, type)
    ticket = sent(priya, kept["file"])
    with nobody(desk) as client:
        answer = client.get(address(priya, ticket, kept["file"]))
    assert answer.content == body
    headers = answer.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith("attachment")
    assert headers["x-content-type-options"] == "nosniff"
    assert (
        "sandbox" in headers["content-security-policy"] and "default-src 'none'" in headers["content-security-policy"]
    )
    assert not set("/\\\u200b\u202e\r\n") & set(kept["name"])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("x" * 500 + ".pdf", "x" * 251 + ".pdf"), ("x" * 255, "x" * 255), ("ž" * 500 + ".txt", "ž" * 125 + ".txt"),
        ("日本" * 300 + ".tar.gz", "日本" * 42 + ".gz"), ("👋" * 200, "👋" * 63), ("x" * 240 + "." + "y" * 400, None),
        ("f/" * 1900 + "end.txt", "end.txt"),
    ],
)  # fmt: skip
def test_a_long_name_is_shortened_to_what_file_systems_take_and_keeps_its_ending(
    desk: RunningDesk, priya: httpx2.Client, name: str, kept: str | None
) -> None:
    taken = upload(priya, name, b"1")
    assert taken["name"] == (kept or name[:255])
    assert len(taken["name"].encode()) <= 255
    ticket = sent(priya, taken["file"])
    given = priya.get(address(priya, ticket, taken["file"])).headers["content-disposition"]
    assert taken["name"] in unquote(given)


def test_a_name_comes_as_it_was_before_a_browser_quoted_it(priya: httpx2.Client) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a%22;filename=%22b%0D%0A 100%.html"\r\n\r\n1'
    type = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = priya.post("/files", content=part + b"\r\n--x--\r\n", headers=type)
    assert answer.json()["name"] == 'a";filename="b 100%.html'


def test_a_name_of_many_kilobytes_is_refused_in_one_sentence(priya: httpx2.Client) -> None:
    answer = priya.post("/files", files={"file": ("x" * 8000 + ".txt", b"1")})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_request", "file")
    assert "a name of at most 4,000 bytes" in answer.json()["detail"]


def test_a_picture_is_shown_as_pixels_and_nothing_else_of_it(desk: RunningDesk, priya: httpx2.Client) -> None:
    exif = Image.Exif()
    exif[0x010E] = "canary of the camera"
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "canary of the editor")
    originals = [
        picture("JPEG", exif=exif, comment=b"canary of the comment") + b"canary behind the end" + PAGE,
        picture("PNG", pnginfo=notes, exif=exif) + b"canary behind the end" + PAGE,
        picture("PNG", icc_profile=b"canary of the profile"),
        picture("WEBP", exif=exif),
        picture("GIF", comment=b"canary of the comment"),
    ]
    for body in originals:
        kept = upload(priya, "holiday.png", body, "image/png")
        assert kept["picture"]
        answer = priya.get(address(priya, sent(priya, kept["file"]), kept["file"], preview=True))
        assert answer.headers["content-type"] in ("image/png", "image/jpeg")
        assert b"canary" not in answer.content and b"script" not in answer.content
        with Image.open(io.BytesIO(answer.content)) as drawn:
            assert drawn.size == (40, 30)
            assert not {"exif", "comment", "Comment", "icc_profile"} & set(drawn.info)


def test_a_picture_that_would_fill_the_memory_is_a_file_like_any_other(priya: httpx2.Client) -> None:
    def png(width: int, height: int) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

        head = width.to_bytes(4) + height.to_bytes(4) + b"\1\0\0\0\0"
        rows = zlib.compress((b"\0" + b"\0" * (width // 8)) * min(height, 8000), 9)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    assert upload(priya, "a.png", png(800, 800), "image/png")["picture"]
    for size in ((50_000, 50_000), (8_000, 8_000), (800, 2**31 - 1)):
        assert not upload(priya, "a.png", png(*size), "image/png")["picture"]
    assert not upload(priya, "a.png", picture()[:60], "image/png")["picture"]


def test_a_link_works_for_one_file_in_one_form_until_it_expires(desk: RunningDesk, priya: httpx2.Client) -> None:
    one, other = (upload(priya, "a.png", picture(size=(side, side)), "image/png")["file"] for side in (20, 21))
    url = address(priya, sent(priya, one), one)
    assert priya.get(url).status_code == 200
    mark = url.split("sig=")[1]
    later = (datetime.now(UTC) + timedelta(days=9000)).isoformat()
    tampered = [
        url.replace(one, other), url.replace("/f/", "/p/"), url.replace(mark, "0" * 64), url.replace(mark, ""),
        url.split("?")[0], url.replace("until=20", "until=21"), url.replace(mark, mark.upper()), url + "0",
        f"/f/{one}?until={later}&sig={mark}",
    ]  # fmt: skip
    for each in tampered:
        assert priya.get(each).status_code == 404, each


def test_nobody_else_gets_or_uses_the_file_of_a_ticket(desk: RunningDesk, priya: httpx2.Client) -> None:
    file = upload(priya, "a.txt", b"mine")["file"]
    ticket = sent(priya, file)
    with contact(desk, HALDEN) as stranger, contact(desk, BRIGHTWATER) as colleague:
        for other in (stranger, colleague):
            own = ask(other, "press", text="Hello", message_only=True)["ticket"]
            assert ask(other, "link", ticket=ticket, file=file)["code"] == "not_found"
            assert ask(other, "link", ticket=own, file=file)["code"] == "not_found"
            assert ask(other, "say", ticket=own, body="", files=[file])["code"] == "not_found"


def test_the_file_of_an_internal_note_is_the_agents_alone(desk: RunningDesk, priya: httpx2.Client) -> None:
    ticket = sent(priya, upload(priya, "a.txt", b"mine")["file"])
    with agent(desk, "Anna") as anna:
        file = upload(anna, "secret.txt", b"only agents see it")["file"]
        note = ask(anna, "say", "agent", ticket=ticket, body="see this", visibility="internal", files=[file])
        assert note["type"] == "ok", note
        assert ask(anna, "link", "agent", ticket=ticket, file=file)["type"] == "ok"
    assert ask(priya, "link", ticket=ticket, file=file)["code"] == "not_found"


def test_uploads_ask_who_it_is_and_are_bounded(desk: RunningDesk, priya: httpx2.Client) -> None:
    small = {"file": ("a", b"1")}
    with nobody(desk) as client:
        assert client.post("/files", files=small).status_code == 401
        assert client.post("/files", files=small, headers={"Authorization": "Bearer guess"}).status_code == 401
    with agent(desk, "Anna") as anna:
        del anna.headers["X-CSRF"]
        assert anna.post("/files", files=small).status_code == 403
    assert priya.post("/files", files=small, headers={"Origin": "https://evil.example"}).status_code == 403
    assert priya.post("/files", files={"file": ("a", b"")}).status_code == 400
    assert priya.post("/files", files={"other": ("a", b"1")}).status_code == 400
    assert priya.post("/files", files=[("file", ("a", b"1")), ("file", ("b", b"2"))]).status_code == 400
    assert priya.post("/files", json={}).status_code == 400


def test_a_file_that_is_too_large_is_refused_whatever_its_header_says(desk: RunningDesk, priya: httpx2.Client) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    portion = b"z" * 1024 * 1024

    def portions() -> Iterator[bytes]:
        yield head
        for _ in range(MOST_BYTES // len(portion) + 2):
            yield portion
        yield b"\r\n--x--\r\n"

    type = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = priya.post("/files", content=portions(), headers=type)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    said = type | {"Content-Length": str(MOST_BYTES * 2), "Authorization": priya.headers["Authorization"]}
    assert raw(desk, "POST", "/files", **said)[0] == 413


@pytest.mark.parametrize("step", [0, 2], ids=["the same", "others"])
def test_ten_thousand_ranges_cost_no_more_than_one(priya: httpx2.Client, step: int) -> None:
    file = upload(priya, "a.txt", b"x" * 20_000)["file"]
    url = address(priya, sent(priya, file), file)
    ranges = [f"{at * step}-{at * step}" for at in range(10_000)]
    if step:
        ranges = ranges[:5_000]  # more are no head that is read any further
    answer = priya.get(url, headers={"Range": "bytes=" + ",".join(ranges)})
    assert answer.status_code in (200, 400, 416, 431)
    assert len(answer.content) <= 20_000


def test_one_person_cannot_fill_the_disk_at_once(desk: RunningDesk) -> None:
    with httpx2.Client(base_url=desk.origin, headers={"Origin": desk.origin}, timeout=30) as visitor:
        token = visitor.post(f"/b/{BRIGHTWATER}/session", json={}).json()["token"]
        visitor.headers["Authorization"] = f"Bearer {token}"
        answers = [visitor.post("/files", files={"file": (f"{number}.txt", b"1")}) for number in range(61)]
    assert [answer.status_code for answer in answers] == [201] * 60 + [429]
    assert answers[-1].json()["code"] == "slow_down" and int(answers[-1].headers["Retry-After"]) >= 1
