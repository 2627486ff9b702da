"""The thread that moves the WAL into SQLite's file, so that no verb ever pays for it, and watches the file's place."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from store.sqlite_file import MOVED, Trouble, connect, inode_of
from store.sqlite_writer import Writer

log = logging.getLogger(__name__)

EVERY_S = 1.0
CALM_COMMITS = 100
CALM_TURNS = 10
"""A checkpoint after so many commits, or after so many turns when there was at least one: the smaller, the shorter."""


class Checkpoints:
    """The thread; `doubt` is told when the file is not where it was."""

    def __init__(self, path: Path, writer: Writer, doubt: Callable[[Trouble], None]) -> None:
        self._path = path
        self._wal = Path(f"{path}-wal")
        self._writer = writer
        self._doubt = doubt
        self._inode = inode_of(path)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="record-checkpoints", daemon=True)
        self._commits = 0
        self._turns = 0
        self.wal_bytes = 0

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; blocks until then."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait(EVERY_S):
            self.wal_bytes = self._size()
            if inode_of(self._path) != self._inode:
                self._doubt(MOVED)
            elif self._is_time():
                self._checkpoint()

    def _is_time(self) -> bool:
        done = self._writer.commits - self._commits
        self._turns += 1
        return done >= CALM_COMMITS or (done > 0 and self._turns >= CALM_TURNS)

    def _checkpoint(self) -> None:
        """Everything while the writer writes, then what came in meanwhile between two commits; the WAL then begins anew
        in its old place, where a commit takes half as long as one that makes the file grow.

        A long read keeps the old WAL in use: nobody waits for it, the next turn tries again.
        """
        self._commits, self._turns = self._writer.commits, 0
        try:
            db = connect(self._path)
            try:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                db.execute("PRAGMA busy_timeout=0").fetchall()
                with self._writer.between_commits:
                    db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
            finally:
                db.close()
        except sqlite3.Error as error:  # the writer meets the same cause, and says so in the health
            log.warning("record.checkpoint_failed error=%r", str(error))

    def _size(self) -> int:
        try:
            return self._wal.stat().st_size
        except OSError:
            return 0
