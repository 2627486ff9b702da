"""One connection to the SQLite file: how it is set up, what verbs see of it, what its errors mean in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from store.record import Connection, Cursor, Violation
from store.statements import Plans, Values

LOCK_WAIT_S = 2.0
PLANS = Plans("sqlite")
"""Shared by every thread and record of the process: statements are constants."""

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
LOCKED = "another process holds the record locked"
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_READONLY: "the record's file cannot be written",
    sqlite3.SQLITE_PERM: "the record's file cannot be written",
    sqlite3.SQLITE_IOERR: "the disk reports read or write errors",
    sqlite3.SQLITE_CANTOPEN: "the record's file cannot be opened",
    sqlite3.SQLITE_NOMEM: "the memory is used up",
    sqlite3.SQLITE_CORRUPT: "the record's file is damaged",
    sqlite3.SQLITE_NOTADB: "the record's file is damaged",
}


CACHE_KIB = 64 * 1024
"""Of each connection, taken as needed: a batch whose pages do not fit is written twice."""


@dataclass(frozen=True)
class Trouble:
    """Why nothing can be written now; `damaged`: the file must be looked through before it is trusted again."""

    reason: str
    damaged: bool = False


class FileMoved(sqlite3.OperationalError):
    """The file is not where it was: what is written to it nobody would ever read."""


def trouble_of(error: BaseException) -> Trouble | None:
    """What a driver's error says about disk, file or lock; None for a mistake of the statement itself."""
    if isinstance(error, FileMoved):
        return MOVED
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else -1
    reason = _REASONS.get(primary)
    return None if reason is None else Trouble(reason, primary in _DAMAGE)


MOVED = Trouble("the record's file was moved, deleted or replaced while the desk ran", damaged=True)


def inode_of(path: Path) -> tuple[int, int] | None:
    """What tells one file from another of the same name; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def connect(path: Path | str) -> sqlite3.Connection:
    """A connection set up as the record needs it; `path` must be there unless it is `:memory:`. Raises sqlite3.Error.

    `isolation_level=None`: with the driver's own transaction control the RELEASE of a first savepoint commits.
    """
    target, uri = (path, False) if path == ":memory:" else (f"{Path(path).absolute().as_uri()}?mode=rw", True)
    db = sqlite3.connect(
        target, uri=uri, isolation_level=None, check_same_thread=False, timeout=LOCK_WAIT_S, cached_statements=512
    )
    try:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=0",
            "foreign_keys=ON",
            "journal_size_limit=67108864",
            "temp_store=MEMORY",
            f"cache_size=-{CACHE_KIB}",
            "trusted_schema=OFF",
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.Error:
        db.close()
        raise
    return db


class SqliteConnection(Connection):
    """A verb's or query's view of the file; `lost` once disk, file or lock have failed under it."""

    __slots__ = ("_db", "lost")

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(PLANS)
        self._db = db
        self.lost: sqlite3.Error | None = None

    def _execute(self, text: str, values: Values) -> Cursor:
        if self._ended or self.lost is not None:
            self._must_be_usable()
        try:
            return self._db.execute(text, values)
        except sqlite3.Error as error:
            raise self._judged(error) from error

    def _execute_many(self, text: str, rows: Iterable[Values]) -> Cursor:
        self._must_be_usable()
        try:
            return self._db.executemany(text, rows)
        except sqlite3.Error as error:
            raise self._judged(error) from error

    def _must_be_usable(self) -> None:
        """After a full disk the whole transaction is gone and the next statement would run in autocommit."""
        self._must_be_open()
        if self.lost is not None:
            raise self.lost

    def _judged(self, error: sqlite3.Error) -> Exception:
        if isinstance(error, sqlite3.IntegrityError):
            return Violation(str(error))
        elif trouble_of(error) is not None or not self._db.in_transaction:
            self.lost = error
        return error
