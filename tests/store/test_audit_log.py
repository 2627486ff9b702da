"""The audit as people read it: what a filter lets through, page by page, names for ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from store import agents, audit, audit_log
from store.audit_log import NOBODY, Filter
from store.engine import Connection, Record
from store.times import micros
from tests.support.world import World

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def fill(connection: Connection) -> None:
    """Ten rows, an hour apart: lena's and the desk's in turn, of two kinds, on three objects."""
    for number in range(10):
        actor, action = ("lena", "severity") if number % 2 else (None, "calendar")
        audit.append(connection, actor, action, f"thing-{number % 3}", {}, NOON + timedelta(hours=number))


async def numbers(record: Record, only: Filter) -> list[int]:
    found = await record.read(lambda connection: audit_log.page(connection, 2**60, 100, only))
    return [each.number for each in found]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (Filter(), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (Filter(actors=("lena",)), [10, 8, 6, 4, 2]),
        (Filter(actors=(NOBODY,)), [9, 7, 5, 3, 1]),
        (Filter(actors=("nobody at all",)), []),
        (Filter(objects=("thing-0",)), [10, 7, 4, 1]),
        (Filter(objects=("thing-0", "thing-1"), actors=("lena",)), [10, 8, 4, 2]),
        (Filter(action="calendar"), [9, 7, 5, 3, 1]),
        (Filter(since=micros(NOON + timedelta(hours=7))), [10, 9, 8]),
        (Filter(until=micros(NOON + timedelta(hours=2))), [2, 1]),
        (Filter(since=micros(NOON + timedelta(hours=2)), action="severity", objects=("thing-0",)), [10, 4]),
    ],
)
async def test_a_filter_lets_through_what_fits_all_its_parts(record: Record, only: Filter, expected: list[int]) -> None:
    await record.write(fill)
    assert await numbers(record, only) == expected


async def test_rows_are_paged_by_their_number(record: Record) -> None:
    await record.write(fill)
    before, seen = 2**60, []
    while page := await record.read(lambda connection, before=before: audit_log.page(connection, before, 3)):  # type: ignore[misc]
        seen.append([each.number for each in page])
        before = page[-1].number
    assert seen == [[10, 9, 8], [7, 6, 5], [4, 3, 2], [1]]
    assert await record.read(audit_log.actions) == ["calendar", "severity"]


async def test_people_and_things_are_found_by_their_names(record: Record) -> None:
    world = await World.make(record)
    known = {each.name: each.id for each in await world.record.read(agents.every)}
    for text, id in (
        ("anna kovács", known["Anna Kovács"]),
        ("brightwater hotels", "brightwater"),
        ("office", "office"),
    ):
        assert id in await record.read(lambda connection, text=text: audit_log.called(connection, text))  # type: ignore[misc]
