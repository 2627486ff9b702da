"""Damage to a SQLite file under who uses it, and the bytes put back: both in place, the WAL is left alone."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

_SIZE = "PRAGMA page_size"
_ROOTS = "SELECT rootpage FROM sqlite_schema WHERE tbl_name = ? AND rootpage > 1"


class Damage:
    """To the roots of a table and its indexes: nobody writes such a page who has not read it before.

    So no sound page of a later commit can lie where the bytes are put back.
    """

    def __init__(self, path: Path, table: str) -> None:
        self._path = path
        self._table = table
        self._sound: dict[int, bytes] = {}

    def begin(self) -> None:
        """Every page is in the file and in nobody's cache, and nobody writes meanwhile."""
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            self._lock_with_an_empty_wal(db)
            size = db.execute(_SIZE).fetchone()[0]
            with self._file() as file:
                for (root,) in db.execute(_ROOTS, (self._table,)).fetchall():
                    at = (root - 1) * size
                    self._sound[at] = os.pread(file, size, at)
                    os.pwrite(file, b"\xff" * size, at)
            db.execute("ROLLBACK")

    def mend(self) -> None:
        """The bytes from before."""
        with self._file() as file:
            for at, page in self._sound.items():
                os.pwrite(file, page, at)

    def _lock_with_an_empty_wal(self, db: sqlite3.Connection) -> None:
        """What was committed between checkpoint and lock would be in its writer's cache."""
        wal = Path(f"{self._path}-wal")
        while True:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            db.execute("BEGIN IMMEDIATE")
            if wal.stat().st_size == 0:
                return
            db.execute("ROLLBACK")

    @contextlib.contextmanager
    def _file(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR)
        try:
            yield file
        finally:
            os.close(file)
