"""Hours as a JSON document writes them, read part by part; what they mean: hours.py."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from routing.errors import BadRequest

Interval = tuple[time, time]
"""Opening and closing by the wall clock; a closing of 00:00 is the end of the day, written 24:00."""

MIDNIGHT = time(0)


def mapping(value: object, name: str, field: str | None) -> Mapping[Any, Any]:
    """Any object. Raises BadRequest."""
    if not isinstance(value, Mapping):
        raise BadRequest(f"{name} must be an object.", field=field)
    return value


def listed(value: object, name: str, field: str) -> list[Any]:
    """Any list. Raises BadRequest."""
    if not isinstance(value, list):
        raise BadRequest(f"{name} must be a list.", field=field)
    return value


def weekday_of(key: object) -> int:
    """Monday is 0. Raises BadRequest."""
    if isinstance(key, str) and len(key) == 1 and key in "0123456":
        return int(key)
    else:
        raise no_weekday(key)


def no_weekday(given: object) -> BadRequest:
    """The refusal of another day than these seven."""
    return BadRequest(
        "Weekday {day} does not exist; Monday is 0, Sunday is 6.", field="weekly", values={"day": repr(given)}
    )


def date_of(value: object, field: str) -> date:
    """A local date. Raises BadRequest."""
    try:
        return date.fromisoformat(_text(value))
    except ValueError as wrong:
        raise BadRequest("{text} is not a date like 2026-12-31.", field=field, values={"text": repr(value)}) from wrong


def intervals_of(value: object, field: str) -> tuple[Interval, ...]:
    """The hours of a day, in order. Raises BadRequest."""
    found = []
    for pair in listed(value, "The hours of a day", field):
        if not isinstance(pair, list) or len(pair) != 2:
            raise BadRequest("Hours are written as [opening, closing].", field=field)
        found.append((_time(pair[0], field), _closing_time(pair[1], field)))
    return tuple(sorted(found))


def _closing_time(value: object, field: str) -> time:
    if value == "24:00":
        return MIDNIGHT
    elif value == "00:00":
        raise BadRequest("A day closes at 24:00, not at 00:00.", field=field)
    else:
        return _time(value, field)


def _time(value: object, field: str) -> time:
    try:
        parsed = time.fromisoformat(_text(value))
    except ValueError as wrong:
        raise BadRequest("{text} is not a time like 09:00.", field=field, values={"text": repr(value)}) from wrong
    if parsed.tzinfo is not None:
        raise BadRequest(
            "{text} must not carry an offset; hours are those of the zone.", field=field, values={"text": repr(value)}
        )
    return parsed


def written(intervals: tuple[Interval, ...]) -> list[list[str]]:
    """As `intervals_of` reads them."""
    return [[_clock(opening), "24:00" if closing == MIDNIGHT else _clock(closing)] for opening, closing in intervals]


def _clock(value: time) -> str:
    return value.isoformat("minutes") if value.second == value.microsecond == 0 else value.isoformat()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value
