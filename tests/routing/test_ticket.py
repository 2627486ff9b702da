"""Tickets: severity asked and given, status by reply, by hand and by time, reopening."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from routing import ticket
from routing.errors import BadRequest, Closed, Conflict, DeskError, Forbidden
from routing.ticket import Next, Severity, Status

SOLVED = datetime(2026, 3, 4, 9, tzinfo=UTC)
LAST = SOLVED + timedelta(days=14)
INSTANT = timedelta(microseconds=1)
OPEN_ENDED: tuple[Status, ...] = ("new", "open", "waiting", "solved")


def test_a_verified_contact_sets_the_severity_and_an_unverified_one_asks_for_it() -> None:
    assert ticket.severity_at_press(1, verified=True) == Severity(1, None)
    assert ticket.severity_at_press(1, verified=False) == Severity(None, 1)
    assert ticket.severity_at_press(None, verified=False) == Severity(None, None)


def test_an_unset_severity_counts_as_three() -> None:
    assert [ticket.effective_severity(value) for value in (None, 1, 5)] == [3, 1, 5]


@pytest.mark.parametrize("value", [0, 6, -1])
def test_a_severity_outside_one_to_five_is_refused(value: int) -> None:
    with pytest.raises(BadRequest):
        ticket.severity_at_press(value, verified=True)


def test_severity_one_and_two_keep_the_ball_with_the_desk_by_default() -> None:
    assert [ticket.default_next(value) for value in (1, 2, 3, 4, 5, None)] == [
        "desk", "desk", "customer", "customer", "customer", "customer",
    ]  # fmt: skip


def test_the_first_accept_opens_a_new_ticket_and_leaves_others_as_they_are() -> None:
    assert [ticket.accepted(status) for status in OPEN_ENDED] == ["open", "open", "waiting", "solved"]


@pytest.mark.parametrize("status", OPEN_ENDED)
@pytest.mark.parametrize(("next", "after"), [("customer", "waiting"), ("desk", "open"), ("solved", "solved")])
def test_a_reply_says_who_has_the_ball(status: Status, next: Next, after: Status) -> None:
    assert ticket.answered(status, next) == after


def test_a_contacts_message_opens_what_waited_or_was_solved() -> None:
    assert [ticket.contact_wrote(status) for status in OPEN_ENDED] == ["new", "open", "open", "open"]


@pytest.mark.parametrize(
    ("status", "now", "landing"),
    [
        ("open", LAST + timedelta(days=99), "same"),
        ("solved", SOLVED, "same"),
        ("solved", LAST, "same"),
        ("solved", LAST + INSTANT, "linked"),
        ("closed", SOLVED, "linked"),
    ],
)
def test_a_message_reopens_for_fourteen_days_and_lands_in_a_linked_ticket_later(
    status: Status, now: datetime, landing: str
) -> None:
    assert ticket.landing(status, SOLVED, now) == landing


def test_a_solved_ticket_without_its_instant_is_reopened() -> None:
    assert ticket.landing("solved", None, LAST + INSTANT) == "same"


@pytest.mark.parametrize("wanted", ["open", "waiting", "solved"])
def test_agents_and_leads_set_open_waiting_and_solved(wanted: Status) -> None:
    assert ticket.set_by_agent("open", wanted) == wanted
    assert ticket.set_by_lead("solved", wanted) == wanted


def test_only_a_lead_closes_by_hand() -> None:
    assert ticket.set_by_lead("open", "closed") == "closed"
    with pytest.raises(Forbidden):
        ticket.set_by_agent("open", "closed")


def test_nobody_makes_a_ticket_new_again() -> None:
    with pytest.raises(BadRequest):
        ticket.set_by_agent("open", "new")
    with pytest.raises(BadRequest):
        ticket.set_by_lead("open", "new")


def test_a_solved_ticket_is_closed_as_soon_as_no_message_can_reopen_it() -> None:
    assert ticket.closes_at(SOLVED) == LAST + INSTANT
    assert ticket.closed_by_time("solved", SOLVED, ticket.closes_at(SOLVED)) == "closed"


@pytest.mark.parametrize(("status", "solved_at"), [("solved", SOLVED), ("open", SOLVED), ("solved", None)])
def test_a_ticket_that_is_not_solved_for_long_enough_is_not_closed_by_time(
    status: Status, solved_at: datetime | None
) -> None:
    with pytest.raises(Conflict):
        ticket.closed_by_time(status, solved_at, LAST if status == "solved" else LAST + INSTANT)


def test_a_closed_ticket_stays_closed() -> None:
    moves: tuple[Callable[[], Status], ...] = (
        lambda: ticket.accepted("closed"),
        lambda: ticket.answered("closed", "desk"),
        lambda: ticket.contact_wrote("closed"),
        lambda: ticket.set_by_agent("closed", "open"),
        lambda: ticket.set_by_lead("closed", "open"),
    )
    refusals: list[type[DeskError]] = []
    for move in moves:
        with pytest.raises(DeskError) as refused:
            move()
        refusals.append(refused.type)
    assert refusals == [Closed] * len(moves)
