"""The queue: its order, one's place, and an expected wait that is never a guess."""

from datetime import UTC, datetime, timedelta

import pytest

from routing import waiting
from routing.waiting import Waiting

PRESSED = datetime(2026, 3, 4, 9, tzinfo=UTC)


def chat(id: str, severity: int | None = 3, *, dedicated: bool = False, minute: int = 0) -> Waiting:
    return Waiting(id, severity, dedicated, PRESSED + timedelta(minutes=minute))


QUEUE = [
    chat("patient", minute=0),
    chat("request", 5, minute=1),
    chat("twin_b", None, minute=2),
    chat("twin_a", 4, minute=2),
    chat("vip", dedicated=True, minute=8),
    chat("high", 2, minute=9),
    chat("vip_high", 2, dedicated=True, minute=10),
    chat("critical", 1, minute=11),
]


def test_severity_one_then_two_then_dedicated_then_the_longest_waiting_then_id() -> None:
    assert [chat.id for chat in waiting.order(QUEUE)] == [
        "critical", "vip_high", "high", "vip", "patient", "request", "twin_a", "twin_b",
    ]  # fmt: skip


@pytest.mark.parametrize(("id", "place"), [("critical", 1), ("vip", 4), ("twin_b", 8), ("elsewhere", None)])
def test_the_place_counts_from_one_and_is_none_for_who_does_not_wait(id: str, place: int | None) -> None:
    assert waiting.place(QUEUE, id) == place


def test_the_expected_wait_is_the_mean_of_the_last_ten_waits_times_the_place() -> None:
    waits = [timedelta(hours=9)] * 5 + [timedelta(minutes=minute) for minute in range(1, 11)]
    assert waiting.expected_wait(1, waits) == timedelta(minutes=5.5)
    assert waiting.expected_wait(3, waits) == timedelta(minutes=16.5)


@pytest.mark.parametrize("known", [0, 1, 2])
def test_nothing_is_expected_from_fewer_than_three_waits(known: int) -> None:
    assert waiting.expected_wait(1, [timedelta(minutes=1)] * known) is None


def test_three_waits_are_enough_to_expect_something() -> None:
    assert waiting.expected_wait(2, [timedelta(minutes=1)] * 3) == timedelta(minutes=2)
