"""Row: whom a press rings, decided over a pool of fifty, against orjson reading one message."""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from time import process_time

import orjson

from bench.stage import Extent, Stage
from bench.table import Row, median
from routing.choose import Candidate, Line, Request, decide
from routing.entitlement import AddOn
from routing.hours import Calendar

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
POOL = 50
ROUNDS = 4000
REPEATS = 5
MESSAGE = json.dumps(
    {
        "type": "event",
        "stream": "t7Qm2Zk9",
        "seq": 42,
        "at": "2026-11-26T12:00:00.000000Z",
        "kind": "message",
        "by": {"id": "c1", "role": "contact", "name": "Eva"},
        "data": {"body": "The Lisbon feed stopped at 11:42.", "files": [], "channel": "chat", "rid": "5c0a"},
    }
)
"""As the desk sends them, of about 234 bytes."""


def decision(_on: Stage, extent: Extent) -> list[Row]:
    """The named agent is away, so the whole pool is judged; who has waited longest and has a place free is rung."""
    calendar = Calendar("UTC", {day: ((time(0), time(0)),) for day in range(7)})
    line = Line(AddOn(NOW - timedelta(days=1), None), "open", "agent00", ())
    known = {each.id: each for each in (_candidate(number) for number in range(POOL))}
    request = Request(identity="verified", language="de")
    pairs = []
    for _ in range(extent.pairs):
        loads = _cost_s(lambda: orjson.loads(MESSAGE))
        took = _cost_s(lambda: decide(NOW, calendar, line, known, request))
        pairs.append((took * 1e6, loads * 1e6))
    return [
        Row(
            f"routing decision over a pool of {POOL}",
            median([took for took, _ in pairs]),
            "us",
            median([loads for _, loads in pairs]),
            f"orjson.loads of {len(MESSAGE)} bytes",
            tuple(took / loads for took, loads in pairs),
            goal=9.0,
            floor=15.0,
        )
    ]


def _cost_s(work: Callable[[], object]) -> float:
    """Seconds of the processor: neither waits for anything, and what runs beside them would count for one alone."""
    return min(timeit.repeat(work, timer=process_time, number=ROUNDS, repeat=REPEATS)) / ROUNDS


def _candidate(number: int) -> Candidate:
    away = number == 0
    return Candidate(
        f"agent{number:02d}",
        ("dedicated", "pool") if away else ("pool",),
        "away" if away else "available",
        load=number % 3,
        capacity=3,
        languages=("en", "de") if number % 5 == 0 else ("en",),
        last_offered_at=NOW - timedelta(minutes=number),
    )
