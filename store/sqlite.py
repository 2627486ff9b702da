"""The record in one SQLite file: a writer, some readers and the checkpoints, each in threads of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from routing.errors import Unavailable
from store import crash, migrations
from store.record import Connection, RecordError, RecordHealth
from store.sqlite_checkpoints import Checkpoints
from store.sqlite_file import LOCKED, connect, trouble_of
from store.sqlite_readers import Readers
from store.sqlite_writer import Outcome, Task, Writer

T = TypeVar("T")

READERS = 3
PREPARE_S = 10.0
MOST_PENDING = 20_000
"""More than this is not work but a flood: refused at once."""


class SqliteRecord:
    """A Record (store/record.py) of one event loop; made by `open`."""

    def __init__(self, path: Path, readers: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._pending = 0
        self._closed = False
        self._handing: list[Task] = []
        self._settled: deque[Sequence[Outcome]] = deque()
        self._told = True
        self._writer = Writer(path, self._settle)
        self._readers = Readers(path, readers, self._settle, self._writer.doubt)
        self._checkpoints = Checkpoints(path, self._writer, self._writer.doubt)

    @classmethod
    async def open(cls, path: Path, *, readers: int = READERS) -> SqliteRecord:
        """Makes the file when there is none, migrates it, starts the threads. Raises RecordError."""
        await asyncio.to_thread(_prepare, path)
        record = cls(path, readers)
        record._writer.start()
        record._readers.start()
        record._checkpoints.start()
        return record

    async def write(self, verb: Callable[[Connection], T], *, name: str = "") -> T:
        """See Record.write."""
        crash.at(name, "before_tx")
        if self._writer.reason:
            raise self._writer.refusal()
        return await self._run(self._hand, verb, name)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """See Record.read."""
        return await self._run(self._readers.put, query, "")

    async def close(self) -> None:
        """See Record.close."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            await asyncio.to_thread(self._stop)

    def health(self) -> RecordHealth:
        """See Record.health."""
        reason = "the record is closed" if self._closed else self._writer.reason
        return RecordHealth(not reason, reason, self._checkpoints.wal_bytes, self._pending)

    async def _run(self, put: Callable[[Task], None], run: Callable[[Connection], T], name: str) -> T:
        if self._closed or self._pending >= MOST_PENDING:
            raise Unavailable(retry_s=1.0)
        future: asyncio.Future[T] = self._loop.create_future()
        self._pending += 1
        put(Task(run, name, future))
        return await future

    def _hand(self, task: Task) -> None:
        """The verbs of one turn of the loop wake the writer once."""
        if not self._handing:
            self._loop.call_soon(self._hand_over)
        self._handing.append(task)

    def _hand_over(self) -> None:
        if self._handing:
            self._writer.put(self._handing)
            self._handing = []

    def _stop(self) -> None:
        """In this order: the last connection to close moves the WAL into the file and removes it."""
        self._readers.stop()
        self._checkpoints.stop()
        self._writer.stop()

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Called by the threads: one turn of the loop for all that was settled since its last."""
        self._settled.append(outcomes)
        if self._told:
            self._told = False
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._told = True  # before the look: what is settled from now on asks for a turn of its own
        while self._settled:
            outcomes = self._settled.popleft()
            self._pending -= len(outcomes)
            for outcome in outcomes:
                _tell_one(outcome)


def _tell_one(outcome: Outcome) -> None:
    future, value, error = outcome
    if future.done():
        return
    elif error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


def _prepare(path: Path) -> None:
    """Waits for others who make or migrate it at the same time. Raises RecordError."""
    ends = time.monotonic() + PREPARE_S
    while True:
        try:
            return _try_to_prepare(path)
        except RecordError as error:
            trouble = None if error.__cause__ is None else trouble_of(error.__cause__)
            if trouble is None or trouble.reason != LOCKED or time.monotonic() > ends:
                raise
            time.sleep(0.05)


def _try_to_prepare(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        db = connect(path)
        try:
            migrations.migrate_sqlite(db)
        finally:
            db.close()
    except sqlite3.Error as error:
        trouble = trouble_of(error)
        why = str(error) if trouble is None else trouble.reason
        raise RecordError(f"The record {path} cannot be used: {why}.") from error
    except OSError as error:
        raise RecordError(f"The record {path} cannot be used: {error.strerror}.") from error
