"""The one thread that writes to SQLite: group commit without a timer, refusal while disk or file are in trouble.

The verbs that came in while the last COMMIT ran go into one transaction: one fsync, then the answers of all. Nothing is
answered before COMMIT has returned. A verb that is refused has written nothing, nearly always; when one had, the whole
batch runs again, each in a savepoint of its own: so what nearly never happens is what costs.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from routing.errors import Unavailable
from store import crash
from store.record import Connection
from store.sqlite_file import FileMoved, SqliteConnection, Trouble, connect, inode_of, trouble_of

log = logging.getLogger(__name__)

BATCH = 500
"""A commit takes no more once it has so many."""
SLOW_S = 0.02
"""A verb that takes longer holds everybody up."""
PROBE_FIRST_S, PROBE_LAST_S = 0.1, 5.0

_PROBE = (
    "INSERT INTO meta (key, value) VALUES ('probe', hex(randomblob(4096))) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


class Task(NamedTuple):
    """A verb or query and who waits for it."""

    run: Callable[[Connection], Any]
    name: str
    future: asyncio.Future[Any]


class Outcome(NamedTuple):
    """What is told to who waits, once it is true."""

    future: asyncio.Future[Any]
    value: Any
    error: BaseException | None


Settle = Callable[[Sequence[Outcome]], None]


@dataclass(frozen=True)
class Doubt:
    """Somebody else saw that the file is not to be trusted."""

    trouble: Trouble


class _TransactionLost(Exception):
    """The transaction of the batch is gone; its cause is the driver's error."""


class Writer:
    """The thread and its queue. `settle` is called in the thread, with all outcomes of one commit."""

    def __init__(self, path: Path, settle: Settle) -> None:
        self._path = path
        self._settle = settle
        self._queue: queue.SimpleQueue[list[Task] | Doubt | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="record-writer", daemon=True)
        self._db: sqlite3.Connection | None = None
        self._trouble: Trouble | None = None
        self._probe_wait_s = PROBE_FIRST_S
        self._probe_at = 0.0
        self._inode = inode_of(path)
        self.between_commits = threading.Lock()  # who holds it, for milliseconds, has the file to themselves
        self.commits = 0

    def start(self) -> None:
        """Begins to take verbs."""
        self._thread.start()

    def put(self, tasks: list[Task]) -> None:
        """Queues verbs, at least one."""
        self._queue.put(tasks)

    def doubt(self, trouble: Trouble) -> None:
        """Refuses new verbs until a look at the file has shown that it is sound."""
        self._queue.put(Doubt(trouble))

    def stop(self) -> None:
        """Commits what was queued before, then ends; blocks until then."""
        self._queue.put(None)
        self._thread.join()

    @property
    def reason(self) -> str:
        """Why nothing can be written; empty when all is well."""
        trouble = self._trouble
        return "" if trouble is None else trouble.reason

    def refusal(self) -> Unavailable:
        """The answer to new work while in trouble."""
        return Unavailable(retry_s=round(max(1.0, self._probe_at - time.monotonic()), 1))

    # In the thread ----------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            if not batch:
                self._probe()
            elif self._trouble is not None:
                self._settle([Outcome(task.future, None, self.refusal()) for task in batch])
            else:
                with self.between_commits:
                    outcomes = self._commit(batch)
                self._settle(outcomes)
        self._close()

    def _next(self) -> list[Task] | None:
        """What waits now, at least one; empty when the record should be probed; None at the end."""
        try:
            first = self._queue.get(timeout=self._wait_s())
        except queue.Empty:
            return []
        if isinstance(first, Doubt):
            self._stumble(first.trouble)
            return []
        return None if first is None else self._gather(first)

    def _wait_s(self) -> float | None:
        return None if self._trouble is None else max(0.0, self._probe_at - time.monotonic())

    def _gather(self, batch: list[Task]) -> list[Task]:
        while len(batch) < BATCH:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                break
            if isinstance(more, list):
                batch += more
            else:
                self._queue.put(more)
                break
        return batch

    def _commit(self, batch: Sequence[Task]) -> list[Outcome]:
        """Runs the batch in one transaction; when that fails as a whole, nobody's verb was written."""
        try:
            db = self._opened()
            db.execute("BEGIN IMMEDIATE")
            outcomes = self._perform_all(db, batch)
            _visit(batch, "before_commit")
            db.execute("COMMIT")
        except (sqlite3.Error, _TransactionLost) as error:
            self._fall(error.__cause__ if isinstance(error, _TransactionLost) else error)
            return [Outcome(task.future, None, self.refusal()) for task in batch]
        self.commits += 1
        _visit(batch, "after_commit")
        return outcomes

    def _perform_all(self, db: sqlite3.Connection, batch: Sequence[Task]) -> list[Outcome]:
        outcomes = []
        for task in batch:
            before = db.total_changes
            outcome = self._perform(db, task)
            if outcome.error is not None and db.total_changes != before:
                db.execute("ROLLBACK")
                db.execute("BEGIN IMMEDIATE")
                return [self._perform_apart(db, task) for task in batch]
            outcomes.append(outcome)
        return outcomes

    def _perform_apart(self, db: sqlite3.Connection, task: Task) -> Outcome:
        db.execute("SAVEPOINT verb")
        outcome = self._perform(db, task)
        if outcome.error is not None:
            db.execute("ROLLBACK TO verb")
        db.execute("RELEASE verb")
        return outcome

    def _perform(self, db: sqlite3.Connection, task: Task) -> Outcome:
        """One verb. Raises _TransactionLost when the transaction did not outlive it."""
        connection = SqliteConnection(db)
        value, failure = None, None
        started = time.monotonic()
        try:
            value = task.run(connection)
        except BaseException as error:  # whatever it is, it belongs to who awaits the verb; the thread lives on
            failure = error
        took = time.monotonic() - started
        connection.end()
        if connection.lost is not None or not db.in_transaction:
            raise _TransactionLost from connection.lost or failure
        if took > SLOW_S:
            level = logging.DEBUG if self._queue.empty() else logging.WARNING  # it matters to whoever waits behind it
            log.log(level, "record.slow_verb name=%s ms=%d", task.name, took * 1000)
        return Outcome(task.future, value, failure)

    def _fall(self, cause: BaseException | None) -> None:
        """Drops the connection, which rolls back; in trouble from now on when the cause is disk, file or lock."""
        self._close()
        trouble = None if cause is None else trouble_of(cause)
        if trouble is not None:
            self._stumble(trouble)
        else:
            log.error("record.transaction_lost", exc_info=cause)

    def _stumble(self, trouble: Trouble) -> None:
        if self._trouble is None:
            self._probe_wait_s = PROBE_FIRST_S
        if self._trouble != trouble:
            log.error("record.unavailable reason=%r", trouble.reason)
        self._trouble = trouble
        self._probe_at = time.monotonic() + self._probe_wait_s
        self._probe_wait_s = min(PROBE_LAST_S, self._probe_wait_s * 2)

    def _probe(self) -> None:
        """Writes a little, on a new connection, to see whether the cause is gone."""
        if self._trouble is None or time.monotonic() < self._probe_at:
            return
        self._close()
        try:
            self._look(self._opened(), self._trouble)
        except sqlite3.Error as error:
            self._close()
            self._stumble(trouble_of(error) or Trouble(f"the record's file reports: {error}", damaged=True))
        else:
            if self._trouble is None:
                log.warning("record.available")

    def _look(self, db: sqlite3.Connection, trouble: Trouble) -> None:
        if trouble.damaged and db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            self._stumble(trouble)
        else:
            for text in ("BEGIN IMMEDIATE", _PROBE, "COMMIT"):
                db.execute(text)
            self._trouble = None

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            if inode_of(self._path) != self._inode:
                raise FileMoved
            self._db = connect(self._path)
        return self._db

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            try:
                db.close()
            except sqlite3.Error as error:
                log.warning("record.close_failed error=%r", str(error))


def _visit(batch: Sequence[Task], stage: str) -> None:
    if crash.armed is not None:
        for task in batch:
            crash.at(task.name, stage)
