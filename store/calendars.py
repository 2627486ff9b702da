"""Office calendars: every version is kept, the newest holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from store.engine import Connection, Row
from store.schema import button, calendar


@dataclass(frozen=True)
class Version:
    """One version; `document` as routing.hours.Calendar reads it."""

    id: str
    version: int
    name: str
    document: dict[str, Any]


@dataclass(frozen=True)
class Saved:
    """When a version was made (microseconds) and by whom."""

    version: int
    at: int
    by: str | None


_newest = select(calendar.c.id, func.max(calendar.c.version).label("version")).group_by(calendar.c.id).subquery()
_ALL = (
    select(calendar)
    .join(_newest, (calendar.c.id == _newest.c.id) & (calendar.c.version == _newest.c.version))
    .order_by(calendar.c.name)
)
_ONE = select(calendar).where(calendar.c.id == bindparam("id")).order_by(calendar.c.version.desc()).limit(1)
_HISTORY = (
    select(calendar.c.version, calendar.c.created_at, calendar.c.by_id)
    .where(calendar.c.id == bindparam("id"))
    .order_by(calendar.c.version.desc())
    .limit(bindparam("most"))
)
_USES = select(button.c.id, button.c.name, button.c.customer_id).where(
    button.c.calendar_id == bindparam("id"), button.c.active == 1
)
_ADD = insert(calendar)


def every(connection: Connection) -> list[Version]:
    """The newest version of each calendar, by name."""
    return [_version(row) for row in connection.all(_ALL)]


def find(connection: Connection, id: str) -> Version | None:
    """The newest version."""
    row = connection.one(_ONE, id=id)
    return None if row is None else _version(row)


def history(connection: Connection, id: str, most: int = 10) -> list[Saved]:
    """The last versions, the newest first."""
    return [Saved(row.version, row.created_at, row.by_id) for row in connection.all(_HISTORY, id=id, most=most)]


def customers_with(connection: Connection, id: str) -> list[str]:
    """Customers whose active buttons keep these hours, each once."""
    return list(dict.fromkeys(row.customer_id for row in connection.all(_USES, id=id)))


def put(connection: Connection, new: Version, at: int, by: str | None) -> None:
    """A new version. Raises Violation when somebody else wrote the same one."""
    connection.run(
        _ADD, id=new.id, version=new.version, name=new.name, document=json.dumps(new.document), created_at=at, by_id=by
    )


def _version(row: Row) -> Version:
    return Version(row.id, row.version, row.name, json.loads(row.document))
