"""Mailboxes by forms: added, changed, tested and seen to, without a script; secrets are shown nowhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from html import unescape

import httpx2
import pytest

from tests.pages.making import Admin, made
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.running import RunningDesk

ADDRESS = "support@larkfield.example"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of an IMAP server that runs in a thread of its own."""
    ports: list[int] = []
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with pymap_server() as server:
            ports.append(server.port)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait()
    yield ports[0]
    over.set()
    thread.join()


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    desk = RunningDesk(tmp_path_factory.mktemp("real") / "data")
    link = made(desk)
    with desk:
        admin = Admin(desk, link)
        yield admin
        admin.close()


def fields(at_port: int, /, **others: object) -> dict[str, object]:
    """As a browser sends the form."""
    return {
        "address": ADDRESS, "name": "Larkfield", "customer": "", "calendar": "office", "active": "on",
        "host": "127.0.0.1", "port": at_port, "security": "plain", "user": USER, "auth": "password", "password": SECRET,
        "folder": "INBOX", "grant": "refresh_token", "smtp_port": 587, "smtp_security": "starttls",
        "smtp_auth": "password", "copies": "none",
    } | others  # fmt: skip


def beside(page: str, field: str) -> str:
    return unescape(page.split(f'id="{field}-e"')[1].split("<span>")[1].split("</span>")[0])


@pytest.fixture(scope="module")
def kept(admin: Admin, port: int) -> str:
    """The path of a mailbox that is read."""
    admin.post("/admin/mailboxes/new", **fields(port))
    assert admin.page.status_code == 200 and "saved" in str(admin.page.url), admin.page.text
    return str(admin.page.url.path)


def test_it_is_tested_and_the_step_that_fails_is_named(admin: Admin, kept: str, port: int) -> None:
    page = admin.post(f"{kept}/test")
    assert "Mail can be read." in page
    admin.post(kept, **fields(port, password="wrong"))
    page = unescape(admin.post(f"{kept}/test"))
    assert "Signing in is refused." in page and "wrong" not in page
    admin.post(kept, **fields(port, password=""))
    assert "Signing in is refused." in unescape(admin.post(f"{kept}/test")), "what was not entered stays"
    admin.post(kept, **fields(port))
    assert "Mail can be read." in admin.post(f"{kept}/test")


def test_how_it_is_stands_in_the_list_on_its_page_in_health_and_metrics(admin: Admin, kept: str) -> None:
    def asked() -> bool:
        return "Last answer of its server" in admin.get(kept)

    waited = next((True for _ in range(600) if asked() or threading.Event().wait(0.05)), False)
    assert waited, admin.page.text
    assert "Read by" in admin.page.text
    listed = unescape(admin.get("/admin/mailboxes"))
    assert ADDRESS in listed and "the pool's general address" in listed
    assert "Mailboxes" in admin.get("/admin/health")
    id = kept.rpartition("/")[2]
    metrics = admin.http.get("/metrics").text
    assert f'vipdesk_mailbox_ok{{mailbox="{id}"}} 1.0' in metrics
    assert f'vipdesk_mailbox_behind{{mailbox="{id}"}} 0.0' in metrics and ADDRESS not in metrics
    assert admin.http.get("/ready").json()["mailboxes"] == "ok"


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"address": "nobody"}, "address", "Enter a mail address such as"),
        ({"host": ""}, "host", "Enter the name of the IMAP server"),
        ({"host": "imap.example.com"}, "security", "Without encryption only a server on this machine is read."),
        ({"port": "many"}, "port", "Enter a whole number from 1 to 65535."),
        ({"calendar": ""}, "calendar", "Choose the office hours"),
        ({"smtp_host": "smtp.example.com", "smtp_port": "0"}, "smtp_port", "0 does not fit"),
        ({"smtp_host": "smtp.example.com", "smtp_security": "plain"}, "smtp_security", "on this machine only"),
        ({"smtp_host": "smtp.example.com", "smtp_auth": "same"}, "smtp_auth", "has no token"),
        ({"smtp_host": "smtp.example.com", "copies": "plus"}, "copies", "this server takes none"),
        ({"auth": "xoauth2"}, "token_url", "Enter the address at which tokens are given"),
        ({"since": "soon"}, "since", "is not a day"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_entered_is_lost(
    admin: Admin, port: int, wrong: dict[str, object], field: str, said: str
) -> None:
    page = admin.post("/admin/mailboxes/new", **fields(port, **({"address": "new@larkfield.example"} | wrong)))
    assert said in beside(page, field)
    assert 'value="Larkfield"' in page and SECRET not in unescape(page)
    assert "new@larkfield.example" not in admin.get("/admin/mailboxes")


def test_how_it_sends_is_kept_and_its_secret_shown_nowhere(admin: Admin, kept: str, port: int) -> None:
    given = fields(
        port, smtp_host="smtp.example.com", smtp_port=465, smtp_security="tls", smtp_user="sender",
        smtp_password="hush-hush", plus="on", copies="plus", sent="Sent Items",
    )  # fmt: skip
    page = admin.post(kept, **given)
    assert 'value="smtp.example.com"' in page and 'value="465"' in page and 'value="sender"' in page
    assert 'value="Sent Items"' in page
    assert "hush-hush" not in page and "hush-hush" not in admin.get("/admin/audit")
    admin.post(kept, **(given | {"smtp_password": "", "password": ""}))
    assert admin.page.status_code == 200, "secrets that were not entered stay"


def test_switched_off_it_is_read_no_more_and_says_so(admin: Admin, kept: str, port: int) -> None:
    off = {name: value for name, value in fields(port).items() if name != "active"}
    assert "It is switched off." in admin.post(kept, **off)
    assert "vipdesk_mailbox_ok{mailbox=" not in admin.http.get("/metrics").text
    admin.post(kept, **fields(port))


def test_for_who_is_no_admin_there_is_nothing_there(admin: Admin, kept: str) -> None:
    with httpx2.Client(base_url=str(admin.http.base_url)) as nobody:
        for path in ("/admin/mailboxes", "/admin/mailboxes/new", kept):
            assert nobody.get(path).status_code == 303
    assert admin.http.get("/admin/mailboxes/none").status_code == 404
    assert admin.http.get(f"{kept}/test").url.path == kept
