"""The product itself reads a mailbox that a command added: what arrives is in its agent's console."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from tests.mailbox.imap.conftest import at
from tests.support.copying import Place
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.running import RunningDesk
from tests.widget.portal import agent

MAIL = (
    b"From: Priya Raman <priya.raman@brightwater.example>\r\nTo: hotels@larkfield.example\r\n"
    b"Message-ID: <1@brightwater.example>\r\nSubject: Feed stopped\r\n\r\nSince 11:42.\r\n"
)


async def test_a_mail_is_in_the_console_of_its_agent(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(SECRET)
    async with pymap_server() as server:
        with RunningDesk(tmp_path / "data") as desk:
            await asyncio.to_thread(
                Place(desk.folder).told, "mail", "add", "hotels@larkfield.example", "--host", "127.0.0.1",
                "--port", str(server.port), "--security", "plain", "--user", USER,
                "--customer", "Brightwater Hotels", "--password-file", str(tmp_path / "password"),
            )  # fmt: skip
            async with agent(desk, "anna") as anna:
                async with await Connection.open(at(server.port, user=USER, auth=Password(SECRET))) as box:
                    await box.append(MAIL, "INBOX")
                inbox = await anna.until(lambda frame: frame["type"] == "inbox" and frame.get("channel") == "mail")
                assert (inbox["subject"], inbox["contact"]["name"]) == ("Feed stopped", "Priya Raman")
                assert inbox["owner"]["id"] == "anna"
                said = await anna.until(lambda frame: frame["type"] == "event" and frame["kind"] == "message")
                assert said["data"]["body"] == "Since 11:42." and said["data"]["channel"] == "mail"
