"""Every statement of store/ compiles on both databases."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import SelectBase, UpdateBase, bindparam, select

import store
from store.schema import meta
from store.statements import Plan, Plans, Statement, columns_are_open
from store.upsert import Upsert


def modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(store.__path__, "store."):
        yield module.name


def statements(module: str) -> Iterator[tuple[str, Statement]]:
    """Module-level statements, also those in tuples, lists and dicts."""
    for name, value in vars(importlib.import_module(module)).items():
        yield from ((name, each) for each in _runnable(value))


def _runnable(value: Any) -> Iterator[Statement]:
    if isinstance(value, Upsert | UpdateBase | SelectBase):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _runnable(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _runnable(each)


def compiled(statement: Statement, dialect: str) -> Plan:
    names = tuple(statement.table.c.keys()) if isinstance(statement, Upsert) else None
    return Plans(dialect).compile(statement, names if columns_are_open(statement) else None)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("module", list(modules()))
def test_every_statement_of_the_record_compiles(module: str, dialect: str) -> None:
    for name, statement in statements(module):
        assert compiled(statement, dialect).text, name


def test_the_test_above_sees_statements() -> None:
    assert {name for name, _ in statements("store.jobs")} >= {"_PUT", "_DUE", "_LATER", "_FREE_FIRST"}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_statement_is_compiled_once(dialect: str) -> None:
    plans, statement = Plans(dialect), select(meta).where(meta.c.key == bindparam("key"))
    assert plans.find(statement, {"key": "a"}) is plans.find(statement, {"key": "b"})


def test_statements_made_per_call_do_not_fill_the_memory() -> None:
    plans = Plans("sqlite")
    for number in range(5000):
        plans.find(select(meta.c.key).limit(number), {})
    assert len(plans._plans) < 5000


def test_values_inside_a_statement_are_bound_with_the_others() -> None:
    plans = Plans("sqlite")
    statement = select(meta.c.key).where(meta.c.value == "in", meta.c.key == bindparam("key"))
    text, values = plans.find(statement, {"key": "out"}).bind({"key": "out"})
    assert text.count("?") == 2
    assert tuple(values) == ("in", "out")
