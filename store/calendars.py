"""Office calendars: every version is kept, the newest holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from store.engine import Connection, Row
from store.schema import calendar


@dataclass(frozen=True)
class Version:
    """One version; `document` as routing.hours.Calendar reads it."""

    id: str
    version: int
    name: str
    document: dict[str, Any]


_newest = select(calendar.c.id, func.max(calendar.c.version).label("version")).group_by(calendar.c.id).subquery()
_ALL = (
    select(calendar)
    .join(_newest, (calendar.c.id == _newest.c.id) & (calendar.c.version == _newest.c.version))
    .order_by(calendar.c.name)
)
_ONE = select(calendar).where(calendar.c.id == bindparam("id")).order_by(calendar.c.version.desc()).limit(1)
_ADD = insert(calendar)


def every(connection: Connection) -> list[Version]:
    """The newest version of each calendar, by name."""
    return [_version(row) for row in connection.all(_ALL)]


def find(connection: Connection, id: str) -> Version | None:
    """The newest version."""
    row = connection.one(_ONE, id=id)
    return None if row is None else _version(row)


def put(connection: Connection, new: Version, at: int, by: str | None) -> None:
    """A new version. Raises Violation when somebody else wrote the same one."""
    connection.run(
        _ADD, id=new.id, version=new.version, name=new.name, document=json.dumps(new.document), created_at=at, by_id=by
    )


def _version(row: Row) -> Version:
    return Version(row.id, row.version, row.name, json.loads(row.document))
