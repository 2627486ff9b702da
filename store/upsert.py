"""What the databases spell differently: insert-or-change, and the lesser or greater of two values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.functions import GenericFunction

Incoming = ReadOnlyColumnCollection[str, Any]
Changes = Callable[[Incoming], Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Upsert:
    """An insert that changes the row it meets; made by `upsert`, run like any statement with the columns' values."""

    table: Table
    key: tuple[str, ...]
    change: Changes | None
    where: Callable[[Incoming], ColumnElement[bool]] | None
    key_where: ColumnElement[bool] | None
    returning: tuple[ColumnElement[Any], ...]

    def insert(self, dialect: str) -> Insert:
        """The statement of that database ("sqlite" or "postgresql")."""
        insert: Any = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(self.table)
        target = {"index_elements": list(self.key) or None, "index_where": self.key_where}
        if self.change is None:
            insert = insert.on_conflict_do_nothing(**target)
        else:
            where = None if self.where is None else self.where(insert.excluded)
            insert = insert.on_conflict_do_update(**target, set_=dict(self.change(insert.excluded)), where=where)
        statement: Insert = insert.returning(*self.returning) if self.returning else insert
        return statement


def upsert(
    table: Table,
    key: tuple[str, ...] = (),
    change: Changes | None = None,
    *,
    where: Callable[[Incoming], ColumnElement[bool]] | None = None,
    key_where: ColumnElement[bool] | None = None,
    returning: tuple[ColumnElement[Any], ...] = (),
) -> Upsert:
    """`INSERT … ON CONFLICT (key) DO UPDATE SET change`, or `DO NOTHING` when there is no change.

    `change` gets the incoming row (`new`) and gives the columns to set: `lambda new: {"value": new.value}`. `where`
    limits the change, `key_where` names the condition of a partial unique index. A change that `where` forbids counts
    no row and returns none.
    """
    return Upsert(table, key, change, where, key_where, returning)


class least(GenericFunction[Any]):
    """The lesser of its arguments; null arguments are not allowed (the databases disagree on them)."""

    inherit_cache = True


class greatest(GenericFunction[Any]):
    """The greater of its arguments; null arguments are not allowed."""

    inherit_cache = True


@compiles(least, "sqlite")
def _least(element: least, compiler: SQLCompiler, **kw: Any) -> str:
    return f"min({compiler.process(element.clauses, **kw)})"


@compiles(greatest, "sqlite")
def _greatest(element: greatest, compiler: SQLCompiler, **kw: Any) -> str:
    return f"max({compiler.process(element.clauses, **kw)})"
