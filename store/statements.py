"""Statements of Core made ready for the driver: compiled once per database, values bound without Core's execution."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.sql.compiler import SQLCompiler

from store.upsert import Upsert

Statement = ClauseElement | Upsert
Values = Sequence[Any]

_FORGET_AFTER = 4096
"""Statements are constants of modules; whoever builds them per call must not fill the memory."""

_DIALECTS: dict[str, Callable[[], Dialect]] = {
    "sqlite": lambda: pysqlite.dialect(paramstyle="qmark"),
    "postgresql": lambda: psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
}


class Plan:
    """One statement as one database reads it: text, order of the values, type of the rows."""

    __slots__ = ("_compiled", "_defaults", "_expanded", "_given", "_lists", "_names", "_take", "rows", "source", "text")

    def __init__(self, source: Statement, compiled: SQLCompiler) -> None:
        self.source = source  # held, because plans are found by the statement's identity
        self.text: str = compiled.string
        self.rows: Callable[[Sequence[Any]], Any] | None = None
        self._compiled = compiled
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._defaults = {
            name: bind.effective_value
            for bind, name in compiled.bind_names.items()
            if not bind.required and not bind.expanding
        }
        self._lists = tuple(name for bind, name in compiled.bind_names.items() if bind.expanding)
        self._given: dict[str, Any] = dict(compiled.params) if self._lists else {}
        self._take = _taker(self._names)
        self._expanded: dict[tuple[int, ...], tuple[str, tuple[tuple[str, int], ...]]] = {}

    def bind(self, params: dict[str, Any]) -> tuple[str, Values]:
        """The text and its values in order. Raises TypeError when one is missing."""
        try:
            if self._lists:
                return self._expand(params)
            else:
                return self.text, self._take(self._defaults | params if self._defaults else params)
        except KeyError as missing:
            raise TypeError(f"the statement needs a value for {missing}: {self.text}") from None

    def make(self, description: Sequence[Sequence[Any]]) -> Callable[[Sequence[Any]], Any]:
        """What turns a tuple of the driver into a row with names; the names are those of the first answer."""
        if self.rows is None:
            kind: Any = namedtuple("Row", [column[0] for column in description], rename=True)  # type: ignore[misc]
            self.rows = kind._make
        return self.rows

    def _expand(self, params: dict[str, Any]) -> tuple[str, Values]:
        """Lists are filled up to the next power of two by repeating a value: a handful of texts per statement."""
        values: dict[str, Any] = self._defaults | params
        filled = {name: _filled(values[name] if name in values else self._given[name]) for name in self._lists}
        sizes = tuple(len(each) for each in filled.values())
        if sizes not in self._expanded:
            self._expanded[sizes] = self._texts(values | filled, filled)
        text, places = self._expanded[sizes]
        return text, [filled[name][at] if at >= 0 else values[name] for name, at in places]

    def _texts(
        self, values: Mapping[str, Any], filled: Mapping[str, Values]
    ) -> tuple[str, tuple[tuple[str, int], ...]]:
        state = self._compiled.construct_expanded_state(dict(values))
        of_list = {
            part: (name, at)
            for name, parts in state.parameter_expansion.items()
            if name in filled
            for at, part in enumerate(parts)
        }
        return state.statement, tuple(of_list.get(name, (name, -1)) for name in state.positiontup or ())


class Plans:
    """All plans for one database; shared by its threads (a statement compiled twice by a race is the same)."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self._compiler = _DIALECTS[dialect]()
        self._plans: dict[int, Plan | None] = {}  # None: its columns come from the values
        self._open: dict[tuple[int, tuple[str, ...]], Plan] = {}

    def find(self, statement: Statement, params: Mapping[str, Any]) -> Plan:
        """The plan of a statement; an insert or update without `values()` sets the columns named by `params`."""
        identity = id(statement)
        try:
            plan = self._plans[identity]
        except KeyError:
            plan = self._plans[identity] = self._first(statement)
        if plan is not None:
            return plan
        names = tuple(params)
        try:
            return self._open[identity, names]
        except KeyError:
            made = self._open[identity, names] = self.compile(statement, names)
            return made

    def compile(self, statement: Statement, names: tuple[str, ...] | None = None) -> Plan:
        """Compiles anew, without remembering. Raises sqlalchemy.exc.CompileError."""
        core = statement.insert(self.dialect) if isinstance(statement, Upsert) else statement
        compiled = core.compile(dialect=self._compiler, column_keys=None if names is None else list(names))
        return Plan(statement, cast(SQLCompiler, compiled))

    def _first(self, statement: Statement) -> Plan | None:
        if len(self._plans) + len(self._open) > _FORGET_AFTER:
            self._plans.clear()
            self._open.clear()
        return None if columns_are_open(statement) else self.compile(statement)


def columns_are_open(statement: Statement) -> bool:
    """True for an insert or update that does not say itself which columns it sets."""
    if isinstance(statement, Upsert):
        return True
    is_open = statement.is_dml and getattr(statement, "_values", "none") is None
    return is_open and not getattr(statement, "_multi_values", ()) and getattr(statement, "select", None) is None


def _taker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Values]:
    if len(names) == 0:
        return lambda params: ()
    elif len(names) == 1:
        only = names[0]
        return lambda params: (params[only],)
    else:
        return itemgetter(*names)


def _filled(values: Sequence[Any]) -> list[Any]:
    filled = list(values)
    if filled:
        filled += [filled[-1]] * ((1 << (len(filled) - 1).bit_length()) - len(filled))
    return filled
