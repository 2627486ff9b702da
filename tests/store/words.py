"""A few statements on `meta` that the tests of the engine speak in."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import bindparam, delete, func, insert, select, update

from store.engine import Connection, upsert
from store.schema import meta

PUT = insert(meta)
SET = upsert(meta, ("key",), lambda new: {"value": new.value})
CHANGE = update(meta).where(meta.c.key == bindparam("b_key")).values(value=bindparam("b_value"))
GET = select(meta.c.value).where(meta.c.key == bindparam("key"))
LOCK = GET.with_for_update()
KEYS = select(meta.c.key).where(meta.c.key.in_(bindparam("keys", expanding=True))).order_by(meta.c.key)
COUNT = select(func.count()).select_from(meta).where(meta.c.key.like("k%"))
DROP = delete(meta).where(meta.c.key == bindparam("key"))


def putting(key: str, value: str = "") -> Callable[[Connection], str]:
    """A verb that writes one row and gives its key."""

    def verb(connection: Connection) -> str:
        connection.run(PUT, key=key, value=value)
        return key

    return verb


def getting(key: str) -> Callable[[Connection], str | None]:
    """A query for one value."""

    def query(connection: Connection) -> str | None:
        value: str | None = connection.scalar(GET, key=key)
        return value

    return query


def counting(connection: Connection) -> int:
    """How many rows the tests wrote."""
    count: int = connection.scalar(COUNT)
    return count
