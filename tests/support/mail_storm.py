"""Mail arrives while two processes compete to read it and are killed and frozen: what the record says afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from desk.administration.mailboxes import seal
from desk.sealing import Sealer
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Endpoint, Password
from store import mailboxes, singletons
from store.blobs import Blobs
from store.engine import Record, Row, open_record
from store.mailboxes import Mailbox
from store.schema import event, incoming_mail, mail_item
from tests.support.eventually import eventually
from tests.support.pollers import Pollers
from tests.support.world import World

BEAT_S, STILL_S = 0.05, 0.3
FROZEN_S = 0.8
"""Longer than it takes until another has noticed and taken over."""
SECOND, POISON = 0.1, 0.02
HOLD = "mailbox box"
BORN_S, STUCK_S, SAID_S = 1.0, 60.0, 330.0

Deliver = Callable[[bytes], Awaitable[None]]
_SAID = select(event.c.frame).where(event.c.kind == "message", event.c.by_id == "priya")
_ROWS = select(incoming_mail)
_ITEMS = select(mail_item.c.id, mail_item.c.ticket_id)
_NAME = re.compile(rb"Message-ID: <(m[0-9]+)@")


@dataclass(frozen=True)
class Server:
    """Where the mailbox is, and how mail gets into it. `near`: it is reached from here."""

    port: int
    user: str
    secret: str
    deliver: Deliver
    near: bool = True

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("127.0.0.1", self.port, "plain", self.user, Password(self.secret))


@dataclass
class Report:
    """What was done, and what did not hold."""

    kills: int = 0
    frozen: int = 0
    mails: int = 0
    second: int = 0
    poison: int = 0
    holders: int = 0
    """How often the row of who holds the mailbox changed hands."""
    aside: list[str] = field(default_factory=list)
    """Mails that are fine and were put aside: their readers were killed three times."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.broken)


class Storm:
    """Over one new record; `files`: where the bytes of mails lie. `port`: of the way to the server, where it is not
    its own; `done`: the folder to which mail goes that was read.
    """

    def __init__(
        self, url: str, files: Path, server: Server, seed: int, *, port: int | None = None, done: str = ""
    ) -> None:
        self.report = Report()
        self.record: Record
        self.pollers: Pollers
        self._url = url
        self._files = files
        self._server = server
        self._port = server.port if port is None else port
        self._done = done
        self._key = Sealer.new_key()
        self._chance = random.Random(seed)
        self._sent: dict[str, bytes] = {}
        self._poison: set[str] = set()
        self._done_before = 0

    async def run(
        self, kills: int, frozen: int, over: Callable[[], bool] = lambda: False, frozen_s: float = FROZEN_S
    ) -> Report:
        """So many of both in a random order, less when it is `over`."""
        async with self.standing():
            acts = ["kill"] * kills + ["freeze"] * frozen
            self._chance.shuffle(acts)
            for act in acts:
                if over():
                    break
                await self.arrives()
                await self._is_at_work()
                await asyncio.sleep(self._chance.uniform(0, 0.3))
                await (self._kill() if act == "kill" else self._freeze(frozen_s))
        return self.report

    @contextlib.asynccontextmanager
    async def standing(
        self, beat_s: float = BEAT_S, still_s: float = STILL_S, within: Sequence[str] = ()
    ) -> AsyncIterator[None]:
        """Two processes read the mailbox, and others whom mail has killed; at the end all is read, and judged."""
        self.record = await open_record(self._url)
        try:
            await World.make(self.record)
            row = box(self._key, self._port, self._server.user, self._server.secret, self._done)
            await self.record.write(lambda opened: mailboxes.add(opened, row, 1), name="box")
            with Pollers(self._url, self._files, self._key, beat_s, still_s, within) as self.pollers:
                self.pollers.begin()
                self.pollers.begin()
                yield
                await self._settled()
            await self._judge()
        finally:
            await self.record.close()

    async def said(self, name: str) -> None:
        """Returns when it is on a ticket. Raises AssertionError when it takes too long."""

        async def is_said() -> bool:
            rows = await self.record.read(lambda opened: opened.all(_SAID))
            return any(f"It stopped: {name}." in row.frame for row in rows)

        await eventually(is_said, SAID_S)

    # What happens -----------------------------------------------------------------------------------------------------

    async def arrives(self) -> None:
        """A few mails; some of them poison, some for the second time."""
        for _ in range(self._chance.randint(1, 4)):
            if self._sent and self._chance.random() < SECOND:
                raw = self._sent[self._chance.choice(list(self._sent))]
                self.report.second += 1
            else:
                raw = self._new()
            await self._deliver(raw)

    async def comes(self, poison: float = 0.0) -> str:
        """One that is fine, or poison; its name."""
        await self._deliver(self._new(poison))
        return f"m{len(self._sent) - 1}"

    async def _deliver(self, raw: bytes) -> None:
        trace = f"Received: from elsewhere by alias-{self._chance.random()}; Wed, 04 Mar 2026 09:00:00 +0000\r\n"
        await self._server.deliver(trace.encode() + raw)

    def _new(self, poison: float = POISON) -> bytes:
        name = f"m{len(self._sent)}"
        bad = ""
        if self._chance.random() < poison or (poison and len(self._sent) == 1):
            bad = "X-Poison: kill\r\n" if poison == 1 or self._chance.random() < 0.5 else "X-Poison: no\r\n"
            self._poison.add(name)
            self.report.poison += 1
        self._sent[name] = (
            "From: Priya Raman <priya.raman@brightwater.example>\r\nTo: support@larkfield.example\r\n"
            f"Message-ID: <{name}@brightwater.example>\r\n{bad}Subject: Feed {name}\r\n"
            f"Date: Wed, 4 Mar 2026 09:00:00 +0000\r\n\r\nIt stopped: {name}.\r\n"
        ).encode()
        self.report.mails += 1
        return self._sent[name]

    async def _is_at_work(self) -> None:
        """Somebody has stored or said something since we last looked, or takes too long: who is only being born is
        killed seldom.
        """
        ends = asyncio.get_running_loop().time() + BORN_S
        while asyncio.get_running_loop().time() < ends:
            rows = await self.record.read(lambda opened: opened.all(_ROWS))
            done = len(rows) + sum(row.state != "stored" for row in rows)
            if done > self._done_before:
                self._done_before = done
                return
            await asyncio.sleep(0.01)

    async def _kill(self) -> None:
        """Mostly who reads; another comes at once, as a supervisor sees to it."""
        self.pollers.kill(await self._one())
        self.report.kills += 1
        self._renew()

    async def _freeze(self, seconds: float) -> None:
        """One stands still, wherever it is, until another has taken over; then it goes on."""
        pid = await self._one()
        with contextlib.suppress(ProcessLookupError), self.frozen(pid):
            await self.arrives()
            await asyncio.sleep(seconds)
            self.report.frozen += 1
        self._renew()

    async def holder(self) -> int:
        """Who reads now; 0 while nobody does."""
        held = await self.record.read(lambda opened: singletons.find(opened, HOLD))
        return int(held.holder.split()[1]) if held is not None and held.holder else 0

    @contextlib.contextmanager
    def frozen(self, pid: int) -> Iterator[None]:
        """It stands still meanwhile, wherever it is."""
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    async def _one(self) -> int:
        self._renew()
        holder = await self.holder()
        if holder in self.pollers.alive and self._chance.random() < 0.8:
            return holder
        return self._chance.choice(self.pollers.alive)

    def _renew(self) -> None:
        """There are two again, also when a mail has killed one."""
        self.pollers.died()
        while len(self.pollers.alive) < 2:
            self.pollers.begin()

    async def _settled(self) -> None:
        """All is read, however long it takes, as long as it goes on."""
        clock = asyncio.get_running_loop().time
        done, since = -1, clock()
        while clock() - since < STUCK_S:
            self._renew()
            rows = await self.record.read(lambda opened: opened.all(_ROWS))
            cursor = await self.record.read(lambda opened: mailboxes.cursor(opened, "box", "INBOX"))
            current = [row for row in rows if cursor is not None and row.uidvalidity == cursor.uidvalidity]
            unread = sum(row.state == "stored" for row in rows)
            unmarked = sum(not row.flagged for row in current)  # of a numbering that is gone nothing can be marked
            if len(rows) >= self.report.mails + self.report.second and not unread and not unmarked:
                return
            if (now := 3 * len(rows) - unread - unmarked) != done:
                done, since = now, clock()
            await asyncio.sleep(0.05)
        self.report.broken.append(f"nothing was read any more for {STUCK_S:g} s")

    # What there is afterwards -----------------------------------------------------------------------------------------

    async def _judge(self) -> None:
        rows = await self.record.read(lambda opened: opened.all(_ROWS))
        frames = await self.record.read(lambda opened: opened.all(_SAID))
        tickets = {row.id: row.ticket_id for row in await self.record.read(lambda opened: opened.all(_ITEMS))}
        held = await self.record.read(lambda opened: singletons.find(opened, HOLD))
        self.report.holders = held.fence if held is not None else 0
        bodies = Counter(str(json.loads(row.frame)["data"]["body"]) for row in frames)
        by_name: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_name[self._name(row)].append(row)
        for name in self._sent:
            self._judge_one(name, by_name[name], tickets, bodies[f"It stopped: {name}."])
        if self._server.near:
            await self._judge_server({row.uid for row in rows})

    async def _judge_server(self, stored: set[int]) -> None:
        async with await Connection.open(self._server.endpoint) as server:
            await server.select("INBOX")
            without = set(await server.uids()) - stored
        if without:
            self.report.lost.append(f"mails without a row: {sorted(without)}")

    def _name(self, row: Row) -> str:
        """Of the mail whose bytes it names."""
        found = _NAME.search(Blobs(self._files).path(row.sha256).read_bytes())
        return found[1].decode() if found else ""

    def _judge_one(self, name: str, rows: list[Row], tickets: dict[str, str | None], said: int) -> None:
        """What cannot be read is one ticket for each time that it came: nobody can tell that it is the same."""
        items = {row.item_id for row in rows}
        aside = {row.item_id for row in rows if row.state == "quarantined"}
        if not rows or any(tickets.get(item) is None for item in items):
            self.report.lost.append(f"{name}: on no ticket")
        elif said > 1 or len(items - aside) > 1 or len(aside) > len(rows):
            self.report.doubled.append(f"{name}: said {said} times, {len(items)} items")
        elif said == 0 and items != aside:
            self.report.lost.append(f"{name}: not said, and not put aside")
        elif aside and name not in self._poison:
            self.report.aside.append(name)
        elif name in self._poison and items != aside:
            self.report.broken.append(f"{name} is poison, and was not put aside")


def box(key: str, port: int, user: str, secret: str, done: str = "") -> Mailbox:
    """The pool's, on a server of this machine; what it needs to get in is sealed with that key."""
    endpoint = {
        "host": "127.0.0.1", "port": port, "security": "plain", "user": user, "auth": "password",
        **({"done": done} if done else {}),
    }  # fmt: skip
    sealed = seal(Sealer([key]), {"password": secret})
    return Mailbox("box", "support@larkfield.example", "Larkfield", None, "office", endpoint, sealed, True, None)
