"""Where the demo's clock can be moved to; only forward. Moving it is the clock's own business (desk/clock.py)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from routing.errors import BadRequest
from routing.hours import Calendar, next_closing, next_opening

BEFORE_OPENING = timedelta(seconds=10)
BEFORE_CLOSING = timedelta(minutes=2)
EVENING = timedelta(hours=2, minutes=20)
"""After closing."""

FARTHEST = timedelta(days=400)


def target(move: str, now: datetime, calendar: Calendar, until: str = "") -> datetime:
    """The instant a move leads to: `hour`, `opening`, `closing`, `evening`, or `until` a local time of the office.

    Raises BadRequest for an unknown move, a time that cannot be read, or one that is not ahead.
    """
    if move == "hour":
        return now + timedelta(hours=1)
    elif move == "opening":
        return _opening_after(now + BEFORE_OPENING, calendar) - BEFORE_OPENING
    elif move == "closing":
        return _closing_after(now + BEFORE_CLOSING, calendar) - BEFORE_CLOSING
    elif move == "evening":
        return _closing_after(now - EVENING, calendar, later_than=now) + EVENING
    elif move == "until":
        return _ahead(_read(until, calendar), now)
    else:
        raise BadRequest("The clock knows no such move.", field="to")


def _opening_after(at: datetime, calendar: Calendar) -> datetime:
    closing = next_closing(calendar, at)
    shut = at if closing is None or next_opening(calendar, at) != at.astimezone(UTC) else closing
    opening = next_opening(calendar, shut)
    if opening is None:
        raise BadRequest("The office does not open again within a year.", field="to")
    return opening


def _closing_after(at: datetime, calendar: Calendar, later_than: datetime | None = None) -> datetime:
    bound = at if later_than is None else later_than
    closing = next_closing(calendar, at)
    while closing is not None and closing + (EVENING if later_than else timedelta()) <= bound:
        closing = next_closing(calendar, closing)
    if closing is None:
        raise BadRequest("The office does not open again within a year.", field="to")
    return closing


def _read(text: str, calendar: Calendar) -> datetime:
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("Write a day and a time, such as 2026-03-06 16:58.", field="until") from error
    return local.replace(tzinfo=ZoneInfo(calendar.zone)).astimezone(UTC)


def _ahead(wanted: datetime, now: datetime) -> datetime:
    if wanted <= now:
        raise BadRequest("The clock only moves forward. To go back, start the demo over.", field="until")
    if wanted > now + FARTHEST:
        raise BadRequest("That is more than a year ahead.", field="until")
    return wanted
