"""Days and hours in the reader's words, each hour with its zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from desk import dates, texts
from server.pages.texts import catalogues

AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _languages() -> Iterator[None]:
    texts.speak(catalogues())
    yield
    texts.speak({})


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("en", "Europe/London", "Monday, 30 November at 08:00 GMT (09:00 CET)"),
        ("en", "Europe/Berlin", "Monday, 30 November at 09:00 CET"),
        ("en", "America/Sao_Paulo", "Monday, 30 November at 05:00 Sao Paulo (09:00 CET)"),
        ("en", "Pacific/Auckland", "Monday, 30 November at 21:00 NZDT (09:00 CET)"),
        ("de", "Europe/London", "Montag, 30. November um 08:00 GMT (09:00 CET)"),
        ("sk", "Europe/Bratislava", "Pondelok 30. novembra o 09:00 CET"),
    ],
)
def test_an_hour_is_told_where_the_reader_is_and_in_the_office(language: str, zone: str, words: str) -> None:
    assert dates.both(language, AT, zone, "Europe/Bratislava") == words


def test_where_it_is_another_day_both_days_are_told() -> None:
    words = dates.both("en", datetime(2026, 12, 1, 8, tzinfo=UTC), "Pacific/Honolulu", "Europe/Bratislava")
    assert words == "Monday, 30 November at 22:00 HST (Tuesday, 1 December at 09:00 CET)"
