"""Processes that poll every mailbox of a record, to be killed and frozen: each is forked from one that has loaded all.

`python -m tests.support.pollers URL FILES KEY BEAT_S STILL_S` forks one for each line it reads and prints its pid; at
the end of its input it ends them all. What they run is the product's own (mailbox/service.py), only that who holds a
mailbox beats faster. A mail with `X-Poison: kill` kills who reads it, one with `X-Poison: no` is said to be unreadable.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from desk.clock import SystemClock
from desk.desk import Desk
from desk.letters import Around
from desk.sealing import Sealer
from live.memory import MemoryLive
from mailbox import holding, service
from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours, Parsed
from mailbox.reading import Reader
from mailbox.service import Mailboxes
from mailbox.worker import Unreadable
from store.blobs import Blobs
from store.engine import open_record

ROOT = Path(__file__).resolve().parents[2]


class Pollers:
    """This side of them; `with Pollers(…) as pollers`."""

    def __init__(
        self, url: str, files: Path, key: str, beat_s: float, still_s: float, within: Sequence[str] = ()
    ) -> None:
        """`key`: of the sealer; `still_s`: how long a beat stands still until another takes over; `within`: a command
        that runs them.
        """
        command = [sys.executable, "-m", "tests.support.pollers", url, str(files), key, str(beat_s), str(still_s)]
        self._nest = subprocess.Popen(
            [*within, *command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.alive: list[int] = []

    def begin(self) -> int:
        """One more; its pid."""
        assert self._nest.stdin is not None and self._nest.stdout is not None
        self._nest.stdin.write("\n")
        self._nest.stdin.flush()
        self.alive.append(int(self._nest.stdout.readline()))
        return self.alive[-1]

    def kill(self, pid: int) -> None:
        """SIGKILL, or it has died by itself."""
        self.alive.remove(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def died(self) -> list[int]:
        """Those that are gone without us, who are then not counted as alive any more."""
        gone = [pid for pid in self.alive if _is_gone(pid)]
        self.alive = [pid for pid in self.alive if pid not in gone]
        return gone

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._nest.stdin is not None and self._nest.stdout is not None
        self._nest.stdin.close()
        self._nest.wait()
        self._nest.stdout.close()


def _is_gone(pid: int) -> bool:
    """Also one whose parent has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].startswith(("Z", "X"))
    except OSError:
        return True


class Parser:
    """The product's own, in the poller's process: what brings it down brings the poller down."""

    async def parse(self, path: Path, ours: Ours, sent: Sequence[str] = ()) -> Parsed:
        raw = path.read_bytes()
        if b"X-Poison: kill" in raw:
            os.kill(os.getpid(), signal.SIGKILL)
        if b"X-Poison: no" in raw:
            raise Unreadable("It is poison.")
        return parse(raw, ours, tuple(sent))

    async def parse_head(self, path: Path, ours: Ours) -> Parsed:
        return parse(path.read_bytes().split(b"\r\n\r\n")[0], ours, ())


def _fork_for_each(url: str, files: str, key: str, beat_s: str, still_s: str) -> None:
    holding.BEAT_S, holding.STANDS_STILL_S, service.LOOK_S = float(beat_s), float(still_s), float(beat_s)
    children: set[int] = set()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(_poll(url, Path(files), Sealer([key])))
        children.add(child)
        print(child, flush=True)
        children -= _ended()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _ended() -> set[int]:
    found = set()
    with suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            found.add(pid)
    return found


async def _poll(url: str, files: Path, sealer: Sealer) -> None:
    record, blobs = await open_record(url), Blobs(files)
    reader = Reader(record, blobs, sealer, Parser(), lambda keys: ())
    await Mailboxes(Desk(record, MemoryLive(), SystemClock()), blobs, sealer, reader, Around()).run()


if __name__ == "__main__":
    _fork_for_each(*sys.argv[1:])
