"""The record in a PostgreSQL database, as copies are taken from it and put in its place."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import sql

from store import migrations
from store.copies.errors import CopyFailed, writing_to
from store.postgres import APPLICATION, PostgresConnection, Raw, connect
from store.record import Connection
from store.schema import TICKET_NUMBERS, metadata, ticket

T = TypeVar("T")

PAGE = 2_000
ENDS_S = 5.0
"""So long a session may be listed yet that its process has closed: the server ends it by and by."""
LOOK_S = 0.1
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database() "
    "AND pid <> pg_backend_pid()"
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY(%s)"
_FUNCTIONS = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace "
    "AND proname = 'audit_refuse'"
)


class PostgresHome:
    """Where a desk on PostgreSQL keeps its record."""

    database = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = url

    def copy(self, to: Path) -> None:
        """The record at one instant, while the desk writes on: one snapshot, table by table. Raises CopyFailed."""
        with self._opened() as raw, writing_to(to), closing(sqlite3.connect(to, isolation_level=None)) as db:
            raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if not _tables(raw):
                raise CopyFailed("There is no record in this database.")
            db.execute("PRAGMA synchronous=OFF")  # the whole file is synced once, at the end
            known = {number for (number,) in raw.execute("SELECT number FROM migration").fetchall()}
            migrations.migrate_sqlite(db, [step for step in migrations.steps() if step.number in known])
            db.execute("PRAGMA foreign_keys=OFF")
            db.execute("BEGIN")
            for table in _tables_of(db):
                _fetch(raw, db, table)
            db.execute("COMMIT")
            raw.execute("ROLLBACK")

    def write(self, verb: Callable[[Connection], T]) -> T:
        """One transaction beside the running desk. Raises CopyFailed."""
        with self._opened() as raw, raw.transaction():
            return verb(PostgresConnection(raw))

    @contextmanager
    def idle(self) -> Iterator[None]:
        """No process of a desk is connected. Raises CopyFailed when one is."""
        with self._opened() as raw:
            until = time.monotonic() + ENDS_S
            while raw.execute(_OTHERS, (APPLICATION,)).fetchone() != (0,):
                if time.monotonic() >= until:
                    raise CopyFailed("A desk runs on this database. Stop all its processes first.")
                time.sleep(LOOK_S)
        yield

    def is_taken(self) -> bool:
        """Whether a desk's record is there."""
        with self._opened() as raw:
            return "meta" in _tables(raw) and bool(raw.execute("SELECT 1 FROM meta WHERE key = 'kind'").fetchall())

    def put(self, record: Path, aside: str) -> str:
        """The prepared file becomes the record, in one transaction; the schema that keeps the one before, or empty."""
        kept = aside.replace("-", "_").lower()
        with self._opened() as raw, closing(sqlite3.connect(record)) as db:
            with raw.transaction():
                was_there = _put_aside(raw, kept)
                migrations.migrate_postgres(raw)
                for table in metadata.sorted_tables:
                    _fill(raw, db, table.name, [column.name for column in table.columns])
                raw.execute(
                    f"SELECT setval('{TICKET_NUMBERS.name}', max(number)) FROM {ticket.name} HAVING max(number) > 0"  # noqa: S608
                )
            raw.execute("ANALYZE")
        return kept if was_there else ""

    @contextmanager
    def _opened(self) -> Iterator[Raw]:
        """Without the limits of verbs: a copy takes as long as it takes."""
        try:
            with connect(self._url) as raw:
                raw.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
                yield raw
        except psycopg.Error as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise CopyFailed(f"The database cannot be used: {first}") from error


def _tables(raw: Raw) -> set[str]:
    """The desk's own, as far as they are there."""
    names = [*metadata.tables, "migration"]
    return {name for (name,) in raw.execute(_TABLES, (names,)).fetchall()}


def _tables_of(db: sqlite3.Connection) -> list[str]:
    return [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if name != "migration"
    ]


def _fetch(raw: Raw, db: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
    chosen = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    places = ", ".join("?" * len(columns))
    names = ", ".join(f'"{column}"' for column in columns)
    insert = f'INSERT INTO "{table}" ({names}) VALUES ({places})'  # noqa: S608  (names are the schema's own)
    with raw.cursor(name="copy") as cursor:
        cursor.itersize = PAGE
        cursor.execute(chosen)
        while rows := cursor.fetchmany(PAGE):
            db.executemany(insert, rows)


def _fill(raw: Raw, db: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    rows = db.execute(f'SELECT {", ".join(columns)} FROM "{table}"')  # noqa: S608
    with (
        raw.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _put_aside(raw: Raw, schema: str) -> bool:
    """Tables with all that belongs to them, the numbers and the audit's guard go into a schema of their own."""
    tables = _tables(raw)
    if not tables:
        return False
    raw.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for table in sorted(tables):
        _move(raw, "TABLE", sql.Identifier(table), schema)
    _move(raw, "SEQUENCE IF EXISTS", sql.Identifier(TICKET_NUMBERS.name), schema)
    for (function,) in raw.execute(_FUNCTIONS).fetchall():
        _move(raw, "FUNCTION", sql.SQL(function), schema)
    return True


def _move(raw: Raw, what: LiteralString, name: Any, schema: str) -> None:
    raw.execute(sql.SQL("ALTER {} {} SET SCHEMA {}").format(sql.SQL(what), name, sql.Identifier(schema)))
