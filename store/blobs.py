"""Blobs: raw mail, files, recordings: write-once files named by their SHA-256, durable before any row names them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import AsyncIterable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from routing.errors import NotFound, TooLarge
from store import durable

CHUNK = 256 * 1024
LEAST_FREE = 1024 * 1024 * 1024
LEFT_OVER_S = 24 * 3600
INTERRUPTED_S = 60
AT_ONCE = 4
"""So many threads wait for the disk when much is put."""
_RETIRED = "retired-"
_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Blob:
    """What was put: its name, and how many bytes it has."""

    sha256: str
    bytes: int


class Blobs:
    """The files of one folder, which several hosts may share. Names are hashes: no path can be smuggled in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._durable: set[Path] = set()
        """Folders of which this process knows that their names are on the disk."""

    async def put(self, chunks: AsyncIterable[bytes], *, most_bytes: int) -> Blob:
        """Takes a stream; returns when the file and its folder are on the disk.

        Raises TooLarge beyond `most_bytes`, OSError. On an error, and when cancelled, nothing of it stays.
        """
        arriving = await asyncio.to_thread(_Arriving, self._incoming, most_bytes)
        try:
            waiting = bytearray()
            async for chunk in chunks:
                waiting += chunk
                if len(waiting) >= CHUNK:
                    await asyncio.to_thread(arriving.take, bytes(waiting))
                    waiting.clear()
            return await asyncio.to_thread(self._end, arriving, bytes(waiting))
        finally:
            arriving.discard()

    def put_bytes(self, data: bytes) -> Blob:
        """The same for bytes in memory; blocks on the disk, so not on the event loop. Raises OSError."""
        return self._put_many([data])[0]

    async def put_all(self, data: Sequence[bytes]) -> list[Blob]:
        """Several at once, in their order: a disk writes many as fast as one. Raises OSError; then some may be here."""
        share = -(-len(data) // AT_ONCE) or 1
        shares = [data[begin : begin + share] for begin in range(0, len(data), share)]
        found = await asyncio.gather(*(asyncio.to_thread(self._put_many, each) for each in shares))
        return [blob for some in found for blob in some]

    def _put_many(self, data: Sequence[bytes]) -> list[Blob]:
        """Each folder is waited for once."""
        arriving: list[_Arriving] = []
        try:
            for each in data:
                arriving.append(_Arriving(self._incoming, len(each)))
                arriving[-1].take(each)
            return self._finish(arriving)
        finally:
            for begun in arriving:
                begun.discard()

    def have_room(self) -> bool:
        """Whether files may come: the last of the disk is the record's, which must go on."""
        there = next(each for each in (self._folder, *self._folder.absolute().parents) if each.is_dir())
        return shutil.disk_usage(there).free >= LEAST_FREE

    def open(self, sha256: str) -> IO[bytes]:
        """The file, to be read. Raises NotFound."""
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError:
            raise NotFound from None

    def path(self, sha256: str) -> Path:
        """Where it is, or would be. Raises NotFound for what is not a name of a blob."""
        if not _NAME.fullmatch(sha256):
            raise NotFound
        return self._folder / sha256[:2] / sha256

    def exists(self, sha256: str) -> bool:
        """True when it is here. Raises NotFound for what is not a name of a blob."""
        return self.path(sha256).is_file()

    def delete(self, sha256: str) -> bool:
        """Removes it, durably; True when it was here. No row may name it any more. Raises NotFound, OSError."""
        path = self.path(sha256)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        durable.sync(path.parent)
        return True

    def retire(self, sha256: str, is_named: Callable[[], bool]) -> bool:
        """Removes a blob that no row named a moment ago, unless one does again: it is out of its place before that is
        asked, and back in it if so, and who adds a row looks afterwards whether its blob is there. True when it went.
        Raises NotFound, OSError."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        try:
            self.path(sha256).rename(self._aside(sha256))
        except FileNotFoundError:
            return False
        return self.settle(sha256, is_named())

    def settle(self, sha256: str, named: bool) -> bool:
        """The end of a retirement: back in its place, or gone. True when it went. Raises NotFound, OSError."""
        path, aside = self.path(sha256), self._aside(sha256)
        if named:
            aside.rename(path)
        else:
            aside.unlink()
        durable.sync(path.parent)
        return not named

    def interrupted(self) -> list[str]:
        """Blobs whose retirement began a minute ago or earlier and did not end: whoever retired them was killed."""
        before = time.time() - INTERRUPTED_S
        aside = self._incoming.glob(f"{_RETIRED}*") if self._incoming.is_dir() else ()
        return sorted(each.name.removeprefix(_RETIRED) for each in aside if each.stat().st_ctime < before)

    def sweep(self) -> int:
        """Removes what puts that were killed left behind a day ago or earlier; how many files."""
        if not self._incoming.is_dir():
            return 0
        before = time.time() - LEFT_OVER_S
        parts = (each for each in self._incoming.iterdir() if not each.name.startswith(_RETIRED))
        old = [each for each in parts if each.stat().st_mtime < before]
        for each in old:
            each.unlink(missing_ok=True)
        return len(old)

    def _aside(self, sha256: str) -> Path:
        return self._incoming / f"{_RETIRED}{sha256}"

    def names(self) -> Iterator[str]:
        """The names of all blobs that are here, in order. Raises OSError."""
        folders = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        for folder in folders:
            if folder != self._incoming and folder.is_dir():
                yield from sorted(each.name for each in folder.iterdir() if _NAME.fullmatch(each.name))

    def size(self, sha256: str) -> int | None:
        """Its bytes; None when it is not here. Raises NotFound for what is not a name of a blob."""
        path = self.path(sha256)
        return path.stat().st_size if path.is_file() else None

    def is_sound(self, sha256: str) -> bool:
        """Whether it is here with the bytes it is named by. Raises NotFound, OSError."""
        return self.exists(sha256) and durable.sha256_of(self.path(sha256)) == sha256

    def copy_from(self, other: Blobs, sha256: str) -> bool:
        """Takes over a blob of another folder, durably; False when it is not sound there. Raises OSError."""
        if not other.exists(sha256):
            return False
        arriving = _Arriving(self._incoming, sys.maxsize)
        try:
            with other.open(sha256) as source:
                while chunk := source.read(CHUNK):
                    arriving.take(chunk)
            if arriving.sha256 != sha256:
                return False
            self._finish([arriving])
            return True
        finally:
            arriving.discard()

    def _end(self, arriving: _Arriving, last: bytes) -> Blob:
        arriving.take(last)
        return self._finish([arriving])[0]

    def _finish(self, arriving: Sequence[_Arriving]) -> list[Blob]:
        """The order is what counts: bytes on the disk, then the names, then the folders that hold the names."""
        blobs = [each.close() for each in arriving]
        paths = [self.path(blob.sha256) for blob in blobs]
        folders = {path.parent for path in paths}
        fresh = {each for each in folders if each not in self._durable or not each.is_dir()}
        for folder in fresh:  # others may have made it a moment ago
            folder.mkdir(parents=True, exist_ok=True)
        if fresh:
            durable.sync(self._folder)
            self._durable |= fresh
        for each, path in zip(arriving, paths, strict=True):
            if not path.exists():
                each.path.replace(path)
        for folder in folders:
            durable.sync(folder)
        return blobs


class _Arriving:
    """A file that is being written under a name that nobody asks for."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.path = folder / secrets.token_hex(16)
        self._most = most_bytes
        self._hash = hashlib.sha256()
        self._size = 0
        try:
            self._file = self.path.open("xb")
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb")

    def take(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._most:
            raise TooLarge("A file may have at most {most} bytes.", values={"most": self._most})
        self._hash.update(data)
        self._file.write(data)

    @property
    def sha256(self) -> str:
        """Of what was taken until now."""
        return self._hash.hexdigest()

    def close(self) -> Blob:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return Blob(self.sha256, self._size)

    def discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)
