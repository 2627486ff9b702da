"""What was entered, judged field by field: all that is wrong at once, each in a sentence that offers the repair."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from desk.addresses import EMAIL
from desk.administration.known import LANGUAGES, is_public_mail_host
from desk.sentences import Sentence
from routing.errors import BadRequest

DOMAIN = re.compile(r"(?=.{1,253}$)(?!.*\.[0-9]+$)[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63})+")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
DAY = timedelta(days=1)
NO_PLACES = {"localtime", "Factory"}
"""Files beside the zones of the tz database that no browser knows: what they mean differs by machine."""


class Wrong(BadRequest):
    """Some fields cannot be taken as they are: `fields` has a sentence for each, in the order they were looked at."""

    def __init__(self, fields: Mapping[str, Sentence]) -> None:
        self.fields = dict(fields)
        super().__init__(" ".join(map(str, self.fields.values())), field=next(iter(self.fields)))


class Check:
    """Reads fields of one form and collects what is wrong; `done` raises it all."""

    def __init__(self) -> None:
        self.wrong: dict[str, Sentence] = {}

    def refuse(self, field: str, msgid: str, /, **values: Any) -> None:
        """The first word on a field counts."""
        self.wrong.setdefault(field, Sentence(msgid, values))

    def done(self) -> None:
        """Raises Wrong when something was."""
        if self.wrong:
            raise Wrong(self.wrong)

    def line(self, field: str, value: str, most: int = 120) -> str:
        """One line of text, perhaps an empty one."""
        found = " ".join(value.split())
        return self._short(field, found if any(map(_seen, found)) else "", most)

    def text(self, field: str, value: str, most: int = 4000) -> str:
        """Several lines."""
        return self._short(field, value.replace("\r\n", "\n").strip(), most)

    def email(self, field: str, value: str) -> str:
        """A mail address, in small letters."""
        found = value.strip().lower()
        if len(found) > 254 or not EMAIL.fullmatch(found):
            self.refuse(field, "Enter a mail address such as anna@example.com.")
        return found

    def domains(self, field: str, value: str) -> tuple[str, ...]:
        """Domains, separated by commas, blanks or lines."""
        found = [each.strip().lower().removeprefix("@") for each in re.split(r"[\s,;]+", value) if each.strip()]
        for each in found:
            if is_public_mail_host(each):
                self.refuse(
                    field, "Anybody may have an address at {domain}: a mailed code would make them a contact."
                    " Leave it out, and enter people there one by one.", domain=each,
                )  # fmt: skip
            elif not DOMAIN.fullmatch(each):
                self.refuse(
                    field, "“{text}” is not a domain. A domain is what follows the @: example.com", text=each[:60]
                )
        return tuple(dict.fromkeys(found))

    def zone(self, field: str, value: str) -> str:
        """The name of a time zone."""
        found = value.strip()
        if found not in available_timezones() - NO_PLACES:
            like = get_close_matches(found.title().replace(" ", "_"), _cities(), n=1, cutoff=0.6)
            if like:
                self.refuse(
                    field, "There is no zone “{text}”. Did you mean {zone}?", text=found, zone=_cities()[like[0]]
                )
            else:
                self.refuse(field, "There is no zone “{text}”. A zone is written like Europe/Bratislava.", text=found)
        return found

    def language(self, field: str, value: str) -> str:
        """One language."""
        found = value.strip()
        if not LANGUAGE.fullmatch(found):
            self.refuse(field, "Enter the language as two letters, such as en, de or sk.")
        elif not _spoken(found):
            self.refuse(field,
                        "There is no language “{text}”. Enter the two letters of ISO 639-1, such as en, de or sk.",
                        text=found)  # fmt: skip
        return found

    def languages(self, field: str, value: str) -> tuple[str, ...]:
        """At least one."""
        found = tuple(dict.fromkeys(each for each in re.split(r"[\s,;]+", value) if each))
        if not found or not all(LANGUAGE.fullmatch(each) for each in found):
            self.refuse(field, "Enter languages as two letters each, separated by commas: en, de")
        for unknown in (each for each in found if not _spoken(each)):
            self.refuse(field,
                        "There is no language “{text}”. Enter the two letters of ISO 639-1, such as en, de or sk.",
                        text=unknown[:20])  # fmt: skip
        return found

    def number(self, field: str, value: int | str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        try:
            found = int(value)
        except ValueError:
            self.refuse(field, "Enter a whole number from {low} to {high}.", low=low, high=high)
            return low
        if not low <= found <= high:
            self.refuse(
                field, "{number} does not fit; enter a number from {low} to {high}.", number=found, low=low, high=high
            )
        return found

    def some(self, field: str, values: Iterable[str], allowed: Collection[str]) -> tuple[str, ...]:
        """Any of these, in their own order."""
        found = set(values)
        for unknown in sorted(found - set(allowed)):
            self.refuse(field, "“{text}” is not among {allowed}.", text=unknown, allowed=", ".join(allowed))
        return tuple(each for each in allowed if each in found)

    def begin(self, field: str, value: str, zone: str) -> datetime | None:
        """The first instant of a day in a zone, or an instant with its offset. None when empty or wrong."""
        return self._instant(field, value, zone, timedelta())

    def end(self, field: str, value: str, zone: str) -> datetime | None:
        """The end of a day that is included, or an instant with its offset. None when empty or wrong."""
        return self._instant(field, value, zone, DAY)

    def _short(self, field: str, found: str, most: int) -> str:
        if len(found) > most:
            self.refuse(field, "At most {most} characters fit here; these are {count}.", most=most, count=len(found))
        return found

    def _instant(self, field: str, value: str, zone: str, after: timedelta) -> datetime | None:
        found = value.strip()
        if not found:
            return None
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", found):
                return datetime.combine(date.fromisoformat(found) + after, time(0), ZoneInfo(zone)).astimezone(UTC)
            at = datetime.fromisoformat(found)
            return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(field, "“{text}” is not a day. A day is written like 2026-12-31.", text=found[:40])
            return None


def _spoken(language: str) -> bool:
    """ISO 639-1 has it; the country that may follow is not looked at."""
    return language.partition("-")[0] in LANGUAGES


def _seen(letter: str) -> bool:
    """It leaves a mark on paper: letters, digits, signs, but no blanks and nothing of no width."""
    return unicodedata.category(letter)[0] in "LNPS"


def day_in(at: datetime, zone: str) -> str:
    """The local day of an instant, as forms write it."""
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


def last_day_in(until: datetime, zone: str) -> str:
    """The last day that belongs to a span that ends at `until` (excluded)."""
    return day_in(until - timedelta(microseconds=1), zone)


def _cities() -> dict[str, str]:
    """Zones by their whole name and by their city."""
    zones = sorted(each for each in available_timezones() if "/" in each and not each.startswith(("Etc/", "SystemV/")))
    return {each.rpartition("/")[2]: each for each in zones} | {each: each for each in zones}
