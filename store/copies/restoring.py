"""Puts a backup back: every hash is checked before anything is changed, the record's place is taken last.

Until then a restore that is killed has left only attachments, which the next one finds there.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from store import audit, erasing, meta, migrations
from store.blobs import Blobs
from store.copies.errors import CopyFailed, writing_to
from store.copies.folder import RECORD, Folder, listed, name_of, read_whole
from store.copies.homes import Home
from store.copies.manifest import Manifest
from store.copies.soundness import look_through
from store.copies.sqlite import written
from store.engine import Connection
from store.ledger import Ledger
from store.sqlite_file import connect

PREPARING = ".restoring"


@dataclass(frozen=True)
class Restored:
    """`copied` attachments were not in place; `aside`: where the desk of before is kept, or empty; `erased`: how many
    contacts the backup still knew who had been erased."""

    manifest: Manifest
    epoch: str
    copied: int
    aside: str
    erased: int = 0


def verified(folder: Folder, name: str) -> Manifest:
    """A backup that is whole and whose record is sound. Raises CopyFailed with what is wrong first."""
    said = read_whole(folder, name)
    look_through(folder.path / name / RECORD)
    return said


def restore(home: Home, data: Path, folder: Folder, name: str, at: datetime) -> Restored:
    """The backup becomes the desk of this place; what was there is kept aside. Raises CopyFailed."""
    with home.idle():
        said = verified(folder, name)
        preparing = data / PREPARING
        try:
            with writing_to(data):
                shutil.rmtree(preparing, ignore_errors=True)
                data.mkdir(parents=True, exist_ok=True, mode=0o700)
                preparing.mkdir(mode=0o700)
                record = preparing / RECORD
                shutil.copyfile(folder.path / name / RECORD, record)
                record.chmod(0o600)
                ledger = Ledger(data)
                ledger.take_over(Ledger(folder.path))
                epoch, erased = _prepare(record, said, name, at, ledger)
                copied = _files(folder, name, Blobs(data / "files"), look_through(record).named)
            look_through(record)
            aside = home.put(record, f"before-restore-{name_of(at)}".replace(".", "-"))
        finally:
            shutil.rmtree(preparing, ignore_errors=True)
    return Restored(said, epoch, copied, aside, erased)


def _prepare(record: Path, said: Manifest, name: str, at: datetime, ledger: Ledger) -> tuple[str, int]:
    """Brought to this program's schema, without who was erased since, and marked as what it is: a new life."""

    def mark(connection: Connection) -> tuple[str, int]:
        again = ledger.of(erasing.every(connection))
        erasing.erase(connection, again)
        epoch = meta.begin_epoch(connection)
        meta.ask_for_mail_again(connection, said.taken_at)
        audit.append(connection, None, "restore", name, {"taken_at": said.taken_at.isoformat()}, at)
        return epoch, len(again)

    db = connect(record)
    try:
        migrations.migrate_sqlite(db)
    finally:
        db.close()
    return written(record, mark)


def _files(folder: Folder, name: str, to: Blobs, named: frozenset[str]) -> int:
    """Those of the backup that its record still names."""
    copied = 0
    for blob in (each for each in listed(folder.path / name) if each in named):
        if not to.is_sound(blob):
            to.delete(blob)
            if not to.copy_from(folder.blobs, blob):
                raise CopyFailed(f"The attachment {blob} was changed while it was read.")
            copied += 1
    return copied
