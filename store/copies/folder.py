"""The folder that backups are taken into: one sub-folder each, and the attachments that all of them share.

FOLDER/files/ab/ab12…            every attachment once, named by its hash
FOLDER/2026-11-26T21-05-00.000Z/ record.db, files.txt, manifest.json
FOLDER/.taking-…                 one that is being taken, or whose taking was killed
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from store import durable
from store.blobs import Blobs
from store.copies import manifest
from store.copies.errors import CopyFailed, writing_to
from store.copies.manifest import Manifest, Part

MARK = ".vipdesk-backups"
UNFINISHED = ".taking-"
RECORD, LIST = "record.db", "files.txt"
_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z")


def name_of(at: datetime) -> str:
    """Of a backup that is taken at this instant; names sort by time."""
    return f"{at:%Y-%m-%dT%H-%M-%S}.{at.microsecond // 1000:03}Z"


class Folder:
    """Backups of one desk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blobs = Blobs(path / "files")

    @contextlib.contextmanager
    def mine(self) -> Iterator[None]:
        """Made when it is not there; nobody else takes a backup into it meanwhile. Raises CopyFailed.

        Nothing is ever put into, or removed from, a folder that was not begun as one for backups.
        """
        with writing_to(self.path):
            if self.path.is_dir() and any(self.path.iterdir()) and not (self.path / MARK).exists():
                raise CopyFailed(f"{self.path} holds other things. Choose an empty folder for backups.")
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            mark = (self.path / MARK).open("a")
        with mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CopyFailed(f"Another backup is being taken into {self.path}.") from error
            with writing_to(self.path):
                self._sweep()
            yield

    def names(self) -> list[str]:
        """The whole ones, the oldest first."""
        if not self.path.is_dir():
            return []
        return sorted(each.name for each in self.path.iterdir() if _NAME.fullmatch(each.name))

    @contextlib.contextmanager
    def begun(self, name: str) -> Iterator[Path]:
        """Where a backup is written; it gets its name only when all of it is on the disk. Raises CopyFailed."""
        unfinished = self.path / f"{UNFINISHED}{name}"
        try:
            with writing_to(self.path):
                unfinished.mkdir(mode=0o700)
            yield unfinished
            with writing_to(self.path):
                for each in unfinished.iterdir():
                    durable.sync(each)
                durable.sync(unfinished)
                os.rename(unfinished, self.path / name)
                durable.sync(self.path)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def keep(self, newest: int) -> int:
        """Removes older backups and the attachments that no other names; how many backups. Raises CopyFailed."""
        old = self.names()[:-newest]
        with writing_to(self.path):
            for name in old:
                gone = self.path / f"{UNFINISHED}{name}"  # a removal that is killed leaves no half of a backup
                os.rename(self.path / name, gone)
                shutil.rmtree(gone)
            if old:
                kept = {each for name in self.names() for each in listed(self.path / name)}
                for blob in list(self.blobs.names()):
                    if blob not in kept:
                        self.blobs.delete(blob)
        return len(old)

    def _sweep(self) -> None:
        """What was killed; nobody else is at work here."""
        for each in self.path.iterdir():
            if each.name.startswith(UNFINISHED):
                shutil.rmtree(each)
        shutil.rmtree(self.path / "files" / "incoming", ignore_errors=True)


def found(source: Path) -> tuple[Folder, str]:
    """The backup that a person names: one by its folder, or the newest of all. Raises CopyFailed."""
    if _NAME.fullmatch(source.name) and source.is_dir():
        return Folder(source.parent), source.name
    folder = Folder(source)
    names = folder.names()
    if not names:
        raise CopyFailed(f"There is no whole backup in {source}.")
    return folder, names[-1]


def part_of(path: Path) -> Part:
    """A file as the manifest names it. Raises OSError."""
    return Part(durable.sha256_of(path), path.stat().st_size)


def listed(backup: Path) -> list[str]:
    """The attachments of a backup. Raises OSError."""
    return (backup / LIST).read_text("ascii").split()


def read_whole(folder: Folder, name: str) -> Manifest:
    """The manifest, when every file of the backup is as it was written. Raises CopyFailed with the first that is not.

    Reads every byte: this takes as long as the disk needs.
    """
    backup = folder.path / name
    said = manifest.read(backup)
    try:
        for file, part in ((RECORD, said.record), (LIST, said.list)):
            if not (backup / file).is_file():
                raise CopyFailed(f"The backup {backup} is damaged: {file} is missing.")
            if part_of(backup / file) != part:
                raise CopyFailed(f"The backup {backup} is damaged: {file} is not as it was written.")
        for blob in listed(backup):
            if not folder.blobs.exists(blob):
                raise CopyFailed(f"The backup {backup} is damaged: the attachment {blob} is missing.")
            if not folder.blobs.is_sound(blob):
                raise CopyFailed(f"The backup {backup} is damaged: the attachment {blob} is not as it was written.")
    except OSError as error:
        raise CopyFailed(f"The backup {backup} cannot be read: {error.strerror}.") from error
    return said
