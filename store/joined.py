"""All values of a group as one text with commas, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class joined(FunctionElement[str]):  # named as a function of SQL, like those of sqlalchemy.func
    """`joined(column)`: null for no rows. The values must not hold commas."""

    type = Text()
    inherit_cache = True


@compiles(joined)
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **kw)}, ',')"


@compiles(joined, "postgresql")
def _postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **kw)}, ',')"
