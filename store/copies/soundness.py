"""Whether a record's file is whole: SQLite's own look, references, streams without a gap, the chain of the audit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from store import audit, meta
from store.copies.errors import CopyFailed
from store.schema import metadata
from store.sqlite_file import SqliteConnection

_GAPS = """
SELECT count(*) FROM (
  SELECT stream, count(*) AS number, max(seq) AS last, min(seq) AS first FROM event GROUP BY stream
) WHERE first <> 1 OR last <> number
"""
_HEADS = """
SELECT count(*) FROM ticket LEFT JOIN (SELECT stream, max(seq) AS last FROM event GROUP BY stream) public
  ON public.stream = ticket.id
LEFT JOIN (SELECT stream, max(seq) AS last FROM event GROUP BY stream) internal ON internal.stream = ticket.id || '/i'
WHERE coalesce(public.last, 0) <> public_seq OR coalesce(internal.last, 0) <> internal_seq
"""
NAMED = """
SELECT sha256 FROM file UNION SELECT preview_sha256 FROM file WHERE preview_sha256 IS NOT NULL
UNION SELECT photo FROM agent WHERE photo IS NOT NULL
UNION SELECT sha256 FROM incoming_mail WHERE sha256 IS NOT NULL
UNION SELECT sha256 FROM outgoing_mail WHERE sha256 IS NOT NULL
"""
"""Every file that the record needs."""


@dataclass(frozen=True)
class Found:
    """What a record is: `rows` by table, `named` the attachments and pictures it needs."""

    kind: str
    epoch: str
    schema: int
    audit_rows: int
    audit_head: str
    rows: dict[str, int]
    named: frozenset[str]


def look_through(path: Path) -> Found:
    """A sound record. Raises CopyFailed with what is wrong first."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, isolation_level=None)) as db:
            _look(db)
            return _found(db)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise CopyFailed(f"The copied record is damaged: {error}.") from error


def _look(db: sqlite3.Connection) -> None:
    [(said,), *_] = db.execute("PRAGMA integrity_check(1)").fetchall()
    if said != "ok":
        raise CopyFailed(f"The copied record is damaged: {said}.")
    if foreign := db.execute("PRAGMA foreign_key_check").fetchone():
        raise CopyFailed(f"The copied record is damaged: a row of {foreign[0]} names one of {foreign[2]} that is gone.")
    for statement, sentence in ((_GAPS, "streams with a gap"), (_HEADS, "tickets whose events are not all there")):
        [(count,)] = db.execute(statement).fetchall()
        if count:
            raise CopyFailed(f"The copied record is damaged: {count} {sentence}.")


def _found(db: sqlite3.Connection) -> Found:
    connection = SqliteConnection(db)
    verdict = audit.Verdict()
    while not verdict.whole:
        verdict = audit.verify(connection, verdict)
    if verdict.fault:
        raise CopyFailed(f"The audit of the copied record does not hold: {verdict.fault}")
    [(schema,)] = db.execute("SELECT max(number) FROM migration").fetchall()
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return Found(
        meta.kind(connection) or "",
        meta.epoch(connection) or "",
        schema,
        verdict.rows,
        verdict.head,
        {name: _count(db, name) for name in tables if name in metadata.tables},
        frozenset(name for (name,) in db.execute(NAMED)),
    )


def _count(db: sqlite3.Connection, table: str) -> int:
    [(count,)] = db.execute(f'SELECT count(*) FROM "{table}"').fetchall()  # noqa: S608
    return int(count)
