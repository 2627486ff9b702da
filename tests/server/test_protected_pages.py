"""What every answer carries, whom pages may be framed by, which names the desk goes by, and the cookie of a session."""

from __future__ import annotations

import base64
import hashlib
import re
from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import httpx2
import pytest

from server.demo.cast import CUSTOMERS
from tests.support.asking import agent, contact, nobody, raw
from tests.support.running import RunningDesk

KEY = CUSTOMERS[0].key
PAGES = ("/", "/login", "/welcome/x", "/demo", "/nothing", "/console", "/admin", "/admin/customers", f"/b/{KEY}")
DATA = (
    "/live",
    "/ready",
    "/metrics",
    f"/b/{KEY}/state",
    "/api/v1/tickets",
    "/api/v1/people",
    "/api/v1/sessions/current",
)
WILD = ("'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", " *", "data:", "http:", "https:", "'strict-dynamic'")


def policy(answer: httpx2.Response) -> dict[str, str]:
    """Directives of the one policy."""
    [given] = answer.headers.get_list("content-security-policy")
    return {part.split()[0]: " ".join(part.split()[1:]) for part in given.split(";") if part.strip()}


def styles_of(path: str, text: str) -> list[str]:
    """Where a page's styles may come from: our own files; the chat's page brings its one sheet, known by its hash."""
    if path != f"/b/{KEY}":
        return ["'self'"]
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()}'"
        for sheet in re.findall(r"<style>(.*?)</style>", text, re.S)
    ]


@pytest.mark.parametrize("person", ["Anna", "Adam", None])
@pytest.mark.parametrize("path", PAGES + DATA)
def test_every_answer_is_protected(desk: RunningDesk, path: str, person: str | None) -> None:
    with agent(desk, person) if person else nobody(desk) as client:
        answer = client.get(path, headers={"Accept": "text/html"})
    headers, directives = answer.headers, policy(answer)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert directives["default-src"] == "'none'" and directives["base-uri"] == "'none'"
    assert directives["frame-ancestors"] == (desk.portal if path.startswith("/b/") and path.endswith(KEY) else "'none'")
    assert "server" not in headers
    if headers.get("content-type", "").startswith("text/html"):
        assert directives["require-trusted-types-for"] == "'script'"
        assert directives["script-src"] == "'self'" and [directives["style-src"]] == styles_of(path, answer.text)
        assert headers["cache-control"] == "no-store"
    if path in DATA:
        assert headers["cache-control"] == "no-store"
    allowed = answer.headers["content-security-policy"].replace(desk.origin, "").replace(desk.portal, "")
    assert not [wild for wild in WILD if wild in allowed]


@pytest.mark.parametrize("path", [*PAGES, "/admin/agents", "/admin/calendars", "/admin/customers/brightwater"])
def test_no_page_has_a_script_or_a_style_in_it_or_names_another_site(desk: RunningDesk, path: str) -> None:
    with agent(desk, "Adam") as adam:
        text = adam.get(path, headers={"Accept": "text/html"}).text
    for script in text.split("<script")[1:]:
        opening, _, inside = script.partition(">")
        assert "src=" in opening or 'type="application/json"' in opening
        assert "src=" not in opening or not inside.split("</script>")[0].strip()
    assert text.count("<style") == (path == f"/b/{KEY}") and " style=" not in text and "javascript:" not in text
    assert not [word for word in text.split() if word.startswith("on") and '="' in word]
    for kind in ('src="', 'action="', '<link rel="stylesheet" href="'):
        for address in text.split(kind)[1:]:
            assert address.startswith(("/", desk.origin)), address[:60]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1", "", "evil.example@127.0.0.1", "127.0.0.1:1"]
)
def test_a_name_that_is_not_ours_gets_nothing(desk: RunningDesk, host: str) -> None:
    for path in ("/login", f"/b/{KEY}", "/api/v1/tickets", f"/w/{KEY}.js"):
        status, body = raw(desk, "GET", path, Host=host)
        assert status == 400
        assert b"evil" not in body
    assert raw(desk, "GET", "/live", Host=host)[0] in (200, 400)


def test_no_header_of_a_stranger_changes_who_we_are(desk: RunningDesk) -> None:
    spoof = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example",
             "X-Forwarded-For": "203.0.113.9", "X-Original-URL": "/demo", "X-Rewrite-URL": "/demo"}  # fmt: skip
    with nobody(desk) as client:
        for path in ("/login", f"/b/{KEY}", f"/b/{KEY}/state", "/"):
            answer = client.get(path, headers=spoof)
            assert "evil.example" not in answer.text + str(answer.headers)
            assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_only_a_buttons_own_pages_read_its_state(desk: RunningDesk, origin: str) -> None:
    with nobody(desk) as client:
        foreign = client.get(f"/b/{KEY}/state", headers={"Origin": origin})
        own = client.get(f"/b/{KEY}/state", headers={"Origin": desk.portal})
        elsewhere = client.get("/api/v1/tickets", headers={"Origin": desk.portal})
        login = client.post("/api/v1/sessions", json={}, headers={"Origin": origin})
    assert "access-control-allow-origin" not in foreign.headers
    assert own.headers["access-control-allow-origin"] == desk.portal
    for answer in (foreign, own, elsewhere, login):
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers.get("vary", "Origin")
    assert "access-control-allow-origin" not in {*elsewhere.headers, *login.headers}


def test_the_cookie_is_for_the_browsers_eyes_only_and_new_at_each_sign_in(desk: RunningDesk) -> None:
    with nobody(desk) as client:
        client.cookies.set("vipdesk", "chosen-by-somebody-else")
        form = {"email": "anna@larkfield.example", "password": "demo-anna"}
        answer = client.post("/login", data=form, headers={"Cookie": "vipdesk=chosen-by-somebody-else"})
        cookie, known = set_by(answer)
        assert known.key == "vipdesk-known" and known["httponly"]
        assert cookie["httponly"] and cookie["samesite"].lower() == "lax" and cookie["path"] == "/"
        assert cookie["domain"] == "" and cookie.value != "chosen-by-somebody-else" and len(cookie.value) >= 43
        again = client.post("/login", data=form, headers={"Cookie": f"vipdesk={cookie.value}"})
        second, _known = set_by(again)
        assert second.value != cookie.value
    with nobody(desk) as former:
        assert former.get("/api/v1/sessions/current", headers={"Cookie": f"vipdesk={cookie.value}"}).status_code == 401


def test_behind_https_the_cookie_and_the_browser_are_bound_to_it(tmp_path: Path) -> None:
    with RunningDesk(tmp_path / "data", {"VIPDESK_PUBLIC_URL": "https://desk.example.org"}) as desk:
        own = {"Host": "desk.example.org", "Origin": "https://desk.example.org"}
        with nobody(desk) as client:
            form = {"email": "anna@larkfield.example", "password": "demo-anna"}
            answer = client.post("/login", data=form, headers=own)
            page = client.get("/login", headers=own)
            led = client.get("/login/", headers=own).headers["location"]
        assert led == "https://desk.example.org/login"
        for cookie, name in zip(set_by(answer), ("__Host-vipdesk", "__Host-vipdesk-known"), strict=True):
            assert cookie.key == name and cookie["secure"] and cookie["path"] == "/" and not cookie["domain"]
        assert "max-age=" in page.headers["strict-transport-security"]


def test_behind_https_a_cookie_that_another_site_of_the_domain_can_set_signs_nobody_in(tmp_path: Path) -> None:
    with RunningDesk(tmp_path / "data", {"VIPDESK_PUBLIC_URL": "https://desk.example.org"}) as desk:
        own = {"Host": "desk.example.org", "Origin": "https://desk.example.org"}
        form = {"email": "anna@larkfield.example", "password": "demo-anna"}
        with nobody(desk) as client:
            session = set_by(client.post("/login", data=form, headers=own))[0].value
        with nobody(desk) as victim:
            for name, status in (("vipdesk", 401), ("__Host-vipdesk", 200)):
                told = own | {"Cookie": f"{name}={session}"}
                assert victim.get("/api/v1/sessions/current", headers=told).status_code == status


def set_by(answer: httpx2.Response) -> list[Morsel[str]]:
    """The cookies of an answer: the session's, and the mark of a browser that it was signed in with."""
    return [next(iter(SimpleCookie(each).values())) for each in answer.headers.get_list("set-cookie")]


def test_a_signed_out_session_is_dead_everywhere(desk: RunningDesk) -> None:
    with agent(desk, "Ben") as ben:
        cookie = ben.headers.get("Cookie") or "; ".join(f"{name}={value}" for name, value in ben.cookies.items())
        assert ben.delete("/api/v1/sessions/current").status_code == 204
        for path in ("/api/v1/sessions/current", "/api/v1/tickets"):
            assert ben.get(path, headers={"Cookie": cookie}).status_code == 401
        assert ben.get("/", headers={"Cookie": cookie}).headers["location"] == "/login"


def test_a_token_in_an_address_is_no_token(desk: RunningDesk) -> None:
    with contact(desk, KEY) as visitor:
        token = visitor.headers.pop("Authorization").removeprefix("Bearer ")
        for path in (f"/x/contact?token={token}", f"/x/contact/stream?token={token}", f"/files?token={token}"):
            assert visitor.post(path, json={"type": "hello"}).status_code == 401
