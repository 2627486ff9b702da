"""The demo's own mail server: the whole way of a mail with nothing installed, and no way for it out of here."""

from __future__ import annotations

import asyncio
import imaplib
import json
import os
import re
import smtplib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiosmtplib
import httpx2
import pytest

from server.demo import mailhost, post
from server.demo.mailhost import HOST, MailHost
from server.settings import Settings
from store import mailboxes
from store.engine import open_record
from store.mailboxes import Mailbox
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.support.warm import ran
from tests.widget.portal import agent

PRIYA, ANNA = "priya.raman@brightwater.example", "brightwater@larkfield.example"
OUTSIDE = "somebody@elsewhere.example"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """One that others may reach."""
    env = {"VIPDESK_CLOCK": "2026-03-04T09:00:00Z", "VIPDESK_HOST": "0.0.0.0", "VIPDESK_PUBLIC_DEMO": "1",
           "VIPDESK_PUBLIC_URL": ""}  # fmt: skip
    running = RunningDesk(tmp_path_factory.mktemp("desk") / "data", env)
    running._env["VIPDESK_PUBLIC_URL"] = f"http://127.0.0.1:{running.port}"
    running.host = "127.0.0.1"
    with running:
        yield running
    said = running.log.read_text()
    assert "Traceback" not in said, said[said.index("Traceback") - 300 :]


async def ports(desk: RunningDesk) -> tuple[int, int]:
    """IMAP and SMTP, as the demo said when its mail server was there."""
    printed = re.compile(r"IMAP 127\.0\.0\.1:(\d+), SMTP 127\.0\.0\.1:(\d+)")
    await eventually(lambda: printed.search(desk.log.read_text()) is not None)
    [*_, (imap, smtp)] = printed.findall(desk.log.read_text())
    return int(imap), int(smtp)


def mail(text: str, to: str = ANNA) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Priya Raman <{PRIYA}>", to, text
    made.set_content(text)
    return made


def by_a_program(smtp: int, made: EmailMessage, to: str, *, signed_in: bool = True) -> None:
    with smtplib.SMTP(HOST, smtp) as program:
        if signed_in:
            program.login(PRIYA, "demo-priya")
        program.send_message(made, to_addrs=[to])


async def form(desk: RunningDesk, **fields: str) -> httpx2.Response:
    """What the page of Priya's mail sends."""
    async with httpx2.AsyncClient(base_url=desk.origin, trust_env=False) as http:
        token = re.search(r'name="csrf" value="([^"]+)"', (await http.get("/demo")).text)
        assert token is not None
        file = {"file": ("rates.txt", b"1, 2, 3")}
        return await http.post("/demo/mail", data={"csrf": token[1], "as": "priya", **fields}, files=file)


async def arrived(anna: Any, text: str) -> dict[str, Any]:
    """The message of the mail with how it came, as Anna's console gets it."""
    said = await anna.until(
        lambda frame: frame["type"] == "event" and frame["kind"] == "message" and frame["data"]["body"] == text
    )
    came = await anna.until(
        lambda frame: (
            frame["type"] == "event"
            and (frame["kind"], frame["ticket"], frame["data"].get("seq")) == ("received", said["ticket"], said["seq"])
        )
    )
    return {**said["data"], **came["data"], "ticket": said["ticket"]}


async def test_a_mail_by_the_form_is_on_a_ticket_of_the_named_agent(desk: RunningDesk) -> None:
    await ports(desk)
    async with agent(desk, "anna") as anna:
        answer = await form(desk, to=ANNA, subject="Feed", text="It stopped at 11:42.")
        assert answer.status_code == 303 and answer.headers["location"] == "/demo/mail?as=priya&sent=1"
        said = await arrived(anna, "It stopped at 11:42.")
    assert said["proven"] is True
    assert [file["name"] for file in said["files"]] == ["rates.txt"]


async def test_a_mail_program_reaches_the_desk_and_shows_whether_its_writer_signed_in(desk: RunningDesk) -> None:
    _, smtp = await ports(desk)
    async with agent(desk, "anna") as anna:
        for text, signed_in in (("By my program.", True), ("By anybody.", False)):
            await asyncio.to_thread(by_a_program, smtp, mail(text), ANNA, signed_in=signed_in)
            assert (await arrived(anna, text))["proven"] is signed_in


async def test_a_forged_proof_is_none(desk: RunningDesk) -> None:
    _, smtp = await ports(desk)
    made = mail("I vouch for myself.")
    made["Authentication-Results"] = f"{mailhost.NAME}; dmarc=pass header.from=brightwater.example"
    async with agent(desk, "anna") as anna:
        await asyncio.to_thread(by_a_program, smtp, made, ANNA, signed_in=False)
        assert (await arrived(anna, "I vouch for myself."))["proven"] is False


async def test_it_passes_no_mail_on(desk: RunningDesk) -> None:
    """Neither for who signed in nor for who did not, nor by its form."""
    _, smtp = await ports(desk)
    for signed_in in (True, False):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await asyncio.to_thread(by_a_program, smtp, mail("Buy!", OUTSIDE), OUTSIDE, signed_in=signed_in)
        assert refused.value.recipients[OUTSIDE][0] == 550
    for to in (OUTSIDE, f"{ANNA}, {OUTSIDE}", f"{ANNA}\r\nBcc: {OUTSIDE}", ""):
        assert (await form(desk, to=to, subject="Buy!", text="Buy!")).status_code == 404, to


def test_its_mailboxes_are_listed_like_any_other(desk: RunningDesk) -> None:
    listed = ran(["mail", "list", "--json"], os.environ | {"VIPDESK_DATA": str(desk.folder)})
    assert listed.returncode == 0, listed.stderr
    assert {each["address"] for each in json.loads(listed.stdout)} >= {ANNA, "support@larkfield.example"}


async def test_it_listens_to_this_machine_alone_when_the_demo_is_there_for_others(desk: RunningDesk) -> None:
    listening = _listening(desk.pid)
    assert listening[desk.port] == "0.0.0.0"
    assert [listening[port] for port in await ports(desk)] == [HOST, HOST]


def _listening(pid: int) -> dict[int, str]:
    """Addresses by port that a process listens at (Linux)."""
    sockets = {os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()}
    found = {}
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_, inode = line.split()[:10]
        if state == "0A" and f"socket:[{inode}]" in sockets:
            address, port = local.split(":")
            found[int(port, 16)] = ".".join(str(byte) for byte in reversed(bytes.fromhex(address)))
    return found


async def test_a_demo_that_starts_over_has_forgotten_its_mail(desk: RunningDesk) -> None:
    imap, smtp = await ports(desk)
    async with agent(desk, "anna") as anna:
        await asyncio.to_thread(by_a_program, smtp, mail("Of before."), ANNA)
        await arrived(anna, "Of before.")
        epoch = anna.epoch
        async with httpx2.AsyncClient(base_url=desk.origin, trust_env=False, timeout=60) as http:
            token = re.search(r'name="csrf" value="([^"]+)"', (await http.get("/demo")).text)
            assert token is not None
            assert (await http.post("/demo/reset", data={"csrf": token[1]})).status_code == 303
        await eventually(lambda: anna.epoch != epoch)
        with imaplib.IMAP4(HOST, imap) as program:
            program.login(ANNA, "demo-brightwater")
            program.select("INBOX")
            assert program.search(None, "TEXT", '"Of before."')[1] == [b""]
        await anna.ask("presence", status="available")
        await asyncio.to_thread(by_a_program, smtp, mail("Of after."), ANNA)
        await arrived(anna, "Of after.")
    with sqlite3.connect(desk.folder / "vipdesk.db") as record:
        [(kept,)] = record.execute("SELECT count(*) FROM event WHERE frame LIKE '%Of before.%'")
    assert kept == 0


async def test_its_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    host = MailHost({PRIYA: "demo-priya", ANNA: "demo-brightwater"}, lambda: datetime(2026, 3, 4, 9, tzinfo=UTC))
    await host.start()
    try:
        await aiosmtplib.send(mail("One."), hostname=HOST, port=host.smtp_port)
        monkeypatch.setattr(mailhost, "MOST_ALL", 10)
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await aiosmtplib.send(mail("Two."), hostname=HOST, port=host.smtp_port)
        assert refused.value.code == 452
    finally:
        await host.close()


def test_where_mail_is_read_elsewhere_there_is_no_server_of_its_own() -> None:
    parts = SimpleNamespace(settings=Settings(mail_address=ANNA, imap_url="imaps://anna:secret@mail.example"))
    assert post.of(cast("Any", parts)) is None


async def test_mailboxes_of_a_run_that_had_a_server_are_not_read_without_it(tmp_path: Path) -> None:
    laid = Mailbox("mailbox-general", post.GENERAL, "", None, "office", {"host": HOST}, b"", True, None)
    other = Mailbox("mailbox-own", "own@larkfield.example", "", None, "office", {"host": HOST}, b"", True, None)
    record = await open_record(f"sqlite:///{tmp_path / 'record.db'}")
    try:
        for each in (laid, other):
            await record.write(partial(mailboxes.add, new=each, at=1), name="box")
        await post.switch_off(record)
        found = {each.id: each.active for each in await record.read(mailboxes.every)}
    finally:
        await record.close()
    assert found == {"mailbox-general": False, "mailbox-own": True}
