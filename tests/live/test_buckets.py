"""The buckets of one process, as memory has them and Redis falls back on: as cheap with many of them as with few."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from live import buckets as of_live
from live.buckets import Buckets

MANY = 30_000


def steps(action: Callable[[], object]) -> int:
    """How many instructions of live/buckets.py run for it: the same on every machine, however busy."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = frame.f_code.co_filename == of_live.__file__
        count += event == "opcode"
        return trace

    former = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(former)
    return count


@pytest.fixture
def now() -> list[float]:
    return [100.0]


@pytest.fixture
def buckets(now: list[float]) -> Buckets:
    return Buckets(lambda: now[0])


def test_a_take_costs_no_more_with_many_windows_than_with_few(buckets: Buckets, now: list[float]) -> None:
    few = steps(lambda: buckets.take("first", 1, 300))
    for number in range(MANY):
        buckets.take(f"live {number}", 1, 300)
    assert len(buckets) == MANY + 1
    assert 0 < steps(lambda: buckets.take("next", 1, 300)) <= 2 * few
    now[0] += 301  # all have run out at once
    assert steps(lambda: buckets.take("later", 1, 300)) <= 5 * few


def test_windows_that_have_run_out_are_let_go(buckets: Buckets, now: list[float]) -> None:
    for number in range(1000):
        buckets.take(f"short {number}", 1, 10)
        buckets.take(f"long {number}", 1, 1000)
    now[0] += 11
    for number in range(1000):
        buckets.take(f"new {number % 5}", 1, 10)
    assert len(buckets) == 1005


def test_a_window_that_began_anew_is_kept(buckets: Buckets, now: list[float]) -> None:
    assert [buckets.take("code", 0.1, 1) == 0.0 for _ in range(2)] == [True, False]
    now[0] += 10
    assert [buckets.take("code", 0.1, 1) == 0.0 for _ in range(2)] == [True, False]
    now[0] += 9
    for number in range(5):
        buckets.take(f"other {number}", 1, 1)
    assert buckets.take("code", 0.1, 1) == 1.0
    now[0] += 2
    for number in range(5):
        buckets.take(f"other {number}", 1, 1)
    assert len(buckets) == 5
