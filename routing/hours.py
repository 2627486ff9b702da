"""Office hours: when a calendar is open, why not, until when and when next; who is due then: entitlement.py.

The desk is open exactly while the wall clock of the calendar's zone shows a time inside one of the day's intervals
[opening, closing). So an hour that summer time skips is never open, and one that it repeats is open twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from routing.errors import BadRequest
from routing.hours_document import (
    MIDNIGHT,
    Interval,
    date_of,
    intervals_of,
    listed,
    mapping,
    no_weekday,
    weekday_of,
    written,
)

Because = Literal["open", "closed", "holiday"]

HORIZON_DAYS = 400
"""How far edges are looked for; what lies farther is answered with None."""

_DAY = timedelta(days=1)
_WIDEST_OFFSET = timedelta(hours=16)


@dataclass(frozen=True)
class Calendar:
    """An immutable office calendar; raises BadRequest when it makes no sense.

    `zone`: IANA name. `weekly`: intervals by weekday, Monday is 0. `holidays`: local dates, shut the whole day.
    `special`: intervals of single local dates, in place of the weekly ones, also on a holiday; none: shut.
    `following`: the hours that take these hours' place, from a local date on; of the same zone.
    """

    zone: str
    weekly: Mapping[int, tuple[Interval, ...]]
    holidays: frozenset[date] = frozenset()
    special: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    following: "tuple[date, Calendar] | None" = None
    _latest: "list[_Stretch]" = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _zone(self.zone)
        for weekday, intervals in self.weekly.items():
            if weekday not in range(7):
                raise no_weekday(weekday)
            _check_day(f"Weekday {weekday}", intervals, "weekly")
        for day, intervals in self.special.items():
            _check_day(f"The special day {day}", intervals, "special")
        if self.following is not None and self.following[1].zone != self.zone:
            raise BadRequest("Hours that follow others are of the same zone.", field="tz")

    @classmethod
    def from_json(cls, document: object) -> "Calendar":
        """Reads `{"tz", "weekly": {"0": [["09:00", "17:00"], …]}, "holidays": ["2026-01-01"], "special": {date: […]}}`.

        Raises BadRequest with the field that is wrong.
        """
        fields = mapping(document, "A calendar", None)
        zone = fields.get("tz")
        if not isinstance(zone, str):
            raise BadRequest("A calendar needs the name of its zone.", field="tz")
        weekly = mapping(fields.get("weekly"), "The weekly hours", "weekly")
        holidays = listed(fields.get("holidays", []), "The holidays", "holidays")
        special = mapping(fields.get("special", {}), "The special days", "special")
        return cls(
            zone=zone,
            weekly={weekday_of(key): intervals_of(value, "weekly") for key, value in weekly.items()},
            holidays=frozenset(date_of(day, "holidays") for day in holidays),
            special={date_of(key, "special"): intervals_of(value, "special") for key, value in special.items()},
        )

    def to_json(self) -> dict[str, Any]:
        """The document that `from_json` reads, in a stable order."""
        return {
            "tz": self.zone,
            "weekly": {str(day): written(self.weekly[day]) for day in sorted(self.weekly)},
            "holidays": [day.isoformat() for day in sorted(self.holidays)],
            "special": {day.isoformat(): written(self.special[day]) for day in sorted(self.special)},
        }


@dataclass(frozen=True)
class HoursState:
    """How a calendar stands at an instant.

    `until`: the closing instant while open, else None. `next_opening`: while shut, else None. Both are UTC, and None
    also when nothing comes within HORIZON_DAYS. `because` is `holiday` on a listed holiday without special hours.
    """

    open: bool
    because: Because
    until: datetime | None
    next_opening: datetime | None


def state(calendar: Calendar, at: datetime) -> HoursState:
    """Open or not at `at` (aware), and the edge that ends it."""
    coming = _open_time(calendar, at)
    if coming is not None and coming.opening <= at:
        return HoursState(True, "open", coming.closing, None)
    else:
        return HoursState(False, _because_shut(calendar, at), None, None if coming is None else coming.opening)


def is_open(calendar: Calendar, at: datetime) -> bool:
    """True in [opening, closing)."""
    return because(calendar, at) == "open"


def because(calendar: Calendar, at: datetime) -> Because:
    """`state(…).because` alone, without looking for the next edge; asked again a moment later, it is known already."""
    for latest in calendar._latest:
        if at.tzinfo is not None and latest.since <= at < latest.until:
            return latest.because
    stretch = _stretch(calendar, at)
    calendar._latest[:] = (stretch,)
    return stretch.because


def next_opening(calendar: Calendar, at: datetime) -> datetime | None:
    """The first open instant from `at` on: `at` itself (in UTC) while open."""
    coming = _open_time(calendar, at)
    return None if coming is None else max(coming.opening, at.astimezone(UTC))


def next_closing(calendar: Calendar, at: datetime) -> datetime | None:
    """The closing that ends the present open time, or the next one while shut."""
    coming = _open_time(calendar, at)
    return None if coming is None else coming.closing


def next_edge(calendar: Calendar, at: datetime) -> datetime | None:
    """The first instant after `at` at which `open` or `because` of `state` is another one."""
    now = state(calendar, at)
    if now.open:
        return now.until
    else:
        turn = _holiday_turn(calendar, at, now.next_opening)
        return now.next_opening if turn is None else turn


def hours_of_day(calendar: Calendar, day: date) -> list[list[str]]:
    """The local opening hours of a date as the document writes them: `[["09:00", "17:00"]]`; empty when shut."""
    return written(_hours_of(calendar, day))


# Days and spans -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _OpenTime:
    opening: datetime
    closing: datetime | None


@dataclass(frozen=True)
class _Stretch:
    """[since, until) in which a calendar answers the same."""

    since: datetime
    until: datetime
    because: Because


def _stretch(calendar: Calendar, at: datetime) -> _Stretch:
    """The stretch around `at`, within what the wall clock shows of its local day without a jump."""
    day = _local_date(calendar, at)
    since, until = next((begin, end) for begin, end, _ in _pieces(calendar.zone, day) if begin <= at < end)
    for start, end in _spans(calendar, day):
        if start <= at < end:
            return _Stretch(start, end, "open")
        elif end <= at:
            since = max(since, end)
        else:
            until = min(until, start)
    return _Stretch(since, until, _because_shut(calendar, at))


def _open_time(calendar: Calendar, at: datetime) -> _OpenTime | None:
    """The open time around or after `at`; spans that touch, also over midnight, are one."""
    opening: datetime | None = None
    closing = at
    for start, end in _spans_from(calendar, at):
        if end <= at:
            continue
        elif opening is None:
            opening, closing = start, end
        elif start == closing:
            closing = end
        else:
            return _OpenTime(opening, closing)
    if opening is None:
        return None
    else:
        seen_whole = closing - at < timedelta(days=HORIZON_DAYS - 2)
        return _OpenTime(opening, closing if seen_whole else None)


def _holiday_turn(calendar: Calendar, at: datetime, before: datetime | None) -> datetime | None:
    """The next local midnight, if it comes before `before`, at which a holiday begins or ends."""
    today = _local_date(calendar, at)
    now = _is_holiday(calendar, today)
    days = HORIZON_DAYS if before is None else (_local_date(calendar, before) - today).days
    for day in (today + _DAY * number for number in range(1, days + 1)):
        if _is_holiday(calendar, day) is not now and _pieces(calendar.zone, day):
            midnight = _pieces(calendar.zone, day)[0][0]
            return midnight if before is None or midnight < before else None
    return None


def _because_shut(calendar: Calendar, at: datetime) -> Because:
    return "holiday" if _is_holiday(calendar, _local_date(calendar, at)) else "closed"


def _is_holiday(calendar: Calendar, day: date) -> bool:
    of_then = _on(calendar, day)
    return day in of_then.holidays and not of_then.special.get(day)


def _on(calendar: Calendar, day: date) -> Calendar:
    """The hours that hold on a day: these, or those that took their place."""
    while calendar.following is not None and day >= calendar.following[0]:
        calendar = calendar.following[1]
    return calendar


def _spans_from(calendar: Calendar, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """All open spans from the local day of `at` on, ascending, for HORIZON_DAYS."""
    today = _local_date(calendar, at)
    for number in range(HORIZON_DAYS):
        yield from _spans(calendar, today + _DAY * number)


def _spans(calendar: Calendar, day: date) -> list[tuple[datetime, datetime]]:
    """The open spans of a local date as UTC instants, ascending; some may touch."""
    intervals = _hours_of(calendar, day)
    if not intervals:
        return []
    found: list[tuple[datetime, datetime]] = []
    for begin, finish, offset in _pieces(calendar.zone, day):
        for opening, closing in intervals:
            start = max(begin, datetime.combine(day, opening, UTC) - offset)
            end = min(finish, _end(day, closing) - offset)
            if start < end:
                found.append((start, end))
    return found


def _hours_of(calendar: Calendar, day: date) -> tuple[Interval, ...]:
    calendar = _on(calendar, day)
    special = calendar.special.get(day)
    if special is not None:
        return special
    elif day in calendar.holidays:
        return ()
    else:
        return calendar.weekly.get(day.weekday(), ())


@lru_cache(maxsize=8192)
def _pieces(zone: str, day: date) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """The UTC spans [begin, end) in which the zone's wall clock shows `day`, each with its constant offset.

    One piece on a plain day, two when summer time begins or ends in it, none on a day that a zone left out.
    """
    midnight = datetime.combine(day, MIDNIGHT, UTC)
    place = _zone(zone)
    pieces = []
    for begin, end, offset in _constant(place, midnight - _WIDEST_OFFSET, midnight + _DAY + _WIDEST_OFFSET):
        begin = max(begin, midnight - offset)
        end = min(end, midnight + _DAY - offset)
        if begin < end:
            pieces.append((begin, end, offset))
    return tuple(pieces)


def _constant(place: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cuts [begin, end) where the zone's offset changes, to the second."""
    hour = timedelta(hours=1)
    start, before, at = begin, _offset(place, begin), begin
    while at < end:
        after = _offset(place, at + hour)
        if after != before:
            change = _change(place, at, at + hour)
            yield start, change, before
            start, before = change, after
        at += hour
    yield start, end, before


def _change(place: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second in (low, high] at which the offset has become that of `high`."""
    wanted = _offset(place, high)
    second = timedelta(seconds=1)
    while high - low > second:
        middle = low + second * ((high - low) // second // 2)
        if _offset(place, middle) == wanted:
            high = middle
        else:
            low = middle
    return high


def _offset(place: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(place).utcoffset() or timedelta(0)


def _local_date(calendar: Calendar, at: datetime) -> date:
    if at.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return at.astimezone(_zone(calendar.zone)).date()


def _end(day: date, closing: time) -> datetime:
    return datetime.combine(day + _DAY if closing == MIDNIGHT else day, closing, UTC)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as unknown:  # LookupError: ZoneInfoNotFoundError; OSError: a folder
        raise BadRequest("There is no zone {name}.", field="tz", values={"name": repr(name)}) from unknown


def _check_day(name: str, intervals: tuple[Interval, ...], field: str) -> None:
    before: time | None = None
    for opening, closing in intervals:
        hours = {"day": name, "opening": f"{opening:%H:%M}", "closing": f"{closing:%H:%M}"}
        if closing <= opening and closing != MIDNIGHT:
            raise BadRequest("{day} closes at {closing}, not after it opens at {opening}.", field=field, values=hours)
        if before is not None and (before == MIDNIGHT or opening < before):
            raise BadRequest("{day} opens at {opening} before it has closed.", field=field, values=hours)
        before = closing
