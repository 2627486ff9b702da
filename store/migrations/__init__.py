"""Brings a record to the newest schema: numbered steps, forward only, one change each. The steps: m0001_….py.

A step is frozen with the first release that has it; its checksum in the record tells when it was changed afterwards.

The old program and the new one run side by side while a desk is renewed, so a change comes in two releases: a step that
only adds (`WORKS_FROM` names the oldest step whose programs still work with the record), and, when no program needs the
old form any more, one that takes it away. A program meets an unknown step only if that step says it works from ours.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from store.record import RecordError

LEDGER = (
    "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, "
    "works_from INTEGER NOT NULL)"
)
LOCK_KEY = 0x76697064
"""Of PostgreSQL's advisory lock, so that two processes do not migrate at once. On SQLite the writer is the lock."""

LOCK_WAIT_MS = 1_000
"""A change of a table waits for who reads it, and everybody who comes later waits behind it: so not for long."""
LOCK_WAITS = 60

_READ = "SELECT number, name, checksum, works_from FROM migration ORDER BY number"
_STEP = re.compile(r"m(\d{4})_(\w+)")


@dataclass(frozen=True)
class Step:
    """One migration; `statements` by database. `works_from`: see above; its own number when nothing older does."""

    number: int
    name: str
    statements: dict[str, tuple[str, ...]]
    works_from: int

    def checksum(self, dialect: str) -> str:
        """SHA-256 of the statements."""
        return hashlib.sha256("\0".join(self.statements[dialect]).encode()).hexdigest()


def steps() -> list[Step]:
    """All steps of this program, in order."""
    found = [_STEP.fullmatch(module.name) for module in pkgutil.iter_modules(__path__)]
    return sorted((_step(match) for match in found if match is not None), key=lambda step: step.number)


def _step(match: re.Match[str]) -> Step:
    module, number = importlib.import_module(f"{__name__}.{match[0]}"), int(match[1])
    return Step(number, match[2], module.STATEMENTS, getattr(module, "WORKS_FROM", number))


def migrate_sqlite(db: sqlite3.Connection, known: Sequence[Step] | None = None) -> list[int]:
    """Runs what is missing in one transaction; the numbers that were run. Raises RecordError, sqlite3.Error."""
    known = steps() if known is None else known
    if not _is_behind(db, known):
        return []
    db.execute("PRAGMA foreign_keys=OFF")  # cannot be changed inside the transaction
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute(LEDGER)
        done = _run(
            "sqlite",
            known,
            db.execute(_READ).fetchall(),
            lambda text, *values: db.execute(text.replace("%s", "?") if values else text, values),
        )
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("PRAGMA foreign_keys=ON")
    return done


def migrate_postgres(raw: Any, known: Sequence[Step] | None = None) -> list[int]:
    """The same on a psycopg connection in autocommit mode. Raises RecordError, psycopg.Error."""
    from psycopg.errors import LockNotAvailable  # a desk on SQLite needs no driver for PostgreSQL

    for left in reversed(range(LOCK_WAITS)):
        try:
            return _migrated(raw, steps() if known is None else known)
        except LockNotAvailable:
            if not left:
                raise
    raise AssertionError


def _migrated(raw: Any, known: Sequence[Step]) -> list[int]:
    with raw.transaction():
        raw.execute("SET LOCAL lock_timeout = 0")
        raw.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        raw.execute(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
        raw.execute(LEDGER)
        return _run(
            "postgresql", known, raw.execute(_READ).fetchall(), lambda text, *values: raw.execute(text, values or None)
        )


def read_ledger() -> str:
    """The statement that reads what `missing_steps` takes."""
    return _READ


def missing_steps(dialect: str, ledger: Sequence[Sequence[Any]]) -> list[Step]:
    """What this program would run on a record with that ledger. Raises RecordError when it may not."""
    return _missing(dialect, steps(), ledger)


def _is_behind(db: sqlite3.Connection, known: Sequence[Step]) -> bool:
    """A look without a lock, so that a start with nothing to do writes nothing."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone() is None:
        return True
    else:
        return bool(_missing("sqlite", known, db.execute(_READ).fetchall()))


def _run(
    dialect: str, known: Sequence[Step], ledger: Sequence[Sequence[Any]], execute: Callable[..., Any]
) -> list[int]:
    missing = _missing(dialect, known, ledger)
    for step in missing:
        for statement in step.statements[dialect]:
            execute(statement)
        execute(
            "INSERT INTO migration (number, name, checksum, works_from) VALUES (%s, %s, %s, %s)",
            step.number,
            step.name,
            step.checksum(dialect),
            step.works_from,
        )
    return [step.number for step in missing]


def _missing(dialect: str, known: Sequence[Step], ledger: Sequence[Sequence[Any]]) -> list[Step]:
    by_number = {step.number: step for step in known}
    newest = max(by_number, default=0)
    for number, name, checksum, works_from in ledger:
        if number in by_number:
            if by_number[number].checksum(dialect) != checksum:
                raise RecordError(f"Step {number} ({name}) of this record is not the one of this program.")
        elif works_from > newest:
            raise RecordError(
                f"This record was written by a newer vipdesk: its step {number} ({name}) works with programs from step "
                f"{works_from} on, this program knows up to {newest}. Start the newer program."
            )
    present = {number for number, *_ in ledger}
    return [step for number, step in sorted(by_number.items()) if number not in present]
