"""Office hours in versions: from when each holds, what a change would change, which holidays are proposed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.administration import Administration, Wrong
from desk.administration.calendars import CalendarDraft, drafted, read_hours, with_holidays, written_hours
from desk.administration.checking import Check
from desk.administration.public_holidays import HolidayQuestion, propose
from desk.identity import Identity
from desk.promising import button_state
from desk.requests import Press
from routing.errors import Conflict, NotFound
from routing.hours import Calendar
from store import calendars
from tests.support.world import BUTTON, SEALER, World

TEN_TO_THREE = ("10:00-15:00",) * 5 + ("", "")


@pytest.fixture
def admin(world: World) -> Administration:
    return Administration(world.desk, SEALER, Identity(world.desk, SEALER))


async def office(world: World) -> CalendarDraft:
    kept = await world.record.read(lambda connection: calendars.find(connection, "office"))
    assert kept is not None
    return drafted(kept)


async def promised(world: World) -> dict[str, Any]:
    now, present = world.clock.now(), await world.desk.present()
    found = await world.record.read(lambda connection: button_state(connection, BUTTON, now, present))
    assert found is not None
    return found


async def test_a_version_holds_from_its_first_day_on_and_the_button_says_so_before(
    world: World, admin: Administration
) -> None:
    draft = replace(await office(world), weekly=TEN_TO_THREE, since="2026-03-05")
    assert await admin.calendars.change(None, "office", draft) == 2
    assert (await promised(world))["until"] == "2026-03-04T16:00:00.000000Z"
    world.clock.move(timedelta(hours=8))
    assert (await promised(world))["next_opening"] == "2026-03-05T09:00:00.000000Z"
    world.clock.move(timedelta(hours=16, minutes=30))
    assert (await promised(world))["until"] == "2026-03-05T14:00:00.000000Z"


async def test_a_newer_version_ends_what_was_to_follow_after_it(world: World, admin: Administration) -> None:
    draft = await office(world)
    await admin.calendars.change(None, "office", replace(draft, weekly=TEN_TO_THREE, since="2026-04-01"))
    closed = replace(draft, weekly=("",) * 7)
    found = await admin.calendars.foresee(None, "office", closed)
    assert found.given_up == [2] and not found.after.open
    assert await admin.calendars.change(None, "office", closed) == 3
    far = datetime.fromisoformat("2026-04-07T09:00:00+00:00")
    for now in (world.clock.now(), far):
        holding = await world.record.read(lambda connection, now=now: calendars.at(connection, "office", now))  # type: ignore[misc]
        assert holding is not None and holding == Calendar.from_json(holding.to_json()) and holding.weekly == {}


async def test_versions_that_wait_their_turn_are_kept_when_one_comes_between(
    world: World, admin: Administration
) -> None:
    draft = await office(world)
    await admin.calendars.change(None, "office", replace(draft, weekly=TEN_TO_THREE, since="2026-04-01"))
    found = await admin.calendars.foresee(None, "office", replace(draft, weekly=("",) * 7, since="2026-05-01"))
    assert found.given_up == []
    await admin.calendars.change(None, "office", replace(draft, weekly=("",) * 7, since="2026-05-01"))
    now = world.clock.now()
    holding = await world.record.read(lambda connection: calendars.at(connection, "office", now))
    assert holding is not None and holding.following is not None and holding.following[1].following is not None
    assert [holding.following[0], holding.following[1].following[0]] == [date(2026, 4, 1), date(2026, 5, 1)]


async def test_a_day_whose_hours_are_over_can_no_longer_change(world: World, admin: Administration) -> None:
    draft = replace(await office(world), weekly=TEN_TO_THREE)
    found = await admin.calendars.foresee(None, "office", draft)
    assert found.days[0].day == date(2026, 3, 4)
    world.clock.move(timedelta(hours=8, minutes=36))
    found = await admin.calendars.foresee(None, "office", draft)
    assert found.days[0].day == date(2026, 3, 5)


async def test_what_a_change_would_change_is_told_and_nothing_is_saved(world: World, admin: Administration) -> None:
    await world.goes("agent", "anna")
    await world.goes("agent", "ben")
    await world.goes("agent", "petra")
    await world.go_on(5)
    ticket = (await world.ask("priya", Press, text="Hello"))["ticket"]
    draft = replace(await office(world), weekly=("10:00-15:00", "", *("09:00-17:00",) * 3, "", ""),
                    special="2026-03-04 closed\n2027-02-01 12:00-13:00")  # fmt: skip
    found = await admin.calendars.foresee(None, "office", draft)
    assert (found.before.open, found.after.open) == (True, False)
    assert found.openings_after[0].isoformat() == "2026-03-05T08:00:00+00:00"
    assert [(each.day.isoformat(), each.before, each.after) for each in found.days][:2] == [
        ("2026-03-04", [["09:00", "17:00"]], []),
        ("2026-03-09", [["09:00", "17:00"]], [["10:00", "15:00"]]),
    ]
    assert found.days[-1].day == date(2027, 2, 1) and found.day_count == len(found.days)
    assert "Brightwater Hotels" in {each.customer for each in found.uses} and "Anna Kovács" in found.agents
    [affected] = found.tickets
    number = (await world.summary("lena", ticket))["number"]
    assert (f"VD-{affected.ticket.number}", affected.before, affected.after) == (number, True, False)
    assert affected.ticket.state == "waiting"
    history = await world.record.read(lambda connection: calendars.history(connection, "office"))
    assert [each.version for each in history] == [1]


async def test_a_look_at_the_same_hours_finds_nothing_to_save(world: World, admin: Administration) -> None:
    found = await admin.calendars.foresee(None, "office", await office(world))
    assert found.new is None and found.days == [] and found.openings_before == found.openings_after


async def test_what_was_looked_at_before_another_saved_is_looked_at_again(world: World, admin: Administration) -> None:
    draft = await office(world)
    await admin.calendars.change(None, "office", replace(draft, weekly=TEN_TO_THREE), 1)
    with pytest.raises(Conflict, match="Version 2 was saved meanwhile"):
        await admin.calendars.change(None, "office", replace(draft, name="Other"), 1)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Enter a name"),
        ("name", "x" * 121, "At most 120 characters"),
        ("zone", "Bratislava", "Did you mean Europe/Bratislava"),
        ("zone", "Mars/Olympus", "There is no zone"),
        ("since", "2026-03-04", "has begun"),
        ("since", "9999-12-31", "too far ahead"),
        ("since", "tomorrow", "is not a day"),
        ("holidays", "25.12.2026", "is not a day"),
        ("holidays", "2026-02-30 Nothing", "is not a day"),
        ("holidays", f"2026-12-25 {'x' * 81}", "At most 80 characters"),
        ("special", "2026-12-24 9 to 5", "is not a span of hours"),
        ("special", "2026-12-24 9-12\n2026-12-24 13-17", "there twice"),
        ("holidays", "\n".join(f"{2026 + n // 300}-{n % 12 + 1:02}-{n % 25 + 1:02}" for n in range(700))
         + "\n" + "\n".join((date(2030, 1, 1) + timedelta(n)).isoformat() for n in range(600)), "At most 500 days"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_of_its_field(
    world: World, admin: Administration, field: str, value: str, said: str
) -> None:
    with pytest.raises(Wrong) as caught:
        await admin.calendars.change(None, "office", replace(await office(world), **{field: value}))  # type: ignore[arg-type]
    assert list(caught.value.fields) == [field] and said in str(caught.value.fields[field])


async def test_days_are_taken_from_a_spreadsheet_and_a_closed_one_is_written_as_such(
    world: World, admin: Administration
) -> None:
    days = {"holidays": "2026-12-25\tChristmas  Day", "special": "2026-12-24\t9-12\n2026-12-31\tclosed"}
    await admin.calendars.change(None, "office", replace(await office(world), **days))  # type: ignore[arg-type]
    shown = await office(world)
    assert shown.holidays == "2026-12-25 Christmas Day"
    assert shown.special == "2026-12-24 09:00-12:00\n2026-12-31 closed"


async def test_another_zone_holds_at_once_or_not_at_all(world: World, admin: Administration) -> None:
    draft = replace(await office(world), zone="Europe/London")
    with pytest.raises(Wrong, match="keep Europe/Bratislava"):
        await admin.calendars.change(None, "office", replace(draft, since="2026-12-31"))
    assert await admin.calendars.change(None, "office", draft) == 2


async def test_a_look_is_for_admins(world: World, admin: Administration) -> None:
    with pytest.raises(NotFound):
        await admin.calendars.foresee(await world.signed("anna"), "office", await office(world))
    with pytest.raises(NotFound):
        await admin.calendars.foresee(await world.signed("adam"), "nowhere", await office(world))


@given(st.text("0123456789:-,; –closed", max_size=30))
@settings(max_examples=300, deadline=None)
def test_whatever_is_entered_as_hours_is_taken_whole_or_refused(text: str) -> None:
    check = Check()
    read = read_hours(check, "mon", text)
    if check.wrong:
        assert set(check.wrong) == {"mon"}
    else:
        assert Calendar.from_json({"tz": "UTC", "weekly": {"0": read}}).to_json()["weekly"]["0"] == read
        assert read_hours(check, "mon", written_hours(read)) == read


# Holidays -------------------------------------------------------------------------------------------------------------


def test_the_holidays_of_a_country_or_region_are_proposed_and_known_ones_are_marked() -> None:
    found = propose(HolidayQuestion("sk", "", "2027"), {"2027-01-06"}, "sk")
    assert {each.day: each.known for each in found}["2027-01-06"] is True
    assert [each.name for each in found if each.day == "2027-03-26"] == ["Veľký piatok"]
    bavaria = {each.day for each in propose(HolidayQuestion("DE", "BY", "2027"), set(), "en")}
    assert bavaria - {each.day for each in propose(HolidayQuestion("DE", "", "2027"), set(), "en")} >= {"2027-01-06"}


@pytest.mark.parametrize(
    ("question", "field", "said"),
    [
        (HolidayQuestion("XX", "", "2027"), "country", "two letters"),
        (HolidayQuestion("SK", "BY", "2027"), "region", ""),
        (HolidayQuestion("DE", "Bavaria", "2027"), "region", "BY"),
        (HolidayQuestion("DE", "", "next"), "year", "from 2000 to 2100"),
        (HolidayQuestion("DE", "", "1999"), "year", "from 2000 to 2100"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_its_field(
    question: HolidayQuestion, field: str, said: str
) -> None:
    with pytest.raises(Wrong) as caught:
        propose(question, set(), "en")
    assert list(caught.value.fields) == [field] and said in str(caught.value.fields[field])


async def test_confirmed_days_are_kept_with_their_names_beside_those_that_were_there(
    world: World, admin: Administration
) -> None:
    draft = with_holidays(await office(world), {"2028-01-06": "Epiphany"})
    await admin.calendars.change(None, "office", draft)
    kept = await office(world)
    assert "2028-01-06 Epiphany" in kept.holidays.splitlines() and "2026-12-25" in kept.holidays.splitlines()
    assert with_holidays(kept, {"2028-01-06": "Epiphany"}) == kept
