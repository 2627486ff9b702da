"""What a mail costs does not grow with what the record holds: no statement of its landing reads a whole table."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from store.engine import InlineRecord
from store.schema import metadata
from tests.desk.post import PRIYA, letter, opened
from tests.support.world import NIGHT, World

OF_HANDS = {"absence", "agent", "button", "calendar", "mailbox"}
"""Tables that an admin fills by hand."""


@contextmanager
def traced(db: sqlite3.Connection) -> Iterator[set[str]]:
    """Every statement that is run meanwhile, with its values."""
    found: set[str] = set()
    db.set_trace_callback(found.add)
    try:
        yield found
    finally:
        db.set_trace_callback(None)


def scanned(db: sqlite3.Connection, statement: str) -> set[str]:
    """The tables that are read from one end to the other."""
    if not statement.startswith(("SELECT", "UPDATE", "DELETE")):
        return set()
    plan = db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    read = {found[1] for *_, detail in plan if (found := re.match(r"SCAN (\w+)", detail))}
    return read & metadata.tables.keys() - OF_HANDS


async def test_no_statement_of_a_landing_reads_a_whole_table() -> None:
    record = InlineRecord()
    post = await opened(await World.make(record, start=NIGHT))
    ticket = str(await post.lands(letter()))
    with traced(record._db) as statements:
        await post.lands(letter("of a stranger", "guest@elsewhere.example"))
        await post.lands(letter("of somebody new", "guest@brightwater.example", proven=True))
        await post.lands(letter("an answer", tokens=(ticket,), references=("x@elsewhere.example",)))
        await post.lands(letter("the same", tokens=(ticket,)))
        await post.lands(letter("of a machine", kind="auto", others=(PRIYA, "other@brightwater.example")))
    assert len(statements) > 50
    found = {each: tables for each in statements if (tables := scanned(record._db, each))}
    assert found == {}
