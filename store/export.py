"""Everything as JSON lines, one file for each noun, and the attachments: for other programs, and for customers who go.

Read page by page, a snapshot each, so that no verb waits. What it holds: export_nouns.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Select

from store import durable
from store.blobs import Blobs
from store.copies.errors import CopyFailed, writing_to
from store.export_nouns import ALL, COLUMNS, DOCUMENTS, OF_CUSTOMER, TRUTHS, before_first, keys
from store.record import Connection, Record, Row
from store.schema import metadata
from store.times import instant

PAGE = 500
FORMAT = 1


@dataclass(frozen=True)
class Exported:
    """`rows` by noun; `missing` attachments that the desk itself has lost."""

    rows: dict[str, int]
    files: int
    missing: tuple[str, ...]


async def export(record: Record, blobs: Blobs, target: Path, customer: str | None, at: datetime) -> Exported:
    """Into a new folder, which gets its name when all of it is on the disk. Raises CopyFailed, Unavailable.

    Cancelling leaves nothing behind.
    """
    begun = await asyncio.to_thread(_begin, target)
    try:
        with writing_to(target):
            done = await _write(record, blobs, begun, customer, at)
            await asyncio.to_thread(_name, begun, target)
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return done


def _begin(target: Path) -> Path:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CopyFailed(f"{target} is there already. Choose a folder that is not.")
    begun = target.absolute().parent / f".{target.name}-begun-{os.getpid()}"
    with writing_to(target):
        begun.mkdir(parents=True, mode=0o700)
    return begun


def _name(begun: Path, target: Path) -> None:
    durable.sync(begun)
    os.rename(begun, target)
    durable.sync(target.absolute().parent)


async def _write(record: Record, blobs: Blobs, folder: Path, customer: str | None, at: datetime) -> Exported:
    rows: dict[str, int] = {}
    named: set[str] = set()
    for noun in ALL if customer is None else OF_CUSTOMER:
        rows[noun] = 0
        with (folder / f"{noun}.jsonl").open("w", encoding="utf-8", newline="\n") as lines:
            async for page in _pages(record, noun, customer):
                lines.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in page)
                rows[noun] += len(page)
                named |= {each[name] for each in page for name in ("sha256", "photo") if each.get(name)}
            lines.flush()
            os.fsync(lines.fileno())
    missing = await asyncio.to_thread(_copy, blobs, sorted(named), folder / "files")
    _say(folder / "export.json", {
        "format": FORMAT, "at": at.isoformat(), "customer": customer, "rows": rows, "missing": missing,
    })  # fmt: skip
    return Exported(rows, len(named) - len(missing), missing)


async def _pages(record: Record, noun: str, customer: str | None) -> AsyncIterator[list[dict[str, Any]]]:
    statement = ALL[noun] if customer is None else OF_CUSTOMER[noun]
    wanted: dict[str, Any] = before_first(noun) | ({} if customer is None else {"customer": customer})
    while True:
        page = await record.read(partial(_page, statement, wanted))
        yield [_line(noun, row) for row in page]
        if len(page) < PAGE:
            return
        wanted |= {f"after_{name}": getattr(page[-1], name) for name in keys(noun)}


def _page(statement: Select[Any], wanted: dict[str, Any], connection: Connection) -> list[Row]:
    return connection.all(statement, most=PAGE, **wanted)


def _line(noun: str, row: Any) -> dict[str, Any]:
    columns = metadata.tables[noun].c
    return {name: _value(noun, columns[name], value) for name, value in zip(COLUMNS[noun].split(), row, strict=True)}


def _value(noun: str, column: Column[Any], value: Any) -> Any:
    """As people and programs elsewhere read it: instants by ISO 8601, documents as what they are."""
    if value is None:
        return None
    elif column.name in DOCUMENTS.get(noun, "").split():
        return json.loads(value)
    elif column.name in TRUTHS.get(noun, "").split():
        return bool(value)
    elif isinstance(column.type, BigInteger) and column.name not in ("bytes", "number"):
        return instant(value).isoformat().replace("+00:00", "Z")
    else:
        return value


def _copy(blobs: Blobs, names: list[str], folder: Path) -> tuple[str, ...]:
    """Each under its hash, checked on its way; those that are not sound."""
    folder.mkdir()
    missing = []
    for name in names:
        if blobs.is_sound(name):
            shutil.copyfile(blobs.path(name), folder / name)
            durable.sync(folder / name)
        else:
            missing.append(name)
    durable.sync(folder)
    return tuple(missing)


def _say(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")
    durable.sync(path)
