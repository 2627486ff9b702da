"""How lists of thousands are searched and cut into pages: by text without capitals and accents, the same everywhere.

Databases disagree on the order and the small letters of what is not ASCII, so a folded copy stands in each row.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from store.engine import Connection, Row

T = TypeVar("T")
PAGE = 50
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""What Unicode does not take apart."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. `number` counts from 1; `found`: how many rows all pages have together."""

    rows: list[T]
    number: int
    found: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.found // PAGE))

    @property
    def first(self) -> int:
        """Number of its first row, from 1; 0 when there is none."""
        return (self.number - 1) * PAGE + 1 if self.found else 0

    @property
    def last(self) -> int:
        return min(self.found, self.number * PAGE)


def folded(*texts: str | None) -> str:
    """The texts as they are searched: `Kovács` is found by `kovacs`."""
    plain = unicodedata.normalize("NFKD", " ".join(each for each in texts if each)).casefold()
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(kept.translate(_LETTERS).split())


def like(text: str) -> str:
    """The pattern for `LIKE … ESCAPE '!'` that finds a text anywhere."""
    plain = folded(text)
    for sign in "!%_":
        plain = plain.replace(sign, f"!{sign}")
    return f"%{plain}%"


def holds(column: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition of a search; its text is bound as `sought`."""
    return column.like(bindparam("sought"), escape="!")


class Listing(Generic[T]):
    """A list that is searched and paged: the statement of all its rows, in order, and how a row is read."""

    def __init__(self, rows: Select[Any], read: Callable[[Row], T]) -> None:
        self._page = rows.limit(bindparam("most")).offset(bindparam("before"))
        self._count = select(func.count()).select_from(rows.order_by(None).subquery())
        self._read = read

    def page(self, connection: Connection, text: str, number: int, **values: Any) -> Page[T]:
        """The page of that number that a search finds; beyond the last: the last."""
        sought = like(text)
        found = int(connection.scalar(self._count, sought=sought, **values))
        number = min(max(1, number), max(1, -(-found // PAGE)))
        rows = connection.all(self._page, sought=sought, most=PAGE, before=(number - 1) * PAGE, **values)
        return Page([self._read(row) for row in rows], number, found)
