"""The demo's clock moves where its buttons say, and only forward."""

from datetime import UTC, datetime

import pytest

from routing.errors import BadRequest
from routing.hours import Calendar
from server.demo.moves import target

OFFICE = Calendar.from_json({"tz": "Europe/Bratislava", "weekly": {str(day): [["09:00", "17:00"]] for day in range(5)}})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("move", "now", "then"),
    [
        ("hour", "2026-03-04T09:00:00", "2026-03-04T10:00:00"),
        ("opening", "2026-03-04T05:00:00", "2026-03-04T07:59:50"),
        ("opening", "2026-03-04T12:00:00", "2026-03-05T07:59:50"),
        ("opening", "2026-03-06T17:00:00", "2026-03-09T07:59:50"),
        ("opening", "2026-03-04T07:59:55", "2026-03-05T07:59:50"),
        ("closing", "2026-03-04T12:00:00", "2026-03-04T15:58:00"),
        ("closing", "2026-03-04T15:59:00", "2026-03-05T15:58:00"),
        ("closing", "2026-03-04T20:00:00", "2026-03-05T15:58:00"),
        ("evening", "2026-03-04T12:00:00", "2026-03-04T18:20:00"),
        ("evening", "2026-03-04T17:00:00", "2026-03-04T18:20:00"),
        ("evening", "2026-03-04T18:20:00", "2026-03-05T18:20:00"),
    ],
)
def test_each_button_leads_to_the_next_such_instant(move: str, now: str, then: str) -> None:
    assert target(move, at(now), OFFICE) == at(then)


def test_a_time_is_read_in_the_office_zone() -> None:
    assert target("until", at("2026-03-04T12:00:00"), OFFICE, "2026-03-06T16:58") == at("2026-03-06T15:58:00")


@pytest.mark.parametrize("text", ["", "soon", "2026-03-04T12:00", "2031-01-01T00:00"])
def test_a_time_that_is_unreadable_past_or_too_far_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        target("until", at("2026-03-04T12:00:00"), OFFICE, text)


def test_an_unknown_move_is_refused() -> None:
    with pytest.raises(BadRequest):
        target("yesterday", at("2026-03-04T12:00:00"), OFFICE)
