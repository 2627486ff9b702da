"""`vipdesk mail …`: mailboxes by commands, what is wrong with one explained, and a test that names the failing step."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from tests.mailbox.imap.conftest import at
from tests.mailbox.office import MAIL
from tests.support.copying import Place
from tests.support.imap_pymap import SECRET, USER, pymap_server

ADDRESS = "brightwater@larkfield.example"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("mail")
    made = Place(folder / "data")
    made.run("demo")
    return made


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with pymap_server() as server:
        yield server.port


def password(folder: Path, text: str = SECRET) -> str:
    path = folder / "password"
    path.write_text(text + "\n")
    return str(path)


async def test_a_mailbox_is_added_tested_changed_and_its_secret_told_nowhere(
    place: Place, port: int, tmp_path: Path
) -> None:
    told = await asyncio.to_thread(
        place.told, "mail", "add", ADDRESS, "--host", "127.0.0.1", "--port", str(port), "--security", "plain",
        "--user", USER, "--customer", "Brightwater Hotels", "--password-file", password(tmp_path),
    )  # fmt: skip
    assert (told["address"], told["customer"], told["folder"], told["active"]) == (
        ADDRESS,
        "brightwater",
        "INBOX",
        True,
    )
    assert SECRET not in str(told)
    found = await asyncio.to_thread(place.told, "mail", "test", ADDRESS)
    [imap] = found["ways"]
    assert (imap["failed"], imap["mails"]) == (None, 0)
    code, out, _ = await asyncio.to_thread(place.run, "mail", "change", ADDRESS, "--folder", "No such folder")
    assert code == 0 and "No such folder" in out
    code, out, _ = await asyncio.to_thread(place.run, "mail", "test", ADDRESS)
    assert code == 1 and f"{ADDRESS}: imap: the step select failed" in out
    await asyncio.to_thread(place.told, "mail", "change", ADDRESS, "--password-file", password(tmp_path, "wrong"))
    code, out, _ = await asyncio.to_thread(place.run, "mail", "test", ADDRESS)
    assert code == 1 and "the step login failed" in out
    [row] = await asyncio.to_thread(place.told, "mail", "list")
    assert row["address"] == ADDRESS and "wrong" not in str(row)
    assert (await asyncio.to_thread(place.told, "mail", "change", ADDRESS, "--no-active"))["active"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "imap.example.com"), "Enter the password of the mailbox."),
        (("--host", "imap.example.com", "--security", "plain"), "Without encryption only a server on this machine"),
        (("--host", ""), "Enter the name of the IMAP server"),
        (("--host", "imap.example.com", "--port", "0"), "0 does not fit; enter a number from 1 to 65535."),
        (("--host", "imap.example.com", "--auth", "magic"), "“magic” is not among password, xoauth2, oauthbearer."),
        (("--host", "imap.example.com", "--auth", "xoauth2"), "Enter the address at which tokens are given"),
        (("--host", "imap.example.com", "--customer", "nobody"), "There is no customer nobody."),
        (("--host", "imap.example.com", "--password-file", os.devnull + "/x"), "cannot be read"),
    ],
)
def test_what_is_wrong_is_explained(place: Place, arguments: tuple[str, ...], said: str) -> None:
    assert said in place.refused("mail", "add", "other@larkfield.example", *arguments)
    assert "other@" not in str(place.told("mail", "list"))


def test_an_address_is_read_once(place: Place, tmp_path: Path) -> None:
    given = ("--host", "imap.example.com", "--password-file", password(tmp_path))
    place.told("mail", "add", "twice@larkfield.example", *given)
    assert "twice@larkfield.example is read already." in place.refused("mail", "add", "Twice@Larkfield.example", *given)


def test_a_mailbox_is_told_by_the_names_of_the_options_that_change_it(place: Place, tmp_path: Path) -> None:
    code, told, _ = place.run(
        "mail", "add", "read@larkfield.example", "--host", "imap.larkfield.example", "--trusts", "a.example,b.example",
        "--smtp-host", "smtp.larkfield.example", "--plus", "--password-file", password(tmp_path),
    )  # fmt: skip
    assert code == 0 and not set("{}'[]") & set(told)
    lines = [line.split(None, 1) for line in told.splitlines()]
    for line in (
        ["host", "imap.larkfield.example"], ["trusts", "a.example, b.example"], ["smtp-host", "smtp.larkfield.example"],
        ["smtp-port", "587"], ["smtp-security", "starttls"], ["plus", "yes"],
    ):  # fmt: skip
        assert line in lines


async def test_a_mailbox_is_compared_when_asked_and_what_is_missing_is_stored(
    place: Place, port: int, tmp_path: Path
) -> None:
    address = "compared@larkfield.example"
    await asyncio.to_thread(
        place.told, "mail", "add", address, "--host", "127.0.0.1", "--port", str(port), "--security", "plain",
        "--user", USER, "--password-file", password(tmp_path),
    )  # fmt: skip
    code, out, _ = await asyncio.to_thread(place.run, "mail", "reconcile", address)
    assert code == 0 and f"{address}: All 0 mails of the last 30 days stand in the record." in out
    async with await Connection.open(at(port, user=USER, auth=Password(SECRET))) as server:
        await server.append(MAIL.format(id="one").encode(), "INBOX", seen=True)
    for missing in (1, 0):
        [found] = await asyncio.to_thread(place.told, "mail", "reconcile", address, "--days", "7")
        assert (found["mails"], found["missing"], found["days"], found["why"]) == (1, missing, 7, "asked")
    [health] = [each for each in await asyncio.to_thread(health_of, place) if each["address"] == address]
    assert health["reconciled"]["missing"] == 0 and health["backlog"] == {"stored": 1}
    await asyncio.to_thread(place.told, "mail", "change", address, "--password-file", password(tmp_path, "wrong"))
    code, out, _ = await asyncio.to_thread(place.run, "mail", "reconcile", address)
    assert code == 1 and f"{address}: the step login failed" in out
    assert "--days: it must be a number of days" in place.run("mail", "reconcile", "--days", "0")[2]


def test_mails_are_taken_from_files_once(place: Place, tmp_path: Path) -> None:
    address = "imported@larkfield.example"
    place.told(
        "mail", "add", address, "--host", "imap.example.com", "--no-active", "--password-file", password(tmp_path)
    )
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "one.eml").write_text(MAIL.format(id="imported"), newline="")
    (folder / "old.mbox").write_text("From x Wed Mar  4 09:00:00 2026\n" + MAIL.format(id="old").replace("\r\n", "\n"))
    told = place.told("mail", "import", str(folder), "--mailbox", address)
    assert (told["found"], told["new"], told["landed"], told["refused"]) == (2, 2, 2, 0)
    code, out, _ = place.run("mail", "import", str(folder), "--mailbox", address)
    assert code == 0 and f"{address}: 2 mails found, 0 taken, 2 were there already." in out
    (folder / "empty.eml").write_bytes(b"")
    code, out, _ = place.run("mail", "import", str(folder), "--mailbox", address)
    assert code == 1 and "empty.eml: It is empty." in out
    assert "Say whose mails they are: --mailbox ADDRESS." in place.refused("mail", "import", str(folder))
    assert f"There is no {tmp_path / 'nowhere'}." in place.refused(
        "mail", "import", str(tmp_path / "nowhere"), "--mailbox", address
    )


def test_mail_of_somebody_who_was_erased_is_not_taken_again(place: Place, tmp_path: Path) -> None:
    address = "erased@larkfield.example"
    place.told(
        "mail", "add", address, "--host", "imap.example.com", "--no-active", "--password-file", password(tmp_path)
    )
    raw = MAIL.format(id="canary").replace("priya.raman@", "nora.hale@").replace("Priya Raman", "Nora Hale")
    (tmp_path / "canary.eml").write_text(raw, newline="")
    taken = ("mail", "import", str(tmp_path / "canary.eml"), "--mailbox", address)
    assert place.told(*taken)["landed"] == 1
    place.told("contact", "erase", "nora.hale@brightwater.example", "--customer", "Brightwater Hotels")
    copy = "Received: by mx.larkfield.example; Wed, 4 Mar 2026 09:00:01 +0000\r\n" + raw
    (tmp_path / "canary.eml").write_text(copy, newline="")
    told = place.told(*taken)
    assert (told["new"], told["landed"], told["erased"]) == (1, 0, 1)
    with closing(sqlite3.connect(place.data / "vipdesk.db")) as db:
        left = [
            str(row)
            for table in ("message", "event", "mail_item", "contact")
            for row in db.execute(f"SELECT * FROM {table}")
        ]
    assert [row for row in left if "canary" in row or "nora.hale" in row.lower()] == []


def health_of(place: Place) -> list[dict[str, Any]]:
    return list(json.loads(place.run("mail", "health", "--json")[1]))
