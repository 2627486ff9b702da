"""How fast mail becomes a ticket: delivered at a real Dovecot, read by the product's own mailbox; parsing by itself."""

from __future__ import annotations

import asyncio
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.ingest import children, ingest
from bench.made_mails import ADDRESS, made
from bench.servers import DeskServer
from bench.stage import QUICK, Extent, Stage
from bench.table import Row, quantile
from tests.support.client import Client, Frame, sign_in
from tests.support.dovecot import SECRET, DovecotServer, dovecot_server
from tests.support.imap_bare import idling
from tests.support.services import NotToBeHad

NEAR_MS = 100.0
"""How much later than the server's own push a ticket may be seen: what we want."""
BIG = 25_000_000


def mail(on: Stage, extent: Extent) -> list[Row]:
    """All rows of mail."""
    try:
        with dovecot_server() as dovecot:
            return [*_delivery(dovecot, 20 if extent is QUICK else 60), *_memory(dovecot), *ingest(dovecot, extent)]
    except NotToBeHad as error:
        raise RuntimeError(f"there is no {error} here") from error


# From delivery to the console -------------------------------------------------------------------------------------


@contextmanager
def _desk(dovecot: DovecotServer, user: str) -> Iterator[DeskServer]:
    """A demo whose mailbox is on that server."""
    with tempfile.TemporaryDirectory(prefix="vipdesk-bench-") as name:
        url = f"imap://{user}:{SECRET}@127.0.0.1:{dovecot.imap_port}"
        with DeskServer(Path(name) / "desk", VIPDESK_MAIL_ADDRESS=ADDRESS, VIPDESK_IMAP_URL=url) as desk:
            yield desk


def _delivery(dovecot: DovecotServer, count: int) -> list[Row]:
    """Each mail counts from the server's 250; beside the desk a bare client waits in IDLE on the same folder. Each of
    the two is told by a timer of its own, so their quantiles are compared, not mail by mail.
    """
    user = dovecot.mailbox()
    with _desk(dovecot, user) as desk:
        pushed, seen = map(sorted, asyncio.run(_delivered(dovecot, user, desk, count)))
    return [
        Row(
            f"a mail's way to the console, {count} mails, beyond the server's own push: {which}",
            quantile(seen, q) - quantile(pushed, q),
            "ms",
            quantile(pushed, q),
            "push to a bare client in IDLE",
            goal=NEAR_MS,
            floor=3 * NEAR_MS,
            note=f"from the server's 250 to the ticket in an agent's console {quantile(seen, q):.0f} ms",
        )
        for which, q in (("p50", 0.5), ("p95", 0.95))
    ]


async def _delivered(
    dovecot: DovecotServer, user: str, desk: DeskServer, count: int
) -> tuple[list[float], list[float]]:
    """Milliseconds until the bare client was pushed, and until the console showed it."""
    origin, chance = f"http://127.0.0.1:{desk.port}", random.Random(1)
    pushed, seen = [], []
    credentials = await sign_in(origin, "petra@larkfield.example", "demo-petra")
    async with (
        Client(origin, "agent", credentials) as agent,
        idling(dovecot.imap_port, user, SECRET) as pushes,
    ):
        for number in range(-3, count):  # the first ones begin the process that reads mail
            text = f"It stopped: {number}."
            raw = f"From: guest{number}@guests.example\r\nSubject: Feed {number}\r\n\r\n{text}\r\n".encode()
            waiting = asyncio.create_task(_shown(agent, f"Feed {number}"))
            pushes.clear()
            await asyncio.sleep(chance.uniform(0.3, 0.9))
            await asyncio.to_thread(dovecot.deliver, user, raw)
            at = time.perf_counter()
            await asyncio.wait_for(pushes.wait(), 30)
            push = time.perf_counter()
            shown = await waiting
            if number >= 0:
                pushed.append((push - at) * 1000)
                seen.append((shown - at) * 1000)
    return pushed, seen


async def _shown(agent: Client, subject: str) -> float:
    await agent.until(partial(_lists, subject), timeout_s=60)
    return time.perf_counter()


def _lists(subject: str, frame: Frame) -> bool:
    return bool(frame["type"] == "inbox" and frame.get("subject") == subject)


# A mail of 25 MB --------------------------------------------------------------------------------------------------


def _memory(dovecot: DovecotServer) -> list[Row]:
    """What is resident at most above what was before, sampled while the mail is taken."""
    user = dovecot.mailbox()
    with _desk(dovecot, user) as desk:
        asyncio.run(_taken(desk, dovecot, user, made("small", 0), "small"))
        before = desk.rss_kib()
        with _sampled(desk.child.pid) as peaks:
            asyncio.run(_taken(desk, dovecot, user, made("big", BIG * 3 // 4), "big"))
        return [
            Row(f"memory while a mail of 25 MB is taken, {name}", kib / 1024, "MiB", BIG / 2**20, "the mail itself",
                (kib * 1024 / BIG,))
            for name, kib in (
                ("the desk's process, more than before", max(0, peaks["desk"] - before)),
                ("the process that reads it, all of it", peaks["worker"]),
            )
        ]  # fmt: skip


async def _taken(desk: DeskServer, dovecot: DovecotServer, user: str, raw: bytes, subject: str) -> None:
    origin = f"http://127.0.0.1:{desk.port}"
    credentials = await sign_in(origin, "petra@larkfield.example", "demo-petra")
    async with Client(origin, "agent", credentials) as agent:
        await asyncio.to_thread(dovecot.drop, user, raw)
        await agent.until(partial(_lists, subject), timeout_s=120)


@contextmanager
def _sampled(pid: int) -> Iterator[dict[str, int]]:
    """The most KiB that the desk and any process it begins held."""
    peaks = {"desk": 0, "worker": 0}
    over = threading.Event()

    def sample() -> None:
        while not over.wait(0.002):
            peaks["desk"] = max(peaks["desk"], _kib(pid, "VmRSS"))
            for child in children(pid):
                peaks["worker"] = max(peaks["worker"], _kib(child, "VmHWM"))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


def _kib(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
