"""Mails that came, as the desk hands them out: to those whom the ticket concerns, harmless, and the original whole."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.support.asking import agent, contact, nobody, vouched
from tests.support.post_office import PostOffice, as_bytes, letter
from tests.support.running import RunningDesk

HOSTILE = """<html><head><meta http-equiv="refresh" content="0;url=https://evil.example/">
<style>@import url(//evil.example/a.css);</style><script src="https://evil.example/x.js"></script></head>
<body onload="alert(1)"><p>Hello <b>there</b></p><img src="cid:logo@x" width="40" alt="Our logo">
<img src="https://tracker.example/p.gif?id=7"><img src="x" onerror="alert(2)">
<form action="https://evil.example/"><input name="a"><button>Go</button></form>
<svg onload="alert(3)"><script>alert(4)</script></svg><iframe src="https://evil.example/"></iframe>
<a href="https://evil.example/login">https://bank.example/login</a></body></html>"""
FORBIDDEN = (
    "script",
    "onerror",
    "onload",
    "http-equiv",
    "@import",
    "<form",
    "<svg",
    "<iframe",
    "tracker.example/p.gif",
)


@pytest.fixture(scope="module")
def office(desk: RunningDesk) -> Iterator[PostOffice]:
    with PostOffice(desk) as office:
        yield office


@pytest.fixture(scope="module")
def anna(desk: RunningDesk) -> Iterator[httpx2.Client]:
    with agent(desk, "anna") as client:
        yield client


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#2c6e73").save(out, "PNG")
    return out.getvalue()


def hostile(subject: str) -> EmailMessage:
    mail = letter(
        subject, "Hello there\n\nOn Tue, 3 Mar 2026 at 10:00, Anna <x@larkfield.example> wrote:\n> Old words\n"
    )
    mail.add_alternative(HOSTILE, subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    html.add_related(picture(), "image", "png", cid="<logo@x>", filename="logo.png")  # type: ignore[union-attr]
    mail.add_attachment(b"<svg onload=alert(1)>", "image", "png", filename="plan.png")
    return mail


def message_of(client: httpx2.Client, subject: str) -> dict[str, Any]:
    """The message that this mail became, with its ticket's page; waited for."""
    ends = time.monotonic() + 60
    while True:
        page = client.get("/api/v1/tickets", params={"view": "mine"}).raise_for_status().json()
        found = [each for each in page["tickets"] if each["subject"] == subject]
        if found:
            ticket = client.get(f"/api/v1/tickets/{found[0]['ticket']}").raise_for_status().json()
            [*_, said] = [each for each in ticket["public"] if each["kind"] == "message"]
            return dict(said, page=ticket)
        assert time.monotonic() < ends, "the mail did not come"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def said(office: PostOffice, anna: httpx2.Client) -> dict[str, Any]:
    office.takes(hostile("Hostile one"))
    return message_of(anna, "Hostile one")


def test_what_was_kept_of_a_mail_is_told_to_its_agent(anna: httpx2.Client, said: dict[str, Any]) -> None:
    mail = anna.get(f"/api/v1/mails/{said['data']['rid']}").raise_for_status().json()
    assert said["data"]["body"] == "Hello there"
    assert "> Old words" in mail["quote"] and mail["html"] and mail["remote"] == 1
    assert [(each["name"], each["address"]) for each in mail["to"]] == [("Larkfield", "hotels@larkfield.example")]
    assert [(each["name"], each["type"], each["inline"]) for each in mail["files"]] == [
        ("logo.png", "image/png", True),
        ("plan.png", "image/svg+xml", False),
    ]
    assert all(len(each["sha256"]) == 64 and each["file"] for each in mail["files"])
    assert mail["links"] == [
        {"text": "https://bank.example/login", "url": "https://evil.example/login", "host": "evil.example"}
    ]
    assert mail["sent_at"] == "2026-03-04T05:00:05.000000Z"
    assert mail["received_at"] <= mail["polled_at"] <= mail["committed_at"]
    [told] = [each["data"] for each in said["page"]["internal"] if each["kind"] == "received"]
    assert (told["quoted"], told["html"], told["remote"]) == (True, True, 1)
    assert told["to"] == mail["to"]


def test_in_the_frame_nothing_is_left_that_runs_sends_or_fetches(anna: httpx2.Client, said: dict[str, Any]) -> None:
    answer = anna.get(f"/m/{said['data']['rid']}").raise_for_status()
    body = answer.text.split("<body>")[1]
    assert [each for each in FORBIDDEN if each in body.lower()] == []
    assert "Hello <b>there</b>" in body and "Picture at tracker.example" in body
    assert '<span class="host">evil.example</span>' in body
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and "script" not in policy.replace("allow-scripts", "!")
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy and "frame-ancestors 'self'" in policy


def test_a_picture_of_the_mail_itself_is_drawn_anew_when_somebody_looks(
    desk: RunningDesk, anna: httpx2.Client, said: dict[str, Any]
) -> None:
    body = anna.get(f"/m/{said['data']['rid']}").text
    [address] = [each.split('"')[0].replace("&amp;", "&") for each in body.split('<img src="')[1:]]
    with nobody(desk) as client:
        answer = client.get(address).raise_for_status()
    assert Image.open(io.BytesIO(answer.content)).size == (40, 30)
    assert answer.content != picture()
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    [logo, plan] = said["data"]["files"]
    assert (logo["picture"], plan["picture"]) == (True, False)


def test_a_picture_of_elsewhere_gets_an_address_of_ours_only_when_asked_and_none_is_fetched_from_within(
    desk: RunningDesk, anna: httpx2.Client, office: PostOffice
) -> None:
    mail = letter("Inward", "Look")
    mail.add_alternative(f'<img src="{desk.origin}/live">', subtype="html")
    office.takes(mail)
    id = message_of(anna, "Inward")["data"]["rid"]
    body = anna.get(f"/m/{id}", params={"pictures": "1"}).text
    address = body.split('<img src="')[1].split('"')[0].replace("&amp;", "&")
    assert address.startswith(f"/m/{id}/remote/0?")
    with nobody(desk) as client:
        assert client.get(address).status_code == 404
        assert client.get(address.replace("sig=", "sig=0")).status_code == 404
        assert client.get(address.replace("/0?", "/1?")).status_code == 404


def test_the_original_is_the_bytes_that_came_as_a_download(
    office: PostOffice, anna: httpx2.Client, said: dict[str, Any]
) -> None:
    mail = letter("Bytes", "As they came")
    office.takes(mail)
    answer = anna.get(f"/m/{message_of(anna, 'Bytes')['data']['rid']}/original").raise_for_status()
    assert answer.content == as_bytes(mail)
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Bytes.eml"'


def test_who_is_not_concerned_gets_the_answer_of_what_is_not_there(desk: RunningDesk, said: dict[str, Any]) -> None:
    id = said["data"]["rid"]
    paths = [f"/api/v1/mails/{id}", f"/m/{id}", f"/m/{id}/original", f"/m/{id}/remote/0"]
    for name in ("petra", "clara", "adam"):
        with agent(desk, name) as client:
            for path in paths:
                answer, absent = client.get(path), client.get(path.replace(id, "00000000-0000-7000-8000-000000000000"))
                assert answer.status_code == absent.status_code == 404
                assert answer.json() == absent.json()
    with contact(desk, "bw_4f9c2a71", jwt=vouched(desk, "priya")) as priya:
        assert [priya.get(path).status_code for path in paths] == [401, 401, 401, 404]
