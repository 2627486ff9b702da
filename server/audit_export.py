"""The audit as files: CSV for spreadsheets, JSON lines for programs; a page of rows and a snapshot at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from desk.administration.auditing import named
from store import audit_log
from store.audit_log import Entry, Filter
from store.engine import Connection, Record

FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
PAGE = 500
BEGINS_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = ("number", "at", "actor_id", "actor", "action", "object", "object_name", "detail", "hash")


async def lines(record: Record, only: Filter, format: str) -> AsyncIterator[str]:
    """The newest first. Raises Unavailable between pages. Cancelling is harmless."""
    if format == "csv":
        yield _csv(COLUMNS)
    before = 2**62
    while True:
        page, names = await record.read(partial(_page, before=before, only=only))
        for entry in page:
            row = row_of(entry, names)
            yield _csv(row.values()) if format == "csv" else json.dumps(row, ensure_ascii=False) + "\n"
        if len(page) < PAGE:
            return
        before = page[-1].number


def row_of(entry: Entry, names: dict[str, str]) -> dict[str, Any]:
    """One row for programs."""
    return {
        "number": entry.number, "at": entry.at.isoformat(), "actor_id": entry.actor_id,
        "actor": names.get(entry.actor_id or "", ""), "action": entry.action, "object": entry.object,
        "object_name": names.get(entry.object, ""), "detail": entry.detail, "hash": entry.hash,
    }  # fmt: skip


def _page(connection: Connection, before: int, only: Filter) -> tuple[list[Entry], dict[str, str]]:
    found = audit_log.page(connection, before, PAGE, only)
    return found, named(connection, found)


def _csv(cells: Any) -> str:
    output = io.StringIO()
    csv.writer(output).writerow([_cell(each) for each in cells])
    return output.getvalue()


def _cell(value: object) -> str:
    """A spreadsheet takes what begins like a formula for one: an apostrophe makes it text."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(BEGINS_FORMULAS) else text
