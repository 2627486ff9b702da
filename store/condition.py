"""A look at a record from outside, which makes and changes nothing: is it there, which steps has it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store.migrations import missing_steps, read_ledger
from store.record import RecordError

if TYPE_CHECKING:
    import psycopg

LEAST_POSTGRES = 14
"""The oldest that is still kept up; the tests run on 15."""


@dataclass(frozen=True)
class Condition:
    """`fault`: why it cannot be used, empty when it can. `behind`: steps it does not have yet. `is_there`: a record
    was made here. `ahead_s`: how far the database's clock is ahead of ours. `durable`: COMMIT waits for the disk.
    `too_old`: what is said of a server that is, else empty."""

    fault: str = ""
    is_there: bool = True
    behind: int = 0
    ahead_s: float = 0.0
    durable: bool = True
    too_old: str = ""


def look(url: str, now: float) -> Condition:
    """`url` as `open_record` takes it; `now`: our clock, in seconds since 1970. Blocks."""
    try:
        return _sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else _postgres(url, now)
    except RecordError as error:
        return Condition(str(error))


def _sqlite(path: str) -> Condition:
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.Error:
        return Condition(is_there=False)
    try:
        [(sound,)] = db.execute("PRAGMA quick_check(1)")
        if sound != "ok":
            return Condition("The record's file is damaged.")
        [(there,)] = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'migration'")
        return _compared("sqlite", db.execute(read_ledger()).fetchall() if there else [])
    except sqlite3.Error as error:
        return Condition(f"The record's file cannot be read: {error}.")
    finally:
        db.close()


def _postgres(url: str, now: float) -> Condition:
    import psycopg  # a desk on SQLite needs no driver for PostgreSQL

    try:
        with psycopg.connect(url, connect_timeout=3) as raw:
            [(ahead, commit, there)] = raw.execute(
                "SELECT extract(epoch FROM clock_timestamp())::float8, current_setting('synchronous_commit'), "
                "to_regclass('migration') IS NOT NULL"
            )
            version = raw.info.server_version
            fault = encoding_fault(raw)
            ledger = raw.execute(read_ledger()).fetchall() if there and not fault else []
            found = _compared("postgresql", ledger)
    except psycopg.Error as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        return Condition(f"The database cannot be used: {first}.")
    old = version // 10000 < LEAST_POSTGRES
    too_old = f"PostgreSQL must be {LEAST_POSTGRES} or newer; this is {version // 10000}." if old else ""
    return Condition(fault, found.is_there, found.behind, ahead - now, commit != "off", too_old)


def encoding_fault(raw: psycopg.Connection[Any]) -> str:
    """Why texts cannot be kept in this database as they are written, as one sentence; empty when they can."""
    encoding = raw.info.parameter_status("server_encoding")
    return "" if encoding == "UTF8" else f"The database must hold texts as UTF8; this one is made with {encoding}."


def _compared(dialect: str, ledger: Sequence[Sequence[Any]]) -> Condition:
    return Condition(is_there=bool(ledger), behind=len(missing_steps(dialect, ledger)) if ledger else 0)
