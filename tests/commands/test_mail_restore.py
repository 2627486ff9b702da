"""A backup of before is put in place: mail that came since lies on its server, handled and moved, and is read again."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from mailbox.errors import MailError
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from tests.mailbox.imap.conftest import at
from tests.mailbox.office import MAIL
from tests.support.copying import Place
from tests.support.eventually import eventually
from tests.support.imap_pymap import SECRET, USER, pymap_server
from tests.support.running import RunningDesk

ADDRESS = "support@larkfield.example"


def said(folder: Path) -> Counter[str]:
    with closing(sqlite3.connect(folder / "vipdesk.db")) as db:
        rows = db.execute("SELECT body FROM message WHERE channel = 'mail'").fetchall()
        return Counter(body.removeprefix("It stopped: ").removesuffix(".") for (body,) in rows)


async def in_done(port: int) -> int:
    async with await Connection.open(at(port, user=USER, auth=Password(SECRET))) as server:
        try:
            return (await server.select("Vipdesk/Done")).exists
        except MailError:
            return 0


async def test_what_came_since_the_backup_is_on_its_tickets_again_and_nothing_twice(tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    await asyncio.to_thread(place.told, "setup", "--name", "Larkfield", "--admin", "jonas@larkfield.example")
    async with pymap_server() as server:
        (tmp_path / "password").write_text(SECRET)
        await asyncio.to_thread(
            place.told, "mail", "add", ADDRESS, "--host", "127.0.0.1", "--port", str(server.port), "--security",
            "plain", "--user", USER, "--done", "Vipdesk/Done", "--password-file", str(tmp_path / "password"),
        )  # fmt: skip
        desk = RunningDesk(place.data)

        async def comes(id: str) -> None:
            """It lands, and is moved."""
            before = await in_done(server.port)
            async with await Connection.open(at(server.port, user=USER, auth=Password(SECRET))) as connection:
                await connection.append(MAIL.format(id=id).encode(), "INBOX")

            async def seen_to() -> bool:
                return said(place.data)[id] == 1 and await in_done(server.port) == before + 1

            await eventually(seen_to, 40.0)

        await asyncio.to_thread(desk.start)
        try:
            await comes("before")
            await asyncio.to_thread(place.told, "backup", str(tmp_path / "backups"))
            await comes("since one")
            await comes("since two")
            await asyncio.to_thread(desk.stop)
            await asyncio.to_thread(place.told, "restore", str(tmp_path / "backups"), "--replace")
            assert said(place.data) == {"before": 1}
            await asyncio.to_thread(desk.start)
            await eventually(lambda: said(place.data) == {"before": 1, "since one": 1, "since two": 1}, 40.0)
            code, out, _ = await asyncio.to_thread(place.run, "mail", "health", "--json")
        finally:
            await asyncio.to_thread(desk.stop)
        [health] = json.loads(out)
        assert code == 0 and (health["reconciled"]["why"], health["reconciled"]["missing"]) == ("restore", 2)
        assert await in_done(server.port) == 3
