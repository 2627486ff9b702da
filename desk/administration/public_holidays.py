"""Public holidays of a country or region, as the `holidays` package knows them: proposals that an admin confirms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import ModuleType

from desk.administration.checking import Check

FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class HolidayQuestion:
    """As entered. `country`: two letters; `region`: as its country writes it, may be empty."""

    country: str
    region: str = ""
    year: str = ""


@dataclass(frozen=True)
class Proposal:
    """A day as forms write it, its name, and whether the office hours have it already."""

    day: str
    name: str
    known: bool


def propose(question: HolidayQuestion, known: set[str], language: str) -> list[Proposal]:
    """The holidays of that year, in this language where the package speaks it. Raises Wrong."""
    check = Check()
    country, region = question.country.strip().upper(), question.region.strip()
    year = check.number("year", question.year, FIRST_YEAR, LAST_YEAR)
    regions = countries().get(country)
    if regions is None:
        check.refuse(
            "country", "No holidays are known of “{text}”. A country is two letters, such as SK.", text=country[:40]
        )
    elif region and not regions:
        check.refuse("region", "No regions are known of {country}. Leave this empty.", country=country)
    elif region and region not in regions:
        check.refuse("region", "“{text}” is not among {allowed}.", text=region[:40], allowed=", ".join(regions))
    check.done()
    spoken = _spoken(country, language)
    found = _package().country_holidays(country, subdiv=region or None, years=year, language=spoken)
    return [
        Proposal(day.isoformat(), name[:80], day.isoformat() in known)
        for day, name in sorted(found.items())
        if day.year == year
    ]


@cache
def _package() -> ModuleType:
    """Loaded when it is asked first: a sixth of what a process that starts would load, and few ever ask."""
    import holidays

    return holidays


@cache
def countries() -> dict[str, tuple[str, ...]]:
    """Countries that are known, with their regions."""
    found = _package().list_supported_countries(include_aliases=False)
    return {country: tuple(map(str, regions)) for country, regions in sorted(found.items())}


def _spoken(country: str, language: str) -> str | None:
    """The reader's language, else the country's own."""
    known = _package().list_localized_countries().get(country, [])
    return next((each for each in known if each.split("_")[0] == language), None)
