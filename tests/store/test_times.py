"""Instants go into the record and come back exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.times import instant, micros


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_comes_back_exact(at: datetime) -> None:
    assert instant(micros(at)) == at


def test_the_zone_does_not_matter() -> None:
    at = datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=ZoneInfo("Europe/Bratislava"))
    assert micros(at) == micros(at.astimezone(UTC)) == micros(at + timedelta(microseconds=1)) - 1


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(TypeError):
        micros(datetime(2026, 7, 1))
