"""Hours as documents write them: what is read, what is refused with its field, and what comes back."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest

from routing import hours_document
from routing.errors import BadRequest
from routing.hours_document import date_of, intervals_of, listed, mapping, weekday_of

DAY = [["09:00", "12:00"], ["13:00:30", "24:00"]]


def test_the_hours_of_a_day_are_put_in_order_and_come_back_as_written() -> None:
    read = intervals_of(DAY[::-1], "weekly")
    assert read == ((time(9), time(12)), (time(13, 0, 30), time(0)))
    assert hours_document.written(read) == DAY


def test_the_parts_of_a_document_are_what_they_say() -> None:
    assert [weekday_of(key) for key in "0123456"] == list(range(7))
    assert date_of("2026-12-31", "holidays") == date(2026, 12, 31)
    assert (mapping({"a": 1}, "It", None), listed([1], "It", "holidays")) == ({"a": 1}, [1])


@pytest.mark.parametrize(
    ("read", "value", "words"),
    [
        (lambda value, field: mapping(value, "It", field), [], "It must be an object"),
        (lambda value, field: listed(value, "It", field), {}, "It must be a list"),
        (intervals_of, "09:00", "must be a list"),
        (intervals_of, [["09:00"]], "[opening, closing]"),
        (intervals_of, ["09:00"], "[opening, closing]"),
        (intervals_of, [["9", "17:00"]], "'9' is not a time"),
        (intervals_of, [[9, 17]], "9 is not a time"),
        (intervals_of, [["09:00+01:00", "17:00"]], "offset"),
        (intervals_of, [["24:00", "24:00"]], "'24:00' is not a time"),
        (intervals_of, [["09:00", "00:00"]], "24:00"),
        (date_of, "1 May", "not a date"),
        (date_of, None, "not a date"),
        (date_of, "2026-02-30", "not a date"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    read: Callable[[Any, str], object], value: object, words: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        read(value, "here")
    assert refused.value.field == "here" and words in refused.value.message


@pytest.mark.parametrize("key", ["7", "", "00", 0, None])
def test_another_key_is_no_weekday(key: object) -> None:
    with pytest.raises(BadRequest, match=f"Weekday {key!r}") as refused:
        weekday_of(key)
    assert refused.value.field == "weekly"
