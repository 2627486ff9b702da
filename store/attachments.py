"""Files as messages carry them; how they arrive and are served: files.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from store.engine import Connection
from store.schema import file, message

_MINE = select(file).where(file.c.id.in_(bindparam("ids", expanding=True)), file.c.by_id == bindparam("by"))
_TAKE = (
    update(file)
    .where(file.c.id.in_(bindparam("ids", expanding=True)), file.c.ticket_id.is_(None))
    .values(ticket_id=bindparam("ticket"))
)
_OF_TICKET = select(file).where(file.c.id == bindparam("id"), file.c.ticket_id == bindparam("ticket"))

_CARRIED = select(message.c.files).where(message.c.stream == bindparam("stream"), message.c.seq == bindparam("seq"))
_HASHES = select(file.c.sha256, file.c.id).where(file.c.id.in_(bindparam("ids", expanding=True)))
_SHOWN = (
    select(message.c.seq)
    .where(message.c.stream == bindparam("ticket"), message.c.files.like(bindparam("carries"), escape="!"))
    .limit(1)
)


def take(
    connection: Connection, ids: Sequence[str], by: str, ticket: str, *, undrawn: frozenset[str] = frozenset()
) -> list[dict[str, Any]] | None:
    """Binds files this person uploaded to a ticket; as messages show them, in order. None: one is not theirs.

    `undrawn`: types of which a picture is drawn when somebody looks at it, not before.
    """
    if not ids:
        return []
    rows = {row.id: row for row in connection.all(_MINE, ids=list(ids), by=by)}
    if len(rows) != len(set(ids)) or any(row.ticket_id not in (None, ticket) for row in rows.values()):
        return None
    connection.run(_TAKE, ids=list(ids), ticket=ticket)
    return [
        {
            "file": row.id,
            "name": row.name,
            "type": row.type,
            "bytes": row.bytes,
            "picture": (row.preview_sha256 is not None or row.type in undrawn) and not row.found,
            **({"held": row.found} if row.found else {}),
        }
        for row in (rows[id] for id in ids)
    ]


def by_hash(connection: Connection, stream: str, seq: int) -> dict[str, str]:
    """Ids of a message's files by the hash of their bytes."""
    row = connection.one(_CARRIED, stream=stream, seq=seq)
    ids = [] if row is None else [each["file"] for each in msgspec.json.decode(row.files)]
    return {found.sha256: found.id for found in connection.all(_HASHES, ids=ids)} if ids else {}


def is_of(connection: Connection, id: str, ticket: str) -> bool:
    """Whether a message of the ticket carries it."""
    return connection.one(_OF_TICKET, id=id, ticket=ticket) is not None


def is_shown(connection: Connection, id: str, ticket: str) -> bool:
    """Whether a public message of the ticket carries it; notes are the agents' alone."""
    literal = id.replace("!", "!!").replace("_", "!_").replace("%", "!%")
    return connection.one(_SHOWN, ticket=ticket, carries=f'%"{literal}"%') is not None
