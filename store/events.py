"""Events: the durable, gapless streams of a ticket as the frames that everybody gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import bindparam, case, insert, select

from store.engine import Connection
from store.schema import event, ticket

_ADD = insert(event)
_AFTER = (
    select(event.c.frame)
    .where(event.c.stream == bindparam("stream"), event.c.seq > bindparam("after"))
    .order_by(event.c.seq)
    .limit(bindparam("most"))
)
_BEFORE = (
    select(event.c.frame)
    .where(event.c.stream == bindparam("stream"), event.c.seq < bindparam("before"))
    .order_by(event.c.seq.desc())
    .limit(bindparam("most"))
)
_ONE = select(event.c.frame).where(event.c.stream == bindparam("stream"), event.c.seq == bindparam("seq"))
_PUBLIC_MESSAGES_AFTER = (
    select(event.c.frame, event.c.by_id)
    .where(event.c.stream == bindparam("stream"), event.c.seq > bindparam("after"), event.c.kind == "message")
    .order_by(event.c.seq)
    .limit(100)
)
_HEADS = select(ticket.c.id, ticket.c.public_seq, ticket.c.internal_seq).where(
    ticket.c.id.in_(bindparam("ids", expanding=True))
)
_HEAD = select(case((bindparam("internal") == 1, ticket.c.internal_seq), else_=ticket.c.public_seq)).where(
    ticket.c.id == bindparam("id")
)
_LAST_OF_KIND = (
    select(event.c.frame)
    .where(event.c.stream == bindparam("stream"), event.c.kind == bindparam("kind"))
    .order_by(event.c.seq.desc())
    .limit(1)
)
_LAST_BUT = (
    select(event.c.seq)
    .where(event.c.stream == bindparam("stream"), event.c.seq <= bindparam("seq"), event.c.kind != bindparam("kind"))
    .order_by(event.c.seq.desc())
    .limit(1)
)
INTERNAL = "/i"


def ticket_of(stream: str) -> str:
    """The ticket a stream belongs to."""
    return stream.removesuffix(INTERNAL)


def add(
    connection: Connection, stream: str, seq: int, ticket_id: str, at: int, kind: str, by_id: str | None, frame: str
) -> None:
    """The next event. Raises Violation when its seq was taken meanwhile."""
    connection.run(_ADD, stream=stream, seq=seq, ticket_id=ticket_id, at=at, kind=kind, by_id=by_id, frame=frame)


def after(connection: Connection, stream: str, seq: int, most: int) -> list[bytes]:
    """Frames behind a seq, in order."""
    return [row.frame.encode() for row in connection.all(_AFTER, stream=stream, after=seq, most=most)]


def before(connection: Connection, stream: str, seq: int, most: int) -> list[bytes]:
    """The newest frames before a seq, in order."""
    rows = connection.all(_BEFORE, stream=stream, before=seq, most=most)
    return [row.frame.encode() for row in reversed(rows)]


def one(connection: Connection, stream: str, seq: int) -> bytes | None:
    """One frame."""
    found = connection.scalar(_ONE, stream=stream, seq=seq)
    return None if found is None else cast(str, found).encode()


def messages_after(connection: Connection, stream: str, seq: int) -> list[tuple[bytes, str | None]]:
    """Messages behind a seq with their authors' ids."""
    rows = connection.all(_PUBLIC_MESSAGES_AFTER, stream=stream, after=seq)
    return [(row.frame.encode(), row.by_id) for row in rows]


def last_of_kind(connection: Connection, stream: str, kind: str) -> bytes | None:
    """The newest event of a kind."""
    found = connection.scalar(_LAST_OF_KIND, stream=stream, kind=kind)
    return None if found is None else cast(str, found).encode()


def last_but(connection: Connection, stream: str, kind: str, seq: int) -> int:
    """The last seq up to this one whose event is of any other kind; 0 when there is none."""
    found = connection.scalar(_LAST_BUT, stream=stream, kind=kind, seq=seq)
    return 0 if found is None else int(found)


def heads(connection: Connection, streams: Sequence[str]) -> dict[str, int]:
    """The last seq of each stream that exists, in one statement."""
    ids = sorted({ticket_of(stream) for stream in streams})
    if not ids:
        return {}
    known: dict[str, int] = {}
    for row in connection.all(_HEADS, ids=ids):
        known[row.id] = row.public_seq
        known[row.id + INTERNAL] = row.internal_seq
    return {stream: known[stream] for stream in streams if stream in known}


def head(connection: Connection, stream: str) -> int:
    """The last seq of one stream, 0 when it is empty or unknown."""
    found = connection.scalar(_HEAD, id=ticket_of(stream), internal=int(stream.endswith(INTERNAL)))
    return 0 if found is None else int(found)
