"""How fast many mails become tickets, against reading them alone; parsing by itself, against stdlib."""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.made_mails import mixed
from bench.stage import QUICK, Extent
from bench.table import Row
from desk.clock import SystemClock
from desk.desk import Desk
from desk.letters import Around
from desk.sealing import Sealer
from live.memory import MemoryLive
from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours
from mailbox.reading import Reader
from mailbox.service import Mailboxes
from mailbox.worker import Worker
from server import serving
from store import mailboxes
from store.blobs import Blobs
from store.engine import open_record
from store.schema import incoming_mail
from tests.support.dovecot import SECRET, DovecotServer
from tests.support.mail_storm import box
from tests.support.world import World

TOGETHER = 200
"""So many mails are asked for at once where they are only read."""
_LANDED = select(func.count()).where(incoming_mail.c.state.in_(("landed", "quarantined")))


def ingest(dovecot: DovecotServer, extent: Extent) -> list[Row]:
    """Stored, read, on tickets and marked at the server, against the reading alone by the same process of its own; both
    on the loop that the desk runs on. Reading alone is slower, too, while the other processors are busy, as they are
    when mails become tickets: by how much, is measured beside it.
    """
    mails = mixed(400 if extent is QUICK else 2000)
    total = sum(map(len, mails))
    with _folders() as fresh:
        rounds = [_round(dovecot, mails, fresh) for _ in range(5)]
    ran, waited = (statistics.median(100 * of.ingested[at] / of.ingested[0] for of in rounds) for at in (1, 2))
    ours = [(_cpu_s(lambda: _parsed(mails)), _cpu_s(lambda: _by_email(mails))) for _ in range(3)]
    return [
        Row(
            f"{len(mails)} mixed mails, {total / 1e6:.0f} MB, become tickets",
            len(mails) / statistics.median(of.ingested[0] for of in rounds),
            "/s",
            len(mails) / statistics.median(of.read for of in rounds),
            "reading them alone",
            tuple(of.read / of.ingested[0] for of in rounds),
            goal=0.85,
            floor=0.5,
            at_most=False,
        ),
        Row(
            "the same against reading alone beside busy processors",
            len(mails) / statistics.median(of.ingested[0] for of in rounds),
            "/s",
            len(mails) / statistics.median(of.read_beside for of in rounds),
            "reading them alone, the others busy",
            tuple(of.read_beside / of.ingested[0] for of in rounds),
            at_most=False,
        ),
        Row(
            "meanwhile the process that reads them runs, or waits for a processor",
            ran + waited,
            "%",
            note=f"runs {ran:.0f} %, waits {waited:.0f} %; the rest it has nothing to read",
        ),
        Row(
            "mails parsed, by processor time",
            len(mails) / statistics.median(mine for mine, _ in ours),
            "/s",
            len(mails) / statistics.median(theirs for _, theirs in ours),
            "stdlib email alone",
            tuple(theirs / mine for mine, theirs in ours),
            at_most=False,
            note="quotes, sanitized HTML, types by content, bounces, invitations and keys are in our time",
        ),
    ]


@dataclass(frozen=True)
class _Round:
    """Seconds. `ingested`: see there."""

    ingested: tuple[float, float, float]
    read: float
    read_beside: float


def _round(dovecot: DovecotServer, mails: list[bytes], fresh: Callable[[], Path]) -> _Round:
    ingested = serving.run(_ingested(dovecot, mails, fresh()))
    read = serving.run(_read_s(mails, fresh()))
    with _busy((os.cpu_count() or 1) - 1):
        return _Round(ingested, read, serving.run(_read_s(mails, fresh())))


@contextmanager
def _busy(processors: int) -> Iterator[None]:
    """So many have something to do all the time."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processors)]
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.wait()


@contextmanager
def _folders() -> Iterator[Callable[[], Path]]:
    """A fresh one for each round; all go when the last is over: ext4 makes a file slowly for minutes after many others
    were removed, as it passes over the numbers that they had.
    """
    with tempfile.TemporaryDirectory(prefix="vipdesk-bench-") as name:
        yield lambda: Path(tempfile.mkdtemp(dir=name))


class _Reading:
    """How long the processes ran that read mail for this one, and how long they waited for a processor (seconds)."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[float, float]] = {}
        self._last: dict[int, tuple[float, float]] = {}

    def look(self) -> None:
        for pid in children(os.getpid()):
            with suppress(OSError):
                if b"worker_process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
                    self._last[pid] = int(ran) / 1e9, int(waited) / 1e9
                    self._first.setdefault(pid, (0.0, 0.0) if self._first else self._last[pid])

    def spent(self) -> tuple[float, float]:
        ran, waited = (sum(self._last[pid][at] - self._first[pid][at] for pid in self._last) for at in (0, 1))
        return ran, waited


async def _ingested(dovecot: DovecotServer, mails: list[bytes], folder: Path) -> tuple[float, float, float]:
    """How long it took, and of that, how long the process ran that reads them, and how long it waited to (seconds)."""
    user = dovecot.mailbox()
    await asyncio.to_thread(dovecot.deliver, user, *mails)
    record, blobs = await open_record(f"sqlite:///{folder}/record.db"), Blobs(folder / "files")
    try:
        await World.make(record)
        key = Sealer.new_key()
        sealer, row = Sealer([key]), box(key, dovecot.imap_port, user, SECRET)
        await record.write(lambda opened: mailboxes.add(opened, row, 1), name="box")
        desk = Desk(record, MemoryLive(), SystemClock())
        async with Worker() as worker:
            await worker.parse(mails[0])  # it is there, as in a desk that runs
            reader = Reader(record, blobs, sealer, worker, lambda keys: ())
            reading = _Reading()
            reading.look()
            began = time.perf_counter()
            polling = asyncio.create_task(Mailboxes(desk, blobs, sealer, reader, Around()).run())
            while await record.read(lambda opened: opened.scalar(_LANDED)) < len(mails):
                reading.look()
                await asyncio.sleep(0.03)
            took = time.perf_counter() - began
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
    finally:
        await record.close()
    return took, *reading.spent()


async def _read_s(mails: list[bytes], folder: Path) -> float:
    """From files, as the desk has them."""
    blobs = Blobs(folder)
    paths = [blobs.path(blobs.put_bytes(each).sha256) for each in mails]
    async with Worker() as worker:
        await worker.parse(mails[0])
        began = time.perf_counter()
        for some in range(0, len(paths), TOGETHER):
            await asyncio.gather(*map(worker.parse, paths[some : some + TOGETHER]))
        return time.perf_counter() - began


def _parsed(mails: list[bytes]) -> None:
    for each in mails:
        parse(each, Ours(), ())


def _by_email(mails: list[bytes]) -> None:
    """Structure, headers and the content of every part, decoded."""
    for each in mails:
        message = email.message_from_bytes(each, policy=email.policy.default)
        for name in ("from", "to", "subject", "date", "message-id"):
            str(message[name])
        for part in message.walk():
            if not part.is_multipart():
                part.get_payload(decode=True)


def _cpu_s(work: Any) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def children(pid: int) -> list[int]:
    """The processes that it started; none when it is gone."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
