"""The record in a SQLite file, as copies are taken from it and put in its place."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from store import durable
from store.copies.errors import CopyFailed, writing_to
from store.record import Connection
from store.sqlite_file import SqliteConnection, connect, trouble_of

T = TypeVar("T")

PAGES = 512
"""Of one step of a copy: two megabytes."""
SHARED_FIRST, SHARED_SIZE = 0x40000002, 510
"""The bytes that every open connection to a file in WAL mode keeps locked (SQLite's os.h)."""


class SqliteHome:
    """Where a desk on SQLite keeps its record."""

    database = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path

    def copy(self, to: Path) -> None:
        """The record at one instant, while the desk writes on. Raises CopyFailed.

        In one reading transaction: without it every write of the desk would make the copy begin anew. It stops no
        writer; only the WAL grows until it is over.
        """
        if not self._path.exists():
            raise CopyFailed(f"There is no record {self._path}.")
        with (
            closing(self._opened()) as source,
            writing_to(to),
            closing(sqlite3.connect(to, isolation_level=None)) as db,
        ):
            db.execute("PRAGMA synchronous=OFF")  # the whole file is synced once, at the end
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchall()
            source.backup(db, pages=PAGES)
            db.execute("PRAGMA journal_mode=DELETE").fetchall()

    def write(self, verb: Callable[[Connection], T]) -> T:
        """One transaction beside the running desk. Raises CopyFailed."""
        return written(self._path, verb)

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Nobody has the record open as long as this lasts. Raises CopyFailed when somebody has."""
        if not self._path.exists():
            yield
            return
        with self._path.open("rb+") as held:
            try:
                fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)
            except OSError as error:
                raise CopyFailed(f"A desk runs on {self._path}. Stop all its processes first.") from error
            yield

    def is_taken(self) -> bool:
        """Whether a desk's record is there, sound or not."""
        if not self._path.exists() or self._path.stat().st_size == 0:
            return False
        try:
            with closing(connect(self._path)) as db:
                return db.execute("SELECT 1 FROM meta WHERE key = 'kind'").fetchone() is not None
        except sqlite3.Error as error:
            return trouble_of(error) is not None

    def put(self, record: Path, aside: str) -> str:
        """The prepared file takes the record's place in one step; where the one before is kept, or empty.

        Raises CopyFailed; what was there is then there still.
        """
        kept = self._path.parent / aside
        beside = [Path(f"{self._path}{ending}") for ending in ("-wal", "-shm")]
        with writing_to(self._path):
            durable.sync(record)
            _fold(self._path)
            was_there = self._path.exists()
            left = [each for each in beside if each.exists()]
            if was_there or left:
                kept.mkdir(mode=0o700)
            if was_there:
                os.link(self._path, kept / self._path.name)
            for each in left:
                each.rename(kept / each.name)
            os.replace(record, self._path)
            durable.sync(self._path.parent)
        return str(kept) if was_there else ""

    def _opened(self) -> sqlite3.Connection:
        try:
            return connect(self._path)
        except sqlite3.Error as error:
            trouble = trouble_of(error)
            why = str(error) if trouble is None else trouble.reason
            raise CopyFailed(f"The record {self._path} cannot be read: {why}.") from error


def written(path: Path, verb: Callable[[Connection], T]) -> T:
    """What a verb did in one transaction on a file. Raises CopyFailed, or what the verb raised."""
    with writing_to(path), closing(connect(path)) as db:
        db.execute("BEGIN IMMEDIATE")
        connection = SqliteConnection(db)
        try:
            value = verb(connection)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        finally:
            connection.end()
        return value


def _fold(path: Path) -> None:
    """The last connection to close moves the WAL into the file; a damaged one is kept as it lies there."""
    with suppress(sqlite3.Error):
        connect(path).close()
