"""Who was erased: kept beside the record and its backups, so that a restore erases them again, and their mail is not
taken in anew. It names nobody: of each only the SHA-256 of a random id is there, of each mail that of its key."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from store import durable

FILE = "erased.txt"
_LINE = re.compile(r"[0-9a-f]{64}")


class Ledger:
    """The file of one folder; it only grows."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def add(self, ids: Iterable[str]) -> None:
        """Durable when it returns, and before the record forgets: what was asked for is not lost. Raises OSError."""
        self._write({_hash(id) for id in ids})

    def take_over(self, other: Ledger) -> None:
        """Everybody who is in the other one. Raises OSError."""
        self._write(other._lines())

    def of(self, ids: Iterable[str]) -> list[str]:
        """Those of them who were."""
        lines = self._lines()
        return [id for id in ids if _hash(id) in lines]

    def _write(self, lines: set[str]) -> None:
        new = sorted(lines - self._lines())
        if not new:
            return
        with self._path.open("a", encoding="ascii") as file:
            file.write("".join(f"{line}\n" for line in new))
            file.flush()
            os.fsync(file.fileno())
        self._path.chmod(0o600)
        durable.sync(self._path.parent)

    def _lines(self) -> set[str]:
        """Without half a line that a power cut may have left: what follows it stands on the same line."""
        return set(_LINE.findall(self._path.read_text("ascii"))) if self._path.exists() else set()


def _hash(id: str) -> str:
    return hashlib.sha256(id.encode()).hexdigest()
