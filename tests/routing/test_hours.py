"""Office hours: openings, closings, holidays, special days, summer time, and calendars that make no sense."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from routing import hours
from routing.errors import BadRequest
from routing.hours import Calendar, HoursState

NINE_TO_FIVE = ((time(9), time(17)),)
DESK = Calendar(
    "Europe/Bratislava",
    {weekday: NINE_TO_FIVE for weekday in range(5)},
    frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 24), date(2026, 12, 31)}),
    {date(2026, 12, 31): ((time(10), time(12)),), date(2026, 12, 23): ()},
)
NIGHT = Calendar("Europe/Bratislava", {weekday: ((time(1), time(5)),) for weekday in range(7)})
ALWAYS = Calendar("Europe/Bratislava", {weekday: ((time(0), time(0)),) for weekday in range(7)})
NEVER = Calendar("Europe/Bratislava", {})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Open or not ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instant", "open", "because"),
    [
        ("2026-03-04T07:59:59.999999Z", False, "closed"),
        ("2026-03-04T08:00:00Z", True, "open"),
        ("2026-03-04T15:59:59.999999Z", True, "open"),
        ("2026-03-04T16:00:00Z", False, "closed"),
        ("2026-07-01T07:00:00Z", True, "open"),
        ("2026-07-01T15:00:00Z", False, "closed"),
        ("2026-03-07T10:00:00Z", False, "closed"),
        ("2026-04-03T10:00:00Z", False, "holiday"),
        ("2026-04-02T22:00:00Z", False, "holiday"),
        ("2026-12-23T10:00:00Z", False, "closed"),
        ("2026-12-31T10:00:00Z", True, "open"),
        ("2026-12-31T11:00:00Z", False, "closed"),
    ],
)
def test_the_desk_is_open_from_opening_until_just_before_closing(instant: str, open: bool, because: str) -> None:
    assert hours.is_open(DESK, at(instant)) is open
    assert hours.because(DESK, at(instant)) == because
    assert (hours.state(DESK, at(instant)).open, hours.state(DESK, at(instant)).because) == (open, because)


def test_a_desk_that_was_asked_already_answers_for_each_stretch_of_the_day() -> None:
    desk = Calendar("Europe/Bratislava", {2: ((time(9), time(11)), (time(12), time(17)))})
    for day in ("2026-03-04", "2026-03-11"):
        asked = [f"{day}T{hour:02}:{minute:02}:00Z" for hour in range(6, 18) for minute in (0, 30, 59)]
        shut = [text for text in asked if not hours.is_open(desk, at(text))]
        assert shut == [text for text in asked if not "08" <= text[11:13] < "16" or text[11:13] == "10"]


def test_an_instant_may_be_written_with_any_offset() -> None:
    tokyo = datetime(2026, 3, 4, 17, tzinfo=timezone(timedelta(hours=9)))
    assert hours.next_opening(DESK, tokyo) == at("2026-03-04T08:00:00Z")
    opening = hours.next_opening(DESK, tokyo)
    assert opening is not None and opening.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        hours.is_open(DESK, datetime(2026, 3, 4))


def test_an_empty_special_day_that_is_a_listed_holiday_is_a_holiday() -> None:
    both = Calendar("UTC", {}, frozenset({date(2026, 1, 1)}), {date(2026, 1, 1): ()})
    assert hours.because(both, at("2026-01-01T12:00:00Z")) == "holiday"


# Edges ----------------------------------------------------------------------------------------------------------------


def test_an_open_desk_says_until_when() -> None:
    assert hours.state(DESK, at("2026-03-04T09:00:00Z")) == HoursState(
        True, "open", at("2026-03-04T16:00:00Z"), None
    )  # fmt: skip


def test_a_shut_desk_says_when_it_opens_next() -> None:
    assert hours.state(DESK, at("2026-04-03T10:00:00Z")) == HoursState(
        False, "holiday", None, at("2026-04-07T07:00:00Z")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-03-04T09:00:00Z", "2026-03-04T09:00:00Z"),
        ("2026-03-04T07:59:59.999Z", "2026-03-04T08:00:00Z"),
        ("2026-03-27T16:00:00Z", "2026-03-30T07:00:00Z"),
        ("2026-10-23T15:00:00Z", "2026-10-26T08:00:00Z"),
        ("2026-12-30T16:00:00Z", "2026-12-31T09:00:00Z"),
    ],
)
def test_the_next_opening_is_itself_while_open(instant: str, opening: str) -> None:
    assert hours.next_opening(DESK, at(instant)) == at(opening)


@pytest.mark.parametrize(
    ("instant", "closing"),
    [
        ("2026-03-04T09:00:00Z", "2026-03-04T16:00:00Z"),
        ("2026-03-04T16:00:00Z", "2026-03-05T16:00:00Z"),
        ("2026-12-31T09:30:00Z", "2026-12-31T11:00:00Z"),
    ],
)
def test_the_next_closing_ends_the_present_or_the_coming_open_time(instant: str, closing: str) -> None:
    assert hours.next_closing(DESK, at(instant)) == at(closing)


def test_intervals_that_touch_over_noon_or_midnight_are_one_open_time() -> None:
    touching = Calendar(
        "UTC", {0: ((time(8), time(12)), (time(12), time(17)), (time(22), time(0))), 1: ((time(0), time(6)),)}
    )
    assert hours.next_closing(touching, at("2026-03-02T09:00:00Z")) == at("2026-03-02T17:00:00Z")
    assert hours.next_closing(touching, at("2026-03-02T23:00:00Z")) == at("2026-03-03T06:00:00Z")


def test_a_lunch_break_shuts_the_desk() -> None:
    split = Calendar("UTC", {0: ((time(9), time(12)), (time(13), time(17)))})
    assert hours.state(split, at("2026-03-02T12:30:00Z")).next_opening == at("2026-03-02T13:00:00Z")


def test_a_desk_that_never_shuts_has_no_closing() -> None:
    assert hours.state(ALWAYS, at("2026-03-04T09:00:00Z")) == HoursState(True, "open", None, None)
    assert hours.next_edge(ALWAYS, at("2026-03-04T09:00:00Z")) is None


def test_a_desk_that_never_opens_has_no_opening() -> None:
    assert hours.state(NEVER, at("2026-03-04T09:00:00Z")) == HoursState(False, "closed", None, None)
    assert hours.next_opening(NEVER, at("2026-03-04T09:00:00Z")) is None
    assert hours.next_closing(NEVER, at("2026-03-04T09:00:00Z")) is None
    assert hours.next_edge(NEVER, at("2026-03-04T09:00:00Z")) is None


def test_the_next_edge_of_an_open_desk_is_its_closing() -> None:
    assert hours.next_edge(DESK, at("2026-03-04T08:00:00Z")) == at("2026-03-04T16:00:00Z")


@pytest.mark.parametrize(
    ("instant", "edge"),
    [
        ("2026-03-04T16:00:00Z", "2026-03-05T08:00:00Z"),
        ("2026-04-02T15:00:00Z", "2026-04-02T22:00:00Z"),  # the holiday begins
        ("2026-04-03T10:00:00Z", "2026-04-03T22:00:00Z"),  # and ends
        ("2026-12-31T11:00:00Z", "2027-01-01T08:00:00Z"),  # its special hours make it no holiday
    ],
)
def test_the_next_edge_of_a_shut_desk_is_an_opening_or_the_turn_of_a_holiday(instant: str, edge: str) -> None:
    assert hours.next_edge(DESK, at(instant)) == at(edge)


# Summer time ----------------------------------------------------------------------------------------------------------


def test_the_hour_that_summer_time_skips_is_never_open() -> None:
    assert hours.next_closing(NIGHT, at("2026-03-29T00:30:00Z")) == at("2026-03-29T03:00:00Z")
    half_past = Calendar("Europe/Bratislava", {6: ((time(2, 15), time(2, 45)),)})
    assert hours.next_opening(half_past, at("2026-03-28T23:30:00Z")) == at("2026-04-05T00:15:00Z")


def test_an_opening_inside_the_skipped_hour_takes_place_right_after_it() -> None:
    early = Calendar("Europe/Bratislava", {6: ((time(2, 30), time(5)),)})
    assert hours.next_opening(early, at("2026-03-29T00:00:00Z")) == at("2026-03-29T01:00:00Z")


def test_the_hour_that_is_repeated_is_open_twice() -> None:
    assert hours.next_closing(NIGHT, at("2026-10-24T23:30:00Z")) == at("2026-10-25T04:00:00Z")
    half_past = Calendar("Europe/Bratislava", {6: ((time(2, 15), time(2, 45)),)})
    opened = [at("2026-10-25T00:20:00Z"), at("2026-10-25T00:50:00Z"), at("2026-10-25T01:20:00Z")]
    assert [hours.is_open(half_past, instant) for instant in opened] == [True, False, True]


def test_a_change_by_half_an_hour_at_half_past_is_exact() -> None:
    lord_howe = Calendar("Australia/Lord_Howe", {6: ((time(2), time(3)),)})
    assert hours.state(lord_howe, at("2026-10-03T15:30:00Z")).until == at("2026-10-03T16:00:00Z")
    assert hours.is_open(lord_howe, at("2026-10-03T15:29:59.999999Z")) is False


def test_a_day_that_a_zone_left_out_has_no_hours() -> None:
    samoa = Calendar("Pacific/Apia", {weekday: NINE_TO_FIVE for weekday in range(7)}, frozenset({date(2011, 12, 30)}))
    assert hours.next_opening(samoa, at("2011-12-30T04:00:00Z")) == at("2011-12-30T19:00:00Z")
    assert hours.next_edge(samoa, at("2011-12-30T04:00:00Z")) == at("2011-12-30T19:00:00Z")


# Calendars as documents -----------------------------------------------------------------------------------------------


def test_a_calendar_comes_back_from_its_document_as_it_was() -> None:
    document = {
        "tz": "Europe/Bratislava",
        "weekly": {"0": [["00:00", "12:00"], ["13:00:30", "24:00"]], "6": []},
        "holidays": ["2026-01-01"],
        "special": {"2026-12-31": [["10:00", "12:00"]]},
    }
    calendar = Calendar.from_json(document)
    assert calendar.to_json() == document
    assert Calendar.from_json(calendar.to_json()) == calendar


def test_holidays_and_special_days_may_be_left_out() -> None:
    assert Calendar.from_json({"tz": "UTC", "weekly": {}}) == Calendar("UTC", {})


@pytest.mark.parametrize(
    ("document", "field", "words"),
    [
        ([], None, "must be an object"),
        ({"weekly": {}}, "tz", "needs the name"),
        ({"tz": "Europe/Atlantis", "weekly": {}}, "tz", "no zone 'Europe/Atlantis'"),
        ({"tz": "../etc/passwd", "weekly": {}}, "tz", "no zone"),
        ({"tz": "Europe", "weekly": {}}, "tz", "no zone"),
        ({"tz": "UTC"}, "weekly", "must be an object"),
        ({"tz": "UTC", "weekly": {"0": [["17:00", "09:00"]]}}, "weekly", "closes at 09:00"),
        ({"tz": "UTC", "weekly": {"0": [["09:00", "09:00"]]}}, "weekly", "closes at 09:00"),
        ({"tz": "UTC", "weekly": {"0": [["09:00", "12:00"], ["11:00", "17:00"]]}}, "weekly", "before it has closed"),
        ({"tz": "UTC", "weekly": {"0": [["09:00", "24:00"], ["11:00", "17:00"]]}}, "weekly", "before it has closed"),
        ({"tz": "UTC", "weekly": {}, "holidays": {}}, "holidays", "must be a list"),
        ({"tz": "UTC", "weekly": {}, "special": {"2026-02-03": [["12:00", "11:00"]]}}, "special", "2026-02-03 closes"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_with_its_field(document: Any, field: str, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        Calendar.from_json(document)
    assert refused.value.field == field
    assert words in refused.value.message


def test_a_weekday_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadRequest, match="Weekday 7"):
        Calendar("UTC", {7: NINE_TO_FIVE})


def test_the_hours_of_a_day_are_written_as_in_the_document() -> None:
    calendar = Calendar.from_json({"tz": "Europe/Bratislava", "weekly": {"0": [["09:00", "17:00"]]}})
    assert hours.hours_of_day(calendar, date(2026, 3, 2)) == [["09:00", "17:00"]]
    assert hours.hours_of_day(calendar, date(2026, 3, 3)) == []


# Hours that follow others ---------------------------------------------------------------------------------------------

LATER = replace(
    DESK, weekly={weekday: ((time(10), time(15)),) for weekday in range(5)}, holidays=frozenset({date(2026, 3, 12)})
)
TURNING = replace(DESK, following=(date(2026, 3, 9), LATER))
"""Until Sunday 8 March nine to five, from Monday ten to three."""


@pytest.mark.parametrize(
    ("instant", "because", "edge"),
    [
        ("2026-03-06T15:59:00Z", "open", "2026-03-06T16:00:00Z"),
        ("2026-03-06T16:00:00Z", "closed", "2026-03-09T09:00:00Z"),
        ("2026-03-09T08:30:00Z", "closed", "2026-03-09T09:00:00Z"),
        ("2026-03-09T09:00:00Z", "open", "2026-03-09T14:00:00Z"),
        ("2026-03-11T14:00:00Z", "closed", "2026-03-11T23:00:00Z"),
        ("2026-03-12T10:00:00Z", "holiday", "2026-03-12T23:00:00Z"),
    ],
)
def test_from_their_first_day_on_the_hours_that_follow_hold(instant: str, because: str, edge: str) -> None:
    assert hours.because(TURNING, at(instant)) == because
    assert hours.next_edge(TURNING, at(instant)) == at(edge)


def test_hours_that_follow_may_be_followed_in_turn() -> None:
    last = replace(DESK, weekly={}, holidays=frozenset(), special={})
    chain = replace(DESK, following=(date(2026, 3, 9), replace(LATER, following=(date(2026, 3, 10), last))))
    assert [hours.hours_of_day(chain, date(2026, 3, day)) for day in (6, 9, 10)] == [
        [["09:00", "17:00"]], [["10:00", "15:00"]], [],
    ]  # fmt: skip
    assert hours.next_opening(chain, at("2026-03-10T00:00:00Z")) is None


def test_hours_of_another_zone_do_not_follow() -> None:
    with pytest.raises(BadRequest, match="same zone"):
        replace(DESK, following=(date(2026, 3, 9), Calendar("Europe/London", {})))
