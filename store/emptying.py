"""Empties the record of a demo before it is seeded anew; a real desk never calls this."""

from sqlalchemy import delete, text

from store.engine import Connection
from store.meta import kind
from store.schema import meta, metadata

KEPT = ("audit", "meta")
"""The audit is append-only, for a demo too; what the desk knows of itself outlives a reset."""

_EMPTY = tuple(delete(table) for table in reversed(metadata.sorted_tables) if table.name not in KEPT)
_RESTART = text("ALTER SEQUENCE ticket_number RESTART")
_FORGET_EPOCH = delete(meta).where(meta.c.key == "epoch")


def empty(connection: Connection) -> None:
    """Deletes every row but those of KEPT, and the epoch. Raises ValueError unless the record is a demo's."""
    if kind(connection) != "demo":
        raise ValueError("only a demo's record may be emptied")
    for statement in _EMPTY:
        connection.run(statement)
    connection.run(_FORGET_EPOCH)
    if connection.dialect == "postgresql":
        connection.run(_RESTART)
