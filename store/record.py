"""What the record is to everybody above it: connection, Protocol, health, errors. The engines are its neighbours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from store.statements import Plans, Statement, Values

T = TypeVar("T")

if TYPE_CHECKING:

    class Row(tuple[Any, ...]):
        """A named tuple of the selected columns."""

        def __getattr__(self, name: str) -> Any: ...

else:
    Row = tuple


class RecordError(Exception):
    """The record cannot be opened or trusted; the text is one sentence for the person who runs the desk."""


class Violation(Exception):
    """A unique, foreign or other constraint of the tables refused a statement; the verb is rolled back with it.

    On PostgreSQL the transaction is over after it, so verbs that expect a row to be there use `upsert`; the engine runs
    the verb twice more before it gives up, because the row may be that of somebody who was faster.
    """


class Cursor(Protocol):
    """What both drivers give back."""

    @property
    def description(self) -> Any: ...
    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[Any]: ...


class Connection(ABC):
    """What verbs and queries get: synchronous, good only inside the call, never kept.

    `statement` is Core's, or an `upsert`; build it once, as a constant of the module. An insert or update without
    `values()` sets the columns named by the parameters. Comparisons come back as 0/1 or bool, depending on the
    database; sums as int. Raises Violation, TypeError for a missing parameter, and the driver's errors.
    """

    __slots__ = ("_ended", "_plans")

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._ended = False

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._plans.dialect

    def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        """Every row."""
        plan = self._plans.find(statement, params)
        text, values = plan.bind(params)
        cursor = self._execute(text, values)
        return list(map(plan.rows or plan.make(cursor.description), cursor.fetchall()))

    def one(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row, or None."""
        plan = self._plans.find(statement, params)
        text, values = plan.bind(params)
        cursor = self._execute(text, values)
        rows = cursor.fetchall()
        if rows:
            row: Row = (plan.rows or plan.make(cursor.description))(rows[0])
            return row
        else:
            return None

    def scalar(self, statement: Statement, /, **params: Any) -> Any:
        """The first column of the first row, or None."""
        text, values = self._plans.find(statement, params).bind(params)
        rows = self._execute(text, values).fetchall()
        return rows[0][0] if rows else None

    def run(self, statement: Statement, /, **params: Any) -> int:
        """How many rows were written."""
        text, values = self._plans.find(statement, params).bind(params)
        return self._execute(text, values).rowcount

    def many(self, statement: Statement, rows: Sequence[dict[str, Any]], /) -> int:
        """Runs once per row; all rows name the same parameters. How many rows were written."""
        if not rows:
            return 0
        plan = self._plans.find(statement, rows[0])
        text = plan.bind(rows[0])[0]
        return self._execute_many(text, [plan.bind(row)[1] for row in rows]).rowcount

    def end(self) -> None:
        """After this every use is an error: the transaction belongs to somebody else now."""
        self._ended = True

    def _must_be_open(self) -> None:
        if self._ended:
            raise RuntimeError("a connection of the record was used after its verb or query had returned")

    @abstractmethod
    def _execute(self, text: str, values: Values) -> Cursor: ...

    @abstractmethod
    def _execute_many(self, text: str, rows: Iterable[Values]) -> Cursor: ...


@dataclass(frozen=True)
class RecordHealth:
    """How the record is: `reason` is one sentence when not `ok`; `pending` verbs and queries wait or run."""

    ok: bool
    reason: str
    wal_bytes: int | None
    pending: int


class Record(Protocol):
    """The record of the desk."""

    async def write(self, verb: Callable[[Connection], T], *, name: str = "") -> T:
        """Runs a verb in one transaction; returns what it gave, only after the commit is durable.

        Raises what the verb raised, rolled back; or Unavailable(retry_s) when the record cannot take it now. The verb
        may run more than once, so it changes nothing but the record. Cancelling leaves open whether it was written:
        the receipt of its rid tells.
        """
        ...

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Runs a query that sees one snapshot and cannot write. Raises what it raised, or Unavailable(retry_s).

        Cancelling is safe.
        """
        ...

    async def close(self) -> None:
        """Finishes what was accepted, refuses what comes later. Cancelling leaves threads behind; do not."""
        ...

    def health(self) -> RecordHealth:
        """At once, without a look at the disk."""
        ...
