"""Days and hours in words, as mails tell them: in the reader's language, each hour with its zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from desk.texts import say


def both(language: str, at: datetime, zone: str, office: str) -> str:
    """The hour where the reader is, and that of the office where it is another."""
    here, there = at.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(office))
    if here.utcoffset() == there.utcoffset():
        return say(language, "{day} at {time} {zone}", day=day(language, there), time=_time(there), zone=_place(there))
    words = say(language, "{day} at {time} {zone}", day=day(language, here), time=_time(here), zone=_place(here))
    if here.date() == there.date():
        return f"{words} ({_time(there)} {_place(there)})"
    beside = say(language, "{day} at {time} {zone}", day=day(language, there), time=_time(there), zone=_place(there))
    return f"{words} ({beside})"


def day(language: str, at: datetime) -> str:
    """Weekday, day and month of a local instant."""
    weekday, month = _weekdays(language)[at.weekday()], _months(language)[at.month - 1]
    return say(language, "{weekday}, {day} {month}", weekday=weekday, day=at.day, month=month)


def _time(at: datetime) -> str:
    return f"{at:%H:%M}"


def _place(at: datetime) -> str:
    """The zone's own short name, else its city: many zones have only an offset for a name."""
    name = at.tzname() or ""
    return name if name.isalpha() else str(at.tzinfo).rpartition("/")[2].replace("_", " ")


def _weekdays(language: str) -> tuple[str, ...]:
    return (
        say(language, "Monday"),
        say(language, "Tuesday"),
        say(language, "Wednesday"),
        say(language, "Thursday"),
        say(language, "Friday"),
        say(language, "Saturday"),
        say(language, "Sunday"),
    )


def _months(language: str) -> tuple[str, ...]:
    """As they stand behind a day."""
    return (
        say(language, "January"),
        say(language, "February"),
        say(language, "March"),
        say(language, "April"),
        say(language, "May"),
        say(language, "June"),
        say(language, "July"),
        say(language, "August"),
        say(language, "September"),
        say(language, "October"),
        say(language, "November"),
        say(language, "December"),
    )
