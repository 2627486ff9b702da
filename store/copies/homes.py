"""Where a record is at home, by its address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from store.copies.sqlite import SqliteHome
from store.record import Connection

T = TypeVar("T")


class Home(Protocol):
    """A database that a copy is taken from, or put into; every method raises CopyFailed."""

    database: str

    def copy(self, to: Path) -> None:
        """The record at one instant into a new SQLite file, while the desk writes on."""
        ...

    def write(self, verb: Callable[[Connection], T]) -> T:
        """One transaction beside the running desk."""
        ...

    def idle(self) -> AbstractContextManager[None]:
        """No desk runs here."""
        ...

    def is_taken(self) -> bool:
        """Whether a desk's record is here."""
        ...

    def put(self, record: Path, aside: str) -> str:
        """A prepared SQLite file becomes the record, at once or not at all; where the one before is kept, or empty."""
        ...


def home_of(url: str) -> Home:
    """`sqlite:////absolute/path.db` or `postgresql://…`."""
    if url.startswith("sqlite:///"):
        return SqliteHome(Path(url.removeprefix("sqlite:///")))
    else:
        from store.copies.postgres import PostgresHome  # a desk on SQLite needs no driver for PostgreSQL

        return PostgresHome(url)
