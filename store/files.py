"""Files as they arrive and are served; as messages carry them: attachments.py. The bytes: blobs.py."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, union, update

from store.engine import Connection, Row
from store.schema import agent, file, incoming_mail, outgoing_mail


@dataclass(frozen=True)
class File:
    """`preview_sha256`: a re-encoded picture, the only bytes that are ever shown inline. `scanned`: a virus scanner
    looked at it, and found `found`.
    """

    id: str
    name: str
    type: str
    bytes: int
    sha256: str
    preview_sha256: str | None
    by_id: str
    ticket_id: str | None = None
    scanned: bool = False
    found: str = ""


_ADD = insert(file)
_ONE = select(file).where(file.c.id == bindparam("id"))
_DRAWN = (
    update(file)
    .where(file.c.id == bindparam("b_id"), file.c.preview_sha256.is_(None))
    .values(preview_sha256=bindparam("drawn"))
)
_UNSCANNED = select(file).where(file.c.scanned == 0).order_by(file.c.created_at).limit(bindparam("most"))
_SCANNED = (
    update(file).where(file.c.id == bindparam("b_id"), file.c.scanned == 0).values(scanned=1, found=bindparam("words"))
)
_NAMED = union(
    select(file.c.sha256),
    select(file.c.preview_sha256).where(file.c.preview_sha256.is_not(None)),
    select(agent.c.photo).where(agent.c.photo.is_not(None)),
    select(incoming_mail.c.sha256).where(incoming_mail.c.sha256.is_not(None)),
    select(outgoing_mail.c.sha256).where(outgoing_mail.c.sha256.is_not(None)),
)


def add(connection: Connection, new: File, at: int) -> None:
    """Uploaded; no message carries it yet."""
    connection.run(
        _ADD, id=new.id, name=new.name, type=new.type, bytes=new.bytes, sha256=new.sha256,
        preview_sha256=new.preview_sha256, by_id=new.by_id, ticket_id=None, created_at=at,
    )  # fmt: skip


def find(connection: Connection, id: str) -> File | None:
    """The file."""
    row = connection.one(_ONE, id=id)
    return None if row is None else _file(row)


def unscanned(connection: Connection, most: int) -> list[File]:
    """What no virus scanner looked at, the oldest first."""
    return [_file(row) for row in connection.all(_UNSCANNED, most=most)]


def scanned(connection: Connection, id: str, found: str) -> bool:
    """One looked at it; empty: it found nothing. False: another was faster, or the file is gone."""
    return connection.run(_SCANNED, b_id=id, words=found) > 0


def drawn(connection: Connection, id: str, preview_sha256: str) -> bool:
    """Its picture, drawn anew; False when the file is gone, or somebody else was faster."""
    return connection.run(_DRAWN, b_id=id, drawn=preview_sha256) > 0


def named(connection: Connection) -> set[str]:
    """Every blob that a row names: attachments, previews, photos, raw mail of both ways and how it is shown."""
    return {row.sha256 for row in connection.all(_NAMED)}


def _file(row: Row) -> File:
    return File(
        row.id, row.name, row.type, row.bytes, row.sha256, row.preview_sha256, row.by_id, row.ticket_id,
        bool(row.scanned), row.found,
    )  # fmt: skip
