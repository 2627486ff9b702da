"""Blobs: raw mail, files, recordings: write-once files named by their SHA-256, durable before any row names them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from routing.errors import NotFound, TooLarge

CHUNK = 256 * 1024
LEFT_OVER_S = 24 * 3600
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
            return await asyncio.to_thread(self._finish, arriving, bytes(waiting))
        finally:
            arriving.discard()

    def put_bytes(self, data: bytes) -> Blob:
        """The same for bytes in memory; blocks on the disk, so not on the event loop. Raises OSError."""
        arriving = _Arriving(self._incoming, len(data))
        try:
            return self._finish(arriving, data)
        finally:
            arriving.discard()

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
        _sync_folder(path.parent)
        return True

    def sweep(self) -> int:
        """Removes what puts that were killed left behind a day ago or earlier; how many files."""
        if not self._incoming.is_dir():
            return 0
        before = time.time() - LEFT_OVER_S
        old = [each for each in self._incoming.iterdir() if each.stat().st_mtime < before]
        for each in old:
            each.unlink(missing_ok=True)
        return len(old)

    def _finish(self, arriving: _Arriving, last: bytes) -> Blob:
        """The order is what counts: bytes on the disk, then the name, then the folder that holds the name."""
        arriving.take(last)
        blob = arriving.close()
        path = self.path(blob.sha256)
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync_folder(self._folder)
        if not path.exists():
            arriving.path.replace(path)
        _sync_folder(path.parent)
        return blob


class _Arriving:
    """A file that is being written under a name that nobody asks for."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / secrets.token_hex(16)
        self._most = most_bytes
        self._hash = hashlib.sha256()
        self._size = 0
        self._file = self.path.open("xb")

    def take(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._most:
            raise TooLarge("A file may have at most {most} bytes.", values={"most": self._most})
        self._hash.update(data)
        self._file.write(data)

    def close(self) -> Blob:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return Blob(self._hash.hexdigest(), self._size)

    def discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
