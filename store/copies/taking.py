"""Takes a backup: the record at one instant first, then the attachments, so that all it names are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from store import meta
from store.blobs import Blobs
from store.copies import manifest
from store.copies.errors import CopyFailed, writing_to
from store.copies.folder import LIST, RECORD, Folder, name_of, part_of
from store.copies.homes import Home
from store.copies.manifest import Manifest
from store.copies.soundness import Found, look_through


@dataclass(frozen=True)
class Taken:
    """`copied` attachments were not in the folder before; `removed` older backups are gone."""

    path: Path
    manifest: Manifest
    copied: int
    removed: int


def take(home: Home, blobs: Blobs, folder: Folder, at: datetime, program: str, keep: int | None) -> Taken:
    """One backup more, while the desk runs. Raises CopyFailed; then nothing of it stays."""
    name = name_of(at)
    with folder.mine():
        with folder.begun(name) as path:
            home.copy(path / RECORD)
            found = look_through(path / RECORD)
            if not found.kind:
                raise CopyFailed("There is no desk in this record yet.")
            with writing_to(folder.path):
                said, copied = _files(found, blobs, folder, path)
                written = _manifest(home, found, path, at, program, said)
                manifest.write(path, written)
        removed = folder.keep(keep) if keep else 0
    home.write(lambda connection: meta.set_backed_up(connection, at))
    return Taken(folder.path / name, written, copied, removed)


@dataclass(frozen=True)
class _Files:
    kept: list[str]
    bytes: int
    missing: tuple[str, ...]


def _files(found: Found, blobs: Blobs, folder: Folder, path: Path) -> tuple[_Files, int]:
    """Every attachment that the record names; those that are in the folder already are not copied again."""
    kept, missing, copied = [], [], 0
    for blob in sorted(found.named):
        if folder.blobs.size(blob) in (None, blobs.size(blob)) or folder.blobs.is_sound(blob):
            is_new = folder.blobs.size(blob) is None
        else:
            is_new = folder.blobs.delete(blob)
        if is_new and not folder.blobs.copy_from(blobs, blob):
            missing.append(blob)
        else:
            kept.append(blob)
            copied += is_new
    size = sum(folder.blobs.size(blob) or 0 for blob in kept)
    (path / LIST).write_text("".join(f"{each}\n" for each in kept), "ascii")
    return _Files(kept, size, tuple(missing)), copied


def _manifest(home: Home, found: Found, path: Path, at: datetime, program: str, files: _Files) -> Manifest:
    return Manifest(
        program=program,
        taken_at=at,
        kind=found.kind,
        database=home.database,
        schema=found.schema,
        epoch=found.epoch,
        audit_rows=found.audit_rows,
        audit_head=found.audit_head,
        rows=found.rows,
        record=part_of(path / RECORD),
        list=part_of(path / LIST),
        files=len(files.kept),
        files_bytes=files.bytes,
        missing=files.missing,
    )
