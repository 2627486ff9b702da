"""A mail server with the desk's mailbox, beside a running desk that reads it: what is given in is on a ticket soon."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any, Self, TypeVar

from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Endpoint, Password
from tests.support.copying import Place
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.running import RunningDesk
from tests.support.smtp_server import SmtpServer

ADDRESS = "hotels@larkfield.example"
PRIYA = "Priya Raman <priya.raman@brightwater.example>"
PROVEN = "mx.larkfield.example"
"""Our own server, whose word on a sender is believed."""
T = TypeVar("T")


class PostOffice:
    """`with PostOffice(desk) as office: office.takes(mail)`. The mailbox is Brightwater's, beside those of a demo."""

    def __init__(self, desk: RunningDesk, smtp: SmtpServer | None = None) -> None:
        """`smtp`: by which its mail leaves, run here; None: as the demo's."""
        self._desk = desk
        self._smtp = smtp
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._ended = asyncio.Event()
        self._port = 0

    def takes(self, *mails: EmailMessage | bytes) -> None:
        """As from the internet."""
        self._run(self._append([each if isinstance(each, bytes) else as_bytes(each) for each in mails]))

    async def _append(self, mails: list[bytes]) -> None:
        endpoint = Endpoint(host="127.0.0.1", port=self._port, security="plain", user=USER, auth=Password(SECRET))
        async with await Connection.open(endpoint) as box:
            for mail in mails:
                await box.append(mail, "INBOX")

    async def _serve(self, up: threading.Event) -> None:
        async with pymap_server() as server:
            self._port = server.port
            async with self._smtp or contextlib.nullcontext():
                up.set()
                await self._ended.wait()

    def __enter__(self) -> Self:
        self._thread.start()
        up = threading.Event()
        self._serving = asyncio.run_coroutine_threadsafe(self._serve(up), self._loop)
        assert up.wait(30)
        secret = self._desk.folder.parent / "password"
        secret.write_text(SECRET)
        self._added(
            "mail", "add", ADDRESS, "--host", "127.0.0.1", "--port", str(self._port), "--security", "plain",
            "--user", USER, "--customer", "Brightwater Hotels", "--trusts", PROVEN, "--password-file", str(secret),
            *self._way_out(),
        )  # fmt: skip
        return self

    def _way_out(self) -> tuple[str, ...]:
        if self._smtp is None:
            return ()
        return ("--smtp-host", "127.0.0.1", "--smtp-port", str(self._smtp.port), "--smtp-security", "plain",
                "--smtp-auth", "none", "--copies", "none")  # fmt: skip

    def _added(self, *arguments: str) -> None:
        """In a thread of its own: a browser's test has a loop in this one."""
        with ThreadPoolExecutor(1) as pool:
            pool.submit(Place(self._desk.folder).told, *arguments).result()

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._serving.result(30)
        self._run(_calmed())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def _run(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(60)


async def _calmed() -> None:
    """Lines that the desk still holds end here."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def letter(subject: str, text: str, sender: str = PRIYA, *, proven: bool = True, **fields: str) -> EmailMessage:
    """A mail to the desk; fields with `_` for `-`."""
    mail = EmailMessage()
    domain = sender.rpartition("@")[2].rstrip(">")
    mail["From"], mail["To"], mail["Subject"] = sender, fields.pop("To", f"Larkfield <{ADDRESS}>"), subject
    mail["Date"] = fields.pop("Date", "Wed, 04 Mar 2026 10:30:05 +0530")
    mail["Message-ID"] = fields.pop("Message_ID", f"<{abs(hash((subject, text)))}@{domain}>")
    if proven:
        mail["Authentication-Results"] = f"{PROVEN}; dmarc=pass header.from={domain}"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def as_bytes(mail: EmailMessage) -> bytes:
    """With the line ends of the wire."""
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
