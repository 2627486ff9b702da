"""A desk of many processes whose programs are replaced while people talk."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from tests.support.checker import check
from tests.support.client import Client
from tests.support.eventually import eventually
from tests.support.fleet import Fleet, Process
from tests.support.running import ROOT

FOLDERS = ("vipdesk", "routing", "store", "live", "desk", "mailbox", "server", "widget")
Talker = tuple[Client, str]
"""A client and the ticket they write to."""


async def start(desk: Fleet) -> None:
    """Two processes of each kind but the mailbox."""
    await desk.start("web")
    await asyncio.gather(*(desk.start(name) for name in ("web", "clock", "clock", "mailbox")))


@contextlib.asynccontextmanager
async def talking(people: Sequence[Talker], *, least: int, every_s: float = 0.0) -> AsyncIterator[None]:
    """Everybody writes until the end, and at least so often; a send that fails fails all."""
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for client, ticket in people:
            tasks.create_task(_talk(client, ticket, enough, least, every_s))
        yield
        enough.set()


async def _talk(client: Client, ticket: str, enough: asyncio.Event, least: int, every_s: float) -> None:
    number = 0
    while number < least or not enough.is_set():
        await client.ask("say", ticket=ticket, body=f"line {number}", timeout_s=30)
        number += 1
        if every_s:
            await asyncio.sleep(random.uniform(0.5, 1.5) * every_s)


async def renew(desk: Fleet) -> None:
    """One web after the other, as a deployment does. Raises AssertionError when one does not end well."""
    for old in _webs(desk):
        await desk.start("web")
        await _retire(desk, old)


async def mix(desk: Fleet, newer: Path) -> None:
    """The next program comes beside the old one, which is started once more on a record that is a step ahead of it."""
    old = _webs(desk)[0]
    await desk.start("web", newer)
    await _retire(desk, old)
    await desk.start("web")


def _webs(desk: Fleet) -> list[Process]:
    return [each for each in desk.processes if each.port]


async def _retire(desk: Fleet, old: Process) -> None:
    code = await old.stop()
    assert code == 0, f"a web ended with {code}"
    desk.processes.remove(old)


def next_program(folder: Path) -> Path:
    """This program with one step more: every message may have a mood."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    schema = folder / "store" / "schema" / "tickets.py"
    schema.write_text(schema.read_text() + '\nmessage.append_column(Column("mood", c.Text, nullable=True))\n')
    (folder / "store" / "migrations" / "m0002_mood.py").write_text(
        "WORKS_FROM = 1\nSTATEMENTS = dict.fromkeys(('sqlite', 'postgresql'), "
        "('ALTER TABLE message ADD COLUMN mood TEXT',))\n"
    )
    return folder


async def settle(people: Sequence[Talker], url: str, deadline_s: float = 20.0) -> list[str]:
    """What the invariant checker says once all have caught up."""
    caught_up = lambda: all(len(client.events(ticket)) >= len(client.log.acked) for client, ticket in people)  # noqa: E731
    await eventually(caught_up, deadline_s)
    return await asyncio.to_thread(check, url, [client.log for client, _ in people])
