"""The next ticket number, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from store.schema import TICKET_NUMBERS, ticket


class next_ticket_number(FunctionElement[int]):  # named as a function of SQL, like those of sqlalchemy.func
    """From the sequence, so that presses pass each other; on SQLite, which has none, the only writer counts."""

    type = Integer()
    inherit_cache = True


_COUNTED = select(func.coalesce(func.max(ticket.c.number) + 1, literal_column(str(TICKET_NUMBERS.start))))


@compiles(next_ticket_number)
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(_COUNTED.scalar_subquery(), **kw))


@compiles(next_ticket_number, "postgresql")
def _postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"nextval('{TICKET_NUMBERS.name}')"
