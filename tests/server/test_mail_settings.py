"""A real mail server by three settings: its mailbox is made at the start, changed at the next, and no password told."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from server.environment import shown
from server.mail_urls import servers
from server.settings import SettingError, load
from tests.mailbox.imap.conftest import at
from tests.mailbox.office import MAIL
from tests.support.copying import Place
from tests.support.eventually import eventually
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.running import RunningDesk

ADDRESS = "support@larkfield.example"
WRONG = [
    ({"VIPDESK_IMAP_URL": "imaps://a:hush@h"}, "needs VIPDESK_MAIL_ADDRESS"),
    ({"VIPDESK_MAIL_ADDRESS": ADDRESS}, "need VIPDESK_IMAP_URL"),
    ({"VIPDESK_SMTP_URL": "smtps://a:hush@h"}, "need VIPDESK_IMAP_URL"),
    ({"VIPDESK_MAIL_ADDRESS": ADDRESS, "VIPDESK_IMAP_URL": "pop3://a:hush@h"}, "must begin with imaps://, imap+starttls://"),
    ({"VIPDESK_MAIL_ADDRESS": ADDRESS, "VIPDESK_IMAP_URL": "imaps://a@h"}, "needs user and password"),
    ({"VIPDESK_MAIL_ADDRESS": ADDRESS, "VIPDESK_IMAP_URL": "imaps://a:hush/hush@h"}, "%2F"),
    ({"VIPDESK_MAIL_ADDRESS": ADDRESS, "VIPDESK_IMAP_URL": "imaps://a:hush#@h"}, "%23"),
    ({"VIPDESK_MAIL_ADDRESS": ADDRESS, "VIPDESK_IMAP_URL": "imaps://[h:hush@x"}, "must be imaps://user"),
    ({"VIPDESK_MAIL_ADDRESS": ADDRESS, "VIPDESK_IMAP_URL": "imaps://a:b@h", "VIPDESK_SMTP_URL": "http://hush"}, "smtps://"),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "said"), WRONG)
def test_what_cannot_be_used_is_said_without_the_password(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError) as refused:
        load(environment)
    assert said in str(refused.value) and "hush" not in str(refused.value)


def test_addresses_are_taken_apart() -> None:
    found = servers(ADDRESS, "imap+starttls://an%40na:p%2Fw%40d@imap.example.com/Sp%C3%A4t/In", "smtp://localhost")
    assert found is not None
    read, sends = found
    assert sends is not None
    assert (read.security, read.host, read.port, read.user, read.password, read.folder) == (
        "starttls", "imap.example.com", 143, "an@na", "p/w@d", "Spät/In",
    )  # fmt: skip
    assert (sends.security, sends.host, sends.port, sends.user) == ("plain", "localhost", 25, "")
    assert "p/w@d" not in repr(found)


def test_their_passwords_are_shown_nowhere() -> None:
    settings = load({
        "VIPDESK_MAIL_ADDRESS": ADDRESS, "VIPDESK_IMAP_URL": "imaps://anna:hush@h", "VIPDESK_SMTP_URL": "smtps://a:hush@h",
    })  # fmt: skip
    assert "hush" not in str(shown(settings))


def boxes(folder: Path) -> list[tuple[str, dict[str, object]]]:
    with closing(sqlite3.connect(folder / "vipdesk.db")) as db:
        rows = db.execute("SELECT address, endpoint FROM mailbox ORDER BY address").fetchall()
        return [(address, json.loads(endpoint)) for address, endpoint in rows]


def said(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "vipdesk.db")) as db:
        [(count,)] = db.execute("SELECT count(*) FROM message WHERE channel = 'mail'").fetchall()
        return int(count)


def environment(port: int, user: str = USER, secret: str = SECRET) -> dict[str, str]:
    return {
        "VIPDESK_MAIL_ADDRESS": ADDRESS, "VIPDESK_SMTP_URL": "smtp+starttls://smtp.example.com",
        "VIPDESK_IMAP_URL": f"imap://{quote(user, safe='')}:{quote(secret, safe='')}@127.0.0.1:{port}",
    }  # fmt: skip


async def test_a_desk_reads_the_server_that_its_settings_name_and_the_next_one_from_its_next_start(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    await asyncio.to_thread(Place(folder).told, "setup", "--name", "Larkfield", "--admin", "jonas@larkfield.example")
    for number in (1, 2):
        async with pymap_server() as server:
            async with await Connection.open(at(server.port, user=USER, auth=Password(SECRET))) as connection:
                await connection.append(MAIL.format(id=f"mail{number}").encode(), "INBOX")
            desk = RunningDesk(folder, environment(server.port))
            await asyncio.to_thread(desk.start)
            try:
                await eventually(lambda number=number: said(folder) == number)  # type: ignore[misc]
            finally:
                await asyncio.to_thread(desk.stop)
            [(address, endpoint)] = boxes(folder)
            assert (address, endpoint["port"]) == (ADDRESS, server.port)
            assert endpoint["smtp"] == {
                "host": "smtp.example.com", "port": 587, "security": "starttls", "auth": "none",
            }  # fmt: skip
            assert SECRET not in desk.log.read_text() and quote(SECRET) not in desk.log.read_text()


async def test_a_server_elsewhere_without_encryption_is_refused_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await asyncio.to_thread(Place(folder).told, "setup", "--name", "Larkfield", "--admin", "jonas@larkfield.example")
    given = environment(1) | {"VIPDESK_IMAP_URL": "imap://anna:hush@imap.example.com"}
    desk = RunningDesk(folder, given)
    with pytest.raises(RuntimeError):
        await asyncio.to_thread(desk.start)
    told = desk.log.read_text()
    assert "VIPDESK_IMAP_URL: Without encryption only a server on this machine is read." in told and "hush" not in told
    assert "Traceback" not in told
