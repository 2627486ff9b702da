"""What the admin set for the whole desk: a JSON value by name."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import bindparam, select

from store.engine import Connection, upsert
from store.schema import setting

_GET = select(setting.c.value).where(setting.c.key == bindparam("key"))
_PUT = upsert(setting, ("key",), lambda new: {"value": new.value})


def get(connection: Connection, key: str, default: Any) -> Any:
    """The value; the default when it was never set."""
    value = connection.scalar(_GET, key=key)
    return default if value is None else json.loads(value)


def put(connection: Connection, key: str, value: Any) -> None:
    """Sets it."""
    connection.run(_PUT, key=key, value=json.dumps(value))
