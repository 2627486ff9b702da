"""What a backup says of itself: `manifest.json`, which holds the hashes of the other files and one of its own."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec

from store.copies.errors import CopyFailed

FORMAT = 1
NAME = "manifest.json"


class Part(msgspec.Struct, frozen=True):
    """A file of the backup: `record.db`, or `files.txt`, the list of the attachments."""

    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`taken_at`: all that was acknowledged before this instant is in it. `missing`: attachments that the record names
    and the desk itself had lost."""

    format: int = FORMAT
    program: str
    taken_at: datetime
    kind: str
    database: str
    schema: int
    epoch: str
    audit_rows: int
    audit_head: str
    rows: dict[str, int]
    record: Part
    list: Part
    files: int
    files_bytes: int
    missing: tuple[str, ...] = ()
    sha256: str = ""


def write(folder: Path, manifest: Manifest) -> None:
    """The last file of a backup. Raises OSError."""
    sealed = msgspec.structs.replace(manifest, sha256=_own_hash(manifest))
    (folder / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(sealed), indent=1) + b"\n")


def read(folder: Path) -> Manifest:
    """Raises CopyFailed when there is none, or it is not as it was written."""
    try:
        found = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except OSError as error:
        raise CopyFailed(f"{folder} is no backup: it has no {NAME} that can be read.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CopyFailed(f"The backup {folder} is damaged: its {NAME} is not as it was written.") from error
    if found.format != FORMAT:
        raise CopyFailed(f"The backup {folder} was written by a newer vipdesk. Use the newer program.")
    if found.sha256 != _own_hash(found):
        raise CopyFailed(f"The backup {folder} is damaged: its {NAME} is not as it was written.")
    return found


def _own_hash(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(manifest, sha256=""))).hexdigest()
