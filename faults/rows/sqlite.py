"""Rows 17 and 18: the disk under SQLite is full, or its fsync fails at the n-th call, for every n."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from faults.crowd import crowd
from faults.frame import SQLITE, Budget, Outcome, Skipped, row, tell
from faults.ground import Ground, House
from faults.mounts import small_disk
from tests.support.eventually import eventually
from tests.support.services import environment, program
from tests.support.talking import ready

RESTED_S = 5.0


@row("17", "the disk is full (SQLite)", on=(SQLITE,), promise="refused politely, then back within", promise_s=RESTED_S,
     least_s=20)  # fmt: skip
async def full(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """A small disk with ballast as root; else no file may grow."""
    outcome = Outcome()
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk(ground.folder / "disk", "24m"))
        house = stack.enter_context(ground.house(data=disk / "data" if disk else None))
        fill, free = _ballast(disk) if disk else _no_growth(house)
        async with crowd(house, seed, contacts=12) as people:
            people.talk(every_s=0.2)
            while not outcome.done or not (budget.over or outcome.done >= 5):
                await asyncio.sleep(1)
                tell(f"the disk is full{'' if disk else ' (no file may grow)'}")
                await asyncio.to_thread(fill)
                await eventually(lambda: ready(house.desk)[0] == 503, 60)
                outcome.must("disk" in ready(house.desk)[1]["record"], f"/ready says {ready(house.desk)[1]['record']}")
                outcome.must(_intact(house), "the file is not intact while the disk is full")
                await asyncio.to_thread(free)
                outcome.recovered_s += await people.back(asyncio.get_running_loop().time())
                outcome.done += 1
            refused = [frame for line in people.clients for frame in line.frames if frame.get("code") == "unavailable"]
            outcome.must(bool(refused), "nobody was refused")
            await people.judge(outcome)
        outcome.must(_intact(house), "the file is not intact at the end")
        await house.judge_sizes(outcome)
    return outcome


def _ballast(disk: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    file = disk / "ballast"

    def fill() -> None:
        with contextlib.suppress(OSError), file.open("wb", buffering=0) as ballast:
            while True:
                ballast.write(b"\0" * 4096)

    return fill, file.unlink


def _no_growth(house: House) -> tuple[Callable[[], object], Callable[[], object]]:
    _, most = resource.prlimit(house.desk.pid, resource.RLIMIT_FSIZE)

    def limit(to: int) -> Callable[[], object]:
        return lambda: resource.prlimit(house.desk.pid, resource.RLIMIT_FSIZE, (to, most))

    return limit(4096), limit(most)


def _intact(house: House) -> bool:
    path = house.url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return bool(db.execute("PRAGMA integrity_check").fetchone() == ("ok",))


@row(
    "18",
    "fsync fails at the n-th call, every n",
    on=(SQLITE,),
    promise="nothing that failed is acknowledged",
    least_s=25,
)
async def fsync(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """strace makes the calls fail: of a small writer for every n, of a serving desk in between."""
    outcome = Outcome()
    strace = program("strace")
    if not _traces(strace):
        raise Skipped("strace may not trace here.")
    await _serving(ground, strace, seed, outcome)
    for number in range(1, 200):
        if budget.over and number > 20:
            break
        folder = ground.folder / f"fsync-{number}"
        folder.mkdir()
        acked, failed = await asyncio.to_thread(_writes, strace, folder / "desk.db", number)
        if not failed:
            outcome.note = f"every n from 1 to {number - 1}, after which the writer has ended"
            break
        outcome.done += 1
        with contextlib.closing(sqlite3.connect(folder / "desk.db")) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
            stored = {key for (key,) in db.execute("SELECT key FROM meta")} if "meta" in tables else set()
            outcome.must(db.execute("PRAGMA integrity_check").fetchone() == ("ok",), f"n = {number}: not intact")
        missing = set(acked) - stored
        outcome.lost += len(missing)
        outcome.must(not missing, f"n = {number}: acknowledged and not stored: {sorted(missing)}")
    tell(f"{outcome.done} times EIO")
    return outcome


def _traces(strace: str) -> bool:
    return subprocess.run([strace, "-qq", "-e", "trace=none", "true"], capture_output=True, check=False).returncode == 0


def _writes(strace: str, path: Path, number: int) -> tuple[list[str], bool]:
    """What the writer was told is stored, and whether a call was made to fail."""
    log = path.parent / "strace"
    calls = "fsync,fdatasync"
    command = [
        strace,
        "-f",
        "-qq",
        "-o",
        str(log),
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={calls}:error=EIO:when={number}",
    ]
    ran = subprocess.run(
        [*command, sys.executable, "-m", "faults.writer", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(strace),
    )
    acked = json.loads(ran.stdout.splitlines()[-1]) if ran.stdout.strip() else []
    return acked, "(INJECTED)" in log.read_text()


async def _serving(ground: Ground, strace: str, seed: int, outcome: Outcome) -> None:
    with ground.house() as house:
        async with crowd(house, seed, contacts=8) as people:
            people.talk(every_s=0.1)
            for number in (1, 2, 5):
                with _injected(strace, house.desk.pid, f"fsync,fdatasync:error=EIO:when={number}..{number + 3}"):
                    tell(f"EIO for four calls of the serving process, from the {number}th on")
                    await asyncio.sleep(2)
                outcome.recovered_s += await people.back(asyncio.get_running_loop().time())
                outcome.done += 1
            await people.judge(outcome)
        outcome.must(_intact(house), "the file is not intact")


@contextlib.contextmanager
def _injected(strace: str, pid: int, what: str) -> Iterator[None]:
    calls = what.split(":")[0]
    command = [strace, "-f", "-qq", "-o", os.devnull, "-p", str(pid), "-e", f"trace={calls}", "-e", f"inject={what}"]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment(strace))
    try:
        yield
    finally:
        tracer.terminate()
        tracer.wait()
