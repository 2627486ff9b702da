"""Whoever is told to stop stops, also while they are about something that ends as well."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from desk.clock import SystemClock
from desk.desk import Desk
from desk.letters import Around
from live.memory import MemoryLive
from mailbox.holding import Holding
from mailbox.reading import Reader
from mailbox.service import Mailboxes
from store import mailboxes, singletons
from store.engine import Record
from store.singletons import Superseded
from tests.mailbox.office import Office, Parser
from tests.support.eventually import calm, eventually
from tests.support.world import SEALER


class Silent:
    """A server that greets and says no more."""

    def __init__(self) -> None:
        self.comers = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.comers += 1
        writer.write(b"* OK\r\n")
        await reader.read()
        writer.close()


def polling(office: Office) -> asyncio.Task[None]:
    """What polls the mailboxes of a desk."""
    reader = Reader(office.record, office.blobs, SEALER, Parser(), lambda keys: ())
    desk = Desk(office.record, MemoryLive(), SystemClock())
    return asyncio.create_task(Mailboxes(desk, office.blobs, SEALER, reader, Around()).run())


async def test_a_stop_while_a_changed_mailbox_is_let_go_is_a_stop(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, giving_up, goes_on = Silent(), threading.Event(), threading.Event()
    release = singletons.release

    def slowly(*of: Any, **which: Any) -> None:
        giving_up.set()
        goes_on.wait(30)
        release(*of, **which)

    monkeypatch.setattr(singletons, "release", slowly)
    async with await asyncio.start_server(server.talk, "127.0.0.1", 0) as listener:
        await office.begin(port=listener.sockets[0].getsockname()[1])
        task = polling(office)
        await eventually(lambda: server.comers == 1)
        changed = replace(office.box, name="Larkfield again")
        await office.record.write(lambda opened: mailboxes.change(opened, changed), name="box")
        await eventually(giving_up.is_set)
        task.cancel()
        await calm()
        goes_on.set()
        await eventually(task.done)
        assert task.cancelled()
        assert server.comers == 1, "nobody begins anew"


async def test_a_stop_of_work_that_another_took_over_is_a_stop(record: Record) -> None:
    fences: list[int] = []

    async def work(fence: int) -> None:
        fences.append(fence)
        try:
            await asyncio.Event().wait()
        finally:
            if len(fences) == 1:
                raise Superseded("box")

    task = asyncio.create_task(Holding(record, SystemClock(), "mailbox box", "I").run(work))
    await eventually(lambda: len(fences) == 1)
    task.cancel()
    await eventually(task.done)
    assert task.cancelled()
