"""Entitlement: whether the dedicated service is due, the first condition that fails, and when that may change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from routing import entitlement
from routing.entitlement import AddOn, Due, Identity, Policy
from routing.hours import Calendar

DESK = Calendar(
    "Europe/Bratislava",
    {weekday: ((time(9), time(17)),) for weekday in range(5)},
    frozenset({date(2026, 4, 3)}),
)
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 3, 5, 9, tzinfo=UTC)
IN_HOURS = datetime(2026, 3, 4, 9, tzinfo=UTC)
CLOSING = datetime(2026, 3, 4, 16, tzinfo=UTC)
HOLIDAY = datetime(2026, 4, 3, 9, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
SOLD = AddOn(START, END)
FOR_EVER = AddOn(START)


@pytest.mark.parametrize(
    ("now", "add_on", "identity", "policy", "because"),
    [
        (IN_HOURS, FOR_EVER, "verified", "open", "open"),
        (IN_HOURS, SOLD, "verified", "verified", "open"),
        (IN_HOURS, SOLD, "unverified", "open", "open"),
        (IN_HOURS, None, "verified", "open", "not_entitled"),
        (START - INSTANT, SOLD, "verified", "open", "not_started"),
        (START, AddOn(START), "verified", "open", "closed"),
        (END - INSTANT, SOLD, "verified", "open", "open"),
        (END, SOLD, "verified", "open", "expired"),
        (IN_HOURS, SOLD, "unverified", "verified", "unverified"),
        (CLOSING, SOLD, "verified", "open", "closed"),
        (HOLIDAY, FOR_EVER, "verified", "open", "holiday"),
        # the first that fails is told
        (HOLIDAY, None, "unverified", "verified", "not_entitled"),
        (HOLIDAY, AddOn(HOLIDAY + INSTANT), "unverified", "verified", "not_started"),
        (HOLIDAY, SOLD, "unverified", "verified", "expired"),
        (HOLIDAY, FOR_EVER, "unverified", "verified", "unverified"),
    ],
)
def test_the_service_is_due_when_all_conditions_hold_and_the_first_that_fails_is_told(
    now: datetime, add_on: AddOn | None, identity: Identity, policy: Policy, because: str
) -> None:
    assert entitlement.due(now, DESK, add_on, identity, policy) == Due(because == "open", because)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "add_on", "identity", "policy", "edge"),
    [
        (IN_HOURS, None, "verified", "open", None),
        (START - INSTANT, SOLD, "verified", "open", START),
        (END, SOLD, "verified", "open", None),
        (IN_HOURS, SOLD, "unverified", "verified", END),
        (IN_HOURS, FOR_EVER, "unverified", "verified", None),
        (IN_HOURS, SOLD, "verified", "open", CLOSING),
        (END - INSTANT, SOLD, "verified", "open", END),
        (CLOSING, FOR_EVER, "verified", "open", datetime(2026, 3, 5, 8, tzinfo=UTC)),
    ],
)
def test_the_next_edge_is_when_time_alone_may_change_the_answer(
    now: datetime, add_on: AddOn | None, identity: Identity, policy: Policy, edge: datetime | None
) -> None:
    assert entitlement.edges(now, DESK, add_on, identity, policy) == edge
