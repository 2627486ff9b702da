"""Days and instants as the administration's pages write them: with the weekday, by a zone's own clock."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from server.pages.texts import _
from store.times import instant


def day(of: date) -> str:
    """Such as `Mon 2026-12-28`."""
    names = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    return f"{names[of.weekday()]} {of.isoformat()}"


def when(at: int, zone: str, *, seconds: bool = False) -> str:
    """Such as `Mon 2026-12-28 09:00`; `at` in microseconds."""
    local = instant(at).astimezone(ZoneInfo(zone))
    return (
        f"{day(local.date())} {local.isoformat(' ', 'seconds' if seconds else 'minutes')[11 : 19 if seconds else 16]}"
    )
