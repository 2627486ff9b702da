"""The threads that read from SQLite: each with its own connection, a snapshot per call, nothing left open after it.

One open SELECT would stop checkpoints and let the WAL grow for ever.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from routing.errors import Unavailable
from store.sqlite_file import SqliteConnection, Trouble, connect, trouble_of
from store.sqlite_writer import Outcome, Settle, Task


class Readers:
    """A few reading threads on one queue. `doubt` is told when a reader meets damage."""

    def __init__(self, path: Path, count: int, settle: Settle, doubt: Callable[[Trouble], None]) -> None:
        self._path = path
        self._settle = settle
        self._doubt = doubt
        self._queue: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"record-reader-{number}", daemon=True) for number in range(count)
        ]

    def start(self) -> None:
        """Begins to take queries."""
        for thread in self._threads:
            thread.start()

    def put(self, task: Task) -> None:
        """Queues a query."""
        self._queue.put(task)

    def stop(self) -> None:
        """Answers what was queued before, then ends; blocks until then."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        db: sqlite3.Connection | None = None
        while (task := self._queue.get()) is not None:
            if task.future.cancelled():
                self._settle([Outcome(task.future, None, None)])
                continue
            try:
                db = db or self._opened()
                outcome = _query(db, task)
            except sqlite3.Error as error:
                outcome = self._failed(task, error)
                _close(db)
                db = None
            self._settle([outcome])
        _close(db)

    def _opened(self) -> sqlite3.Connection:
        db = connect(self._path)
        db.execute("PRAGMA query_only=ON")
        return db

    def _failed(self, task: Task, error: sqlite3.Error) -> Outcome:
        trouble = trouble_of(error)
        if trouble is not None and trouble.damaged:
            self._doubt(trouble)
        refusal = Unavailable(retry_s=1.0)
        refusal.__cause__ = error
        return Outcome(task.future, None, refusal)


def _query(db: sqlite3.Connection, task: Task) -> Outcome:
    """Runs one query in its snapshot. Raises sqlite3.Error when the connection is not to be used any more."""
    db.execute("BEGIN")
    connection = SqliteConnection(db)
    value, failure = None, None
    try:
        value = task.run(connection)
    except BaseException as error:  # whatever it is, it belongs to who awaits the query; the thread lives on
        failure = error
    connection.end()
    if connection.lost is not None and not _wrote(connection.lost):
        raise connection.lost
    if db.in_transaction:
        db.execute("ROLLBACK")
    return Outcome(task.future, value, failure)


def _wrote(error: sqlite3.Error) -> bool:
    """A query that tries to write is a mistake of its author, not of the disk."""
    return error.sqlite_errorcode == sqlite3.SQLITE_READONLY


def _close(db: sqlite3.Connection | None) -> None:
    if db is not None:
        db.close()
