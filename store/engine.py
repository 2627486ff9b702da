"""The record as the layers above see it: what to import, how to open one. How it works: sqlite, postgres, inline."""

from __future__ import annotations

from pathlib import Path

from store.inline import InlineRecord
from store.record import Connection, Record, RecordError, RecordHealth, Row, Violation
from store.sqlite import SqliteRecord
from store.statements import Statement
from store.upsert import greatest, least, upsert

__all__ = [
    "Connection",
    "InlineRecord",
    "Record",
    "RecordError",
    "RecordHealth",
    "Row",
    "Statement",
    "Violation",
    "greatest",
    "least",
    "open_record",
    "upsert",
]


async def open_record(url: str) -> Record:
    """Opens `sqlite:////absolute/path.db` or `postgresql://…`, made and migrated where needed.

    Raises RecordError with one sentence: unknown URL, unreachable, damaged, locked, or newer than this program.
    Cancelling may leave a migrated record, never half a migration.
    """
    if url.startswith("sqlite:///"):
        return await SqliteRecord.open(Path(url.removeprefix("sqlite:///")))
    elif url.startswith(("postgresql://", "postgres://")):
        from store.postgres import PostgresRecord  # a desk on SQLite needs no driver for PostgreSQL

        return await PostgresRecord.open(url)
    else:
        raise RecordError("The database must be sqlite:////absolute/path.db or postgresql://user@host/name.")
