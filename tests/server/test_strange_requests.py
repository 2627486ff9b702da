"""What strangers send over HTTP: refused in one sentence, never a fault of ours; nothing is served but what is ours."""

from __future__ import annotations

import html
import socket
import uuid

import pytest

from server.demo.cast import CUSTOMERS
from tests.support.asking import agent, contact, nobody, raw
from tests.support.running import RunningDesk

KEY = CUSTOMERS[0].key
DOORS = ("/api/v1/sessions", f"/b/{KEY}/session")
FIELD, END = b"--x\r\nContent-Disposition: form-data; name=", b"\r\n--x--\r\n"
STRANGE = [
    b'{"email":NaN}', b'{"email":Infinity}', b'{"n":1e999}', b'{"n":' + b"9" * 5000 + b"}", b"[" * 30_000,
    b'{"email":' + b"[" * 30_000, b'{"a":' * 17 + b"1" + b"}" * 17, b'{"email":"a","email":"b"}',
    b'{"email":"\\ud800"}', b'{"email":"\\u0000"}', b"\xff", b"\xef\xbb\xbf{}", b'"text"', b"[]", b"null", b"{", b"{}}",
    b'{"email":true,"password":1}', b'{"email":["a"],"password":{}}',
]  # fmt: skip
ASKED = [(door, body) for door in DOORS for body in STRANGE]
ASKED += [
    (DOORS[1], body) for body in (b'{"token":5}', b'{"jwt":{}}', b'{"email":[]}', b'{"email":"a@b.example","code":1}')
]


@pytest.mark.parametrize(("door", "body"), ASKED, ids=range(len(ASKED)))
def test_json_that_parsers_disagree_about_is_a_bad_request(desk: RunningDesk, door: str, body: bytes) -> None:
    with nobody(desk) as client:
        answer = client.post(door, content=body, headers={"Content-Type": "application/json"})
    said = answer.json()
    assert (answer.status_code, said["code"]) == (400, "bad_request")
    assert answer.headers["content-type"] == "application/problem+json"
    assert said["detail"].endswith(".") and "Traceback" not in answer.text


@pytest.mark.parametrize("door", DOORS)
def test_a_body_of_more_than_64_kib_is_too_large(desk: RunningDesk, door: str) -> None:
    with nobody(desk) as client:
        answer = client.post(door, content=b'{"email":"' + b"x" * 65_536 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "target",
    ["/f/x?until=x&sig=%C3%A9", "/p/x?until=1&sig=%FF", "/f/x", "/f/%C3%A9?until=2099-01-01T00:00:00Z&sig=00",
     "/w/%C3%A9.js", "/b/%FF/state", "/b/x", "/a/x/photo", "/api/v1/tickets/x", "/api/v1/customers/%C3%A9",
     "/portal/token?as=priya", "/nothing"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(desk: RunningDesk, target: str) -> None:
    with agent(desk, "Anna") as anna:
        assert anna.get(target).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["cursor=x", "cursor=%C2%B2.x", "cursor=1", "cursor=-1.x", "cursor=9999999999999999999999.x", "view=nonsense",
     "view=mine'--", "q=%00", "cursor=1.%00"],
)  # fmt: skip
def test_a_page_of_tickets_that_cannot_be_is_a_bad_request(desk: RunningDesk, query: str) -> None:
    with agent(desk, "Anna") as anna:
        answer = anna.get(f"/api/v1/tickets?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "text",
    ["{{7*7}}", "{0}", "{x.__class__}", "{name.__class__.__mro__}", "{name!r:>9}", "%(name)s %s %n", "{% raw %}",
     "${7*7}", "{", "}}"],
)  # fmt: skip
def test_what_looks_like_a_place_in_a_text_is_text(desk: RunningDesk, text: str) -> None:
    shown, address = html.escape(text), f"{uuid.uuid4().hex}@larkfield.example"
    with agent(desk, "Adam") as adam, agent(desk, "Anna") as anna, contact(desk, KEY) as visitor:
        form = {"csrf": adam.headers["X-CSRF"], "name": text, "email": address, "roles": "agent", "languages": "en",
                "zone": "Europe/Berlin", "capacity": "3", "reserved": "0", "ring_seconds": "25"}  # fmt: skip
        page = adam.post("/admin/agents/new", data=form, follow_redirects=True).raise_for_status().text
        assert f'value="{shown}"' in page
        twice = adam.post("/admin/agents/new", data=form)
        assert twice.status_code == 400 and f"{shown} signs in with this address already." in twice.text
        wrong = adam.post("/admin/agents/new", data=form | {"zone": text})
        assert wrong.status_code == 400 and f"“{shown}”" in wrong.text
        asked = {"type": "press", "rid": str(uuid.uuid4()), "text": text, "message_only": True}
        ticket = visitor.post("/x/contact", json=asked).json()["ticket"]
        said = {"type": "say", "rid": str(uuid.uuid4()), "ticket": ticket, "body": text, "base_seq": 9, "anyway": True}
        assert anna.post("/x/agent", json=said).json()["type"] == "ok"
        found = anna.get(f"/api/v1/tickets/{ticket}").json()
        assert found["ticket"]["subject"] == text
        assert [each["data"]["body"] for each in found["public"] if each["kind"] == "message"] == [text, text]


@pytest.mark.parametrize(
    "words", ["' OR 1=1 --", "%' ; DROP TABLE ticket; --", "\\", "_", "%", "(", "x" * 5000, "'\"`"]
)
def test_a_search_is_words_and_nothing_else(desk: RunningDesk, words: str) -> None:
    with agent(desk, "Anna") as anna:
        before = anna.get("/api/v1/tickets", params={"view": "all"}).json()["counts"]
        assert anna.get("/api/v1/tickets", params={"view": "all", "q": words}).status_code == 200
        assert anna.get("/api/v1/tickets", params={"view": "all"}).json()["counts"] == before


@pytest.mark.parametrize(
    "target", ["/api/v1/tickets/a%00b", "/w/%00.js", "/b/%00/state", "/welcome/%00", "/a/%00/photo"]
)
def test_nul_in_an_address_is_refused_before_any_record_sees_it(desk: RunningDesk, target: str) -> None:
    assert raw(desk, "GET", target)[0] == 400


@pytest.mark.parametrize(
    "target",
    ["/static/{tag}/../../pyproject.toml", "/static/{tag}/..%2f..%2fpyproject.toml", "/static/{tag}/%2e%2e/settings.py",
     "/static/{tag}//etc/passwd", "/static/{tag}/js/..%5c..%5csettings.py", "/static/{tag}/js%00.js",
     "/static/../server/settings.py", "/f/..%2f..%2fsecret.key", "/a/..%2fsecret.key/photo", "/p/%2fetc%2fpasswd"],
)  # fmt: skip
def test_no_path_leads_out_of_the_tree(desk: RunningDesk, target: str) -> None:
    with nobody(desk) as client:
        tag = client.get("/login").text.split("/static/")[1].split("/")[0]
    status, body = raw(desk, "GET", target.replace("{tag}", tag))
    assert status in (400, 404)
    assert b"root:" not in body and b"[project]" not in body


def test_a_sign_in_leads_home_whatever_the_address_asks_for(desk: RunningDesk) -> None:
    for query in ("next=//evil.example", "next=https://evil.example", "next=/\\evil.example", "url=@evil.example"):
        with nobody(desk) as client:
            form = {"email": "anna@larkfield.example", "password": "demo-anna", "next": "//evil.example"}
            answer = client.post(f"/login?{query}", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            assert client.get(f"/login?{query}").headers["location"] == "/"


@pytest.mark.parametrize(
    "back",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "@evil", "", "/?customer=halden"],
)
def test_the_demos_clock_leads_back_to_a_page_of_ours(desk: RunningDesk, back: str) -> None:
    with nobody(desk) as client:
        csrf = client.get("/demo").text.split('name="csrf" value="')[1].split('"')[0]
        answer = client.post("/demo/clock", data={"csrf": csrf, "to": "hour", "back": back})
    ours = back if back == "/?customer=halden" else "/demo"
    assert (answer.status_code, answer.headers["location"]) == (303, ours)


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("application/x-www-form-urlencoded", b"email=%00&password=x"),
        ("application/x-www-form-urlencoded", b"email=" + b"a" * 3_000_000),
        ("application/x-www-form-urlencoded", b"a=1&" * 2000),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=%4000d" % (n, n) for n in range(5))),
        ("multipart/form-data; boundary=x", b"x" * 20_000 + b"\r\n" + FIELD + b'"email"\r\n\r\na' + END),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"junk"),
        ("multipart/form-data; boundary=" + "y" * 300, b""),
        ("multipart/form-data; boundary=x", FIELD + b'"f"; filename="f"\r\n\r\nx\r\n--x--\r\n'),
        ("multipart/form-data; boundary=x", FIELD + b'"email"\r\n\r\n' + b"z" * 2_000_000),
        ("application/x-www-form-urlencoded", b"email=" + b"%41" * 6_000),
        ("multipart/form-data; boundary=x; charset=punycode", FIELD + b'"email"\r\n\r\n' + b"b" * 9_000 + END),
        ("multipart/form-data; boundary=x; charset=utf-7", FIELD + b'"email"\r\n\r\n+2AA-' + END),
        ("multipart/form-data; boundary=x; charset=undefined", FIELD + b'"email"\r\n\r\na' + END),
        ("multipart/form-data; boundary=x; charset=idna", FIELD + b'"email"\r\n\r\nxn--a' + END),
    ],
)  # fmt: skip
@pytest.mark.parametrize("door", ["/login", "/welcome/x"])
def test_a_form_that_is_none_is_a_bad_request(desk: RunningDesk, door: str, type: str, body: bytes) -> None:
    with nobody(desk) as client:
        assert client.post(door, content=body, headers={"Content-Type": type}).status_code == 400


def test_a_file_in_an_encoding_that_thinks_for_minutes_is_a_bad_request(desk: RunningDesk) -> None:
    type = "multipart/form-data; boundary=x; charset=punycode"
    with agent(desk, "Anna") as anna:
        body = FIELD + b'"file"; filename="' + b"b" * 3_000 + b'"\r\n\r\nx' + END
        assert anna.post("/files", content=body, headers={"Content-Type": type}).status_code == 400
        assert anna.post("/logout", content=body, headers={"Content-Type": type}).status_code == 400


@pytest.mark.parametrize("csrf", ["", "guess", "é", "\udc80"])
def test_a_form_with_a_wrong_mark_is_refused(desk: RunningDesk, csrf: str) -> None:
    with agent(desk, "Anna") as anna:
        for door in ("/logout", "/demo/clock", "/demo/reset", "/demo/as"):
            body = b"csrf=" + csrf.encode("utf-8", "surrogateescape")
            answer = anna.post(door, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
            assert answer.status_code == 403
        assert anna.get("/api/v1/sessions/current").status_code == 200


def test_a_method_cannot_be_talked_into_another(desk: RunningDesk) -> None:
    with agent(desk, "Anna") as anna:
        anna.post("/api/v1/sessions/current?_method=DELETE", headers={"X-HTTP-Method-Override": "DELETE"})
        assert anna.get("/api/v1/sessions/current").status_code == 200


@pytest.mark.parametrize("seen", ["²", "9" * 5000, "-1", "x", ""])
def test_a_number_that_is_none_is_no_fault(desk: RunningDesk, seen: str) -> None:
    with agent(desk, "Adam") as adam:
        csrf = adam.get("/admin/calendars/office").text.split('name="csrf" value="')[1].split('"')[0]
        form = {"csrf": csrf, "step": "save", "seen": seen, "name": "Office", "zone": "Europe/Bratislava"}
        assert adam.post("/admin/calendars/office", data=form).status_code in (303, 400, 409)


def test_who_goes_away_in_the_middle_is_no_fault_of_ours(desk: RunningDesk) -> None:
    for door in (*DOORS, "/login", "/files"):
        with socket.create_connection(("127.0.0.1", desk.port)) as line:
            head = f"POST {door} HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nContent-Length: 90\r\n"
            line.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=")
    with nobody(desk) as client:
        assert client.get("/live").status_code == 200


def test_nothing_of_all_this_was_a_fault_of_ours(desk: RunningDesk) -> None:
    log = desk.log.read_text()
    assert "request.failed" not in log and "Traceback" not in log
