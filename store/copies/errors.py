"""What goes wrong with copies, in one sentence for the person who runs the desk."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from store.record import RecordError
from store.sqlite_file import trouble_of


class CopyFailed(RecordError):
    """A backup, restore or export could not be made, or cannot be trusted."""


@contextlib.contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """Says what disk or SQLite report while a copy is written there. Raises CopyFailed."""
    try:
        yield
    except sqlite3.Error as error:
        trouble = trouble_of(error)
        why = str(error) if trouble is None else trouble.reason
        raise CopyFailed(f"{place} cannot be written: {why}.") from error
    except OSError as error:
        raise CopyFailed(f"{place} cannot be written: {error.strerror}.") from error
