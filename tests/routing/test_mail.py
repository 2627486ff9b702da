"""Mail: which ticket it continues, whom a pointer lets in, when it counts as come and when its clock starts."""

from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import get_args

import pytest

from routing import mail
from routing.hours import Calendar
from routing.mail import Evidence, Pointer, Sender, Thread

POLLED = datetime(2026, 3, 6, 16, tzinfo=UTC)
OFFICE = Calendar("Europe/Bratislava", {weekday: ((time(9), time(17)),) for weekday in range(5)})

DECISIONS: dict[tuple[Pointer | None, Sender, bool], Thread] = {
    ("token", "participant", True): Thread(joins=True),
    ("token", "participant", False): Thread(joins=True, review="unproven"),
    ("token", "colleague", True): Thread(joins=True, new_person=True),
    ("token", "colleague", False): Thread(joins=True, new_person=True, review="unproven"),
    ("token", "stranger", True): Thread(joins=False, linked=True, review="stranger"),
    ("token", "stranger", False): Thread(joins=False, linked=True, review="stranger"),
    ("reference", "participant", True): Thread(joins=True),
    ("reference", "participant", False): Thread(joins=False, linked=True, review="unproven"),
    ("reference", "colleague", True): Thread(joins=True, new_person=True),
    ("reference", "colleague", False): Thread(joins=False, linked=True, review="unproven"),
    ("reference", "stranger", True): Thread(joins=False),
    ("reference", "stranger", False): Thread(joins=False),
}


@pytest.mark.parametrize(("evidence", "thread"), DECISIONS.items())
def test_what_names_a_ticket_and_who_sends_decide_where_a_mail_goes(
    evidence: tuple[Pointer | None, Sender, bool], thread: Thread
) -> None:
    assert mail.thread(Evidence(*evidence)) == thread


def test_a_mail_that_names_no_ticket_opens_one() -> None:
    for sender, proven in product(get_args(Sender), (True, False)):
        assert mail.thread(Evidence(None, sender, proven)) == Thread(joins=False)


def test_a_stranger_is_in_no_ticket_whatever_they_hold() -> None:
    for pointer, proven in product((None, *get_args(Pointer)), (True, False)):
        decided = mail.thread(Evidence(pointer, "stranger", proven))
        assert not decided.joins and not decided.new_person


def test_a_mail_came_when_its_server_took_it_and_never_after_the_poll() -> None:
    early, late = POLLED - timedelta(days=3), POLLED + timedelta(hours=1)
    assert [mail.received(said, POLLED) for said in (early, POLLED, late)] == [early, POLLED, POLLED]


def test_an_old_mail_was_moved_in_only_when_nothing_had_been_missed() -> None:
    hour = POLLED - timedelta(hours=1)
    assert not mail.moved_in(hour, POLLED, current=True)
    assert mail.moved_in(hour - timedelta(seconds=1), POLLED, current=True)
    assert not mail.moved_in(hour - timedelta(days=9), POLLED, current=False)


@pytest.mark.parametrize(
    ("received", "starts"),
    [
        ("2026-03-06T15:59:59+00:00", "2026-03-06T15:59:59+00:00"),
        ("2026-03-06T16:00:00+00:00", "2026-03-09T08:00:00+00:00"),  # Friday 17:00 in Bratislava
        ("2026-03-27T16:30:00+00:00", "2026-03-30T07:00:00+00:00"),  # summer time begins between them
        ("2026-03-09T09:00:00+01:00", "2026-03-09T08:00:00+00:00"),
    ],
)
def test_the_clock_of_a_mail_starts_at_the_next_opening(received: str, starts: str) -> None:
    found = mail.starts(datetime.fromisoformat(received), OFFICE)
    assert found == datetime.fromisoformat(starts)
    assert found is not None and found.utcoffset() == timedelta(0)


def test_a_calendar_that_opens_no_more_starts_no_clock() -> None:
    assert mail.starts(POLLED, Calendar("UTC", {})) is None


def test_the_desk_itself_answers_only_known_senders_and_few_times() -> None:
    assert mail.acknowledges(True, mail.MOST_ACKNOWLEDGED - 1)
    assert not mail.acknowledges(True, mail.MOST_ACKNOWLEDGED)
    assert not mail.acknowledges(False, 0)
