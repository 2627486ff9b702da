"""Processes that send mail until they are killed: `python -m tests.mailbox.dying_sender URL FILES KEY` forks one for
each line it reads, `[OFFSET_S]` or `[OFFSET_S, VERB, STAGE]`, and prints its pid, then how it ended. It begins when it
is told to go on (SIGCONT).

OFFSET_S: what its clock is ahead. With a verb and a stage it kills itself there, else whoever serves it does.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from datetime import timedelta
from pathlib import Path
from typing import Self

from desk.clock import SystemClock
from desk.desk import Desk
from desk.sealing import Sealer
from live.memory import MemoryLive
from mailbox.sending import Sending
from store import crash
from store.blobs import Blobs
from store.engine import open_record
from tests.mailbox.outbound import LIMITS


class Senders:
    """This side of them, one after the other; `async with Senders(…) as senders`."""

    _nest: Process

    def __init__(self, url: str, files: Path, key: str) -> None:
        self._arguments = ["-m", "tests.mailbox.dying_sender", url, str(files), key]

    async def __aenter__(self) -> Self:
        self._nest = await asyncio.create_subprocess_exec(sys.executable, *self._arguments, stdin=PIPE, stdout=PIPE)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._nest.stdin is not None
        self._nest.stdin.close()
        await self._nest.wait()

    async def begin(self, offset: timedelta, *where: str) -> int:
        """One more, which waits for SIGCONT; its pid."""
        assert self._nest.stdin is not None
        self._nest.stdin.write(json.dumps([offset / timedelta(seconds=1), *where]).encode() + b"\n")
        return await self._told()

    async def end(self) -> int:
        """Of the one that was begun last: its exit code, negative for a signal."""
        async with asyncio.timeout(60):
            return await self._told()

    async def _told(self) -> int:
        assert self._nest.stdout is not None
        return int(await self._nest.stdout.readline())


def _fork_for_each(url: str, files: str, key: str) -> None:
    for line in sys.stdin:
        offset_s, *where = json.loads(line)
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            asyncio.run(_live(url, files, key, offset_s, where))
        os.waitpid(child, os.WUNTRACED)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


async def _live(url: str, files: str, key: str, offset_s: float, where: list[str]) -> None:
    if where:
        verb, stage = where
        crash.armed = crash.Point(verb, stage, 1)
    desk = Desk(await open_record(url), MemoryLive(), SystemClock(timedelta(seconds=offset_s)))
    await Sending(desk, Blobs(Path(files)), Sealer([key]), shows=False, limits=LIMITS).run()


if __name__ == "__main__":
    _fork_for_each(*sys.argv[1:])
