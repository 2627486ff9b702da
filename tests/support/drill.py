"""The drill: a desk is backed up under load, goes on, is killed, is restored elsewhere, and its clients come back.

What was acknowledged before the backup is there once; the clients are told that what they saw later is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from server.demo.client import ClientLog
from tests.support.checker import check
from tests.support.copying import Place
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.support.talking import Talker, ready, talker

ATTACHED = b"what was attached before the backup " * 1000


@dataclass
class Drill:
    """`urls`: of the two databases, empty for SQLite; `port`s: of the desk, the same after the restore."""

    folder: Path
    urls: tuple[str, str]
    talkers: int = 3
    lines: int = 40
    broken: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """All of it; what did not hold is in `broken`."""
        target = self.folder / "target"
        desk = RunningDesk(self.folder / "data", {"VIPDESK_DATABASE_URL": self.urls[0]})
        desk.start()
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(desk.stop)
            people = [await stack.enter_async_context(talker(desk)) for _ in range(self.talkers)]
            await _all(people, lambda each: each.say(self.lines))
            attached = await self._attach(desk, people[0])
            before = [replace(each.log, acked=dict(each.log.acked)) for each in people]
            epochs = {each.client.epoch for each in people}
            async with _talking(people):
                await _command(desk, self.urls[0], 0, "backup", str(target))
                self._hold(ready(desk)[1].get("backup") == "0 minutes old", "the age of the backup is not in /ready")
                self._hold(0 <= _age_s(desk) < 600, "the age of the backup is not in /metrics")
                said = await _command(desk, self.urls[0], 1, "restore", str(target), "--replace")
                self._hold("Stop all its processes first" in said, f"restored over a running desk: {said}")
                await _all(people, lambda each: each.say(self.lines))
                desk.kill()
                back = self._elsewhere(desk)
                await _command(back, self.urls[1], 0, "restore", str(target))
                shutil.copy(self.folder / "data" / "secret.key", back.folder)
                back.start()
                stack.callback(back.stop)
                await _all(people, lambda each: each.client.until(lambda frame: frame["type"] == "reset", 60))
            self._hold(epochs.isdisjoint(each.client.epoch for each in people), "the epoch is that of before")
            await _all(people, lambda each: each.say(5))
            await self._judge(back, people, before, attached)

    def _elsewhere(self, desk: RunningDesk) -> RunningDesk:
        """Another folder and database under the address that the clients know."""
        env = {"VIPDESK_DATABASE_URL": self.urls[1], "VIPDESK_PORT": str(desk.port)}
        back = RunningDesk(self.folder / "elsewhere", env)
        back.port = desk.port
        return back

    async def _attach(self, desk: RunningDesk, person: Talker) -> str:
        """A message with a file; the file's id."""
        async with _asking(desk, person) as http:
            kept = (await http.post("/files", files={"file": ("rates.csv", ATTACHED)})).json()["file"]
        await person.client.ask("say", ticket=person.ticket, body="See the file.", files=[kept])
        return str(kept)

    async def _judge(self, desk: RunningDesk, people: list[Talker], before: list[ClientLog], attached: str) -> None:
        url = self.urls[1] or f"sqlite:///{self.folder / 'elsewhere' / 'vipdesk.db'}"
        shown = [each.log for each in people]
        heads = {each.ticket: each.client for each in people}

        async def caught_up() -> bool:
            return not check(url, [replace(log, acked={}) for log in shown])

        try:
            await eventually(caught_up)
        except AssertionError:
            self.broken += check(url, [replace(log, acked={}) for log in shown])
        self.broken += check(url, [replace(log, shown={}, started_after={}) for log in before], settled=False)
        self._hold(len(heads) == self.talkers, "two people were given one ticket")
        self._hold(all(len(log.acked) > self.lines for log in before), "nothing was acknowledged before the backup")
        link = await people[0].client.ask("link", ticket=people[0].ticket, file=attached)
        async with _asking(desk, people[0]) as http:
            self._hold((await http.get(link["url"])).content == ATTACHED, "the attachment is not what it was")
        await _command(desk, self.urls[1], 0, "audit", "verify")

    def _hold(self, holds: bool, sentence: str) -> None:
        if not holds:
            self.broken.append(sentence)


async def _all(people: list[Talker], do: Callable[[Talker], Awaitable[Any]]) -> None:
    await asyncio.gather(*(do(each) for each in people))


@contextlib.asynccontextmanager
async def _talking(people: list[Talker]) -> AsyncIterator[None]:
    """Each says one line after the other, whatever happens to the desk."""

    async def talk(person: Talker) -> None:
        number = 0
        while True:
            number += 1
            await person.client.ask("say", ticket=person.ticket, body=f"meanwhile {number}", timeout_s=90)

    tasks = [asyncio.create_task(talk(each)) for each in people]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _command(desk: RunningDesk, url: str, code: int, *arguments: str) -> str:
    """What `vipdesk …` says beside the desk. Raises AssertionError for another exit code."""
    ended, out, err = await asyncio.to_thread(Place(desk.folder, url).run, *arguments)
    assert ended == code, err
    return out + err


def _asking(desk: RunningDesk, person: Talker) -> httpx2.AsyncClient:
    headers = {"Origin": desk.origin, "Authorization": f"Bearer {person.client.credentials.token}"}
    return httpx2.AsyncClient(base_url=desk.origin, headers=headers, trust_env=False, timeout=30)


def _age_s(desk: RunningDesk) -> float:
    with urllib.request.urlopen(f"{desk.origin}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line for line in lines if line.startswith("vipdesk_backup_age_seconds ")).split()[1])
