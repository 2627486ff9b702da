"""The life of a chat: every move, every move that does not fit, and the invariant."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from routing import chat
from routing.chat import Chat, Ring
from routing.errors import Conflict, Taken

PRESS = datetime(2026, 3, 4, 9, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
RING = Ring("nora", "ring-1", PRESS + chat.RING)

WAITING = chat.pressed(PRESS)
RINGING = chat.decided_ring(WAITING, RING, "named")
LIVE = chat.accepted(RINGING, "ring-1", PRESS + timedelta(seconds=5))
GRACE = chat.agent_lost(LIVE, "nora", PRESS + timedelta(minutes=1))
ENDED = chat.left(LIVE)
ALL = (WAITING, RINGING, LIVE, GRACE, ENDED)
LATE = PRESS + timedelta(days=1)


def test_each_state_is_reached_and_keeps_the_invariant() -> None:
    assert [one.state for one in ALL] == ["waiting", "ringing", "live", "grace", "ended"]
    assert [chat.broken(one, present={"nora"}) for one in ALL] == [None] * 5


def test_the_shipped_spans_are_those_of_the_design() -> None:
    spans = (chat.RING, chat.GRACE, chat.CONTACT_GONE, chat.SILENCE, chat.FORGIVE, chat.UNREAD_MAIL)
    assert [span.total_seconds() for span in spans] == [25, 30, 120, 1800, 60, 60]
    assert [span.total_seconds() for span in (chat.REOPEN, chat.SAME_TICKET)] == [14 * 86400, 86400]


# Decisions ------------------------------------------------------------------------------------------------------------


def test_a_decision_rings_an_agent() -> None:
    assert (RINGING.ring, RINGING.step, RINGING.waiting_since) == (RING, "named", PRESS)


def test_an_agent_who_was_tried_is_not_rung_again_in_this_round() -> None:
    declined = chat.declined(RINGING, "ring-1")
    with pytest.raises(Conflict):
        chat.decided_ring(declined, RING, "named")


def test_an_automatic_answer_makes_the_chat_live_at_once() -> None:
    live = chat.auto_answered(WAITING, "nora", "named", PRESS)
    assert (live.state, live.serving, live.step, live.ring) == ("live", "nora", "named", None)


def test_the_tried_are_forgiven_a_minute_after_the_first_decision_to_queue() -> None:
    queued = chat.decided_queue(chat.declined(RINGING, "ring-1"), PRESS)
    again = chat.decided_queue(queued, PRESS + chat.FORGIVE / 2)
    assert again.forgiven_at == PRESS + chat.FORGIVE
    with pytest.raises(Conflict):
        chat.forgiven(again, PRESS + chat.FORGIVE - INSTANT)
    forgiven = chat.forgiven(again, PRESS + chat.FORGIVE)
    assert (forgiven.tried, forgiven.forgiven_at, forgiven.state) == (frozenset(), None, "waiting")


def test_with_nobody_tried_there_is_nobody_to_forgive() -> None:
    queued = chat.decided_queue(WAITING, PRESS)
    assert queued.forgiven_at is None
    with pytest.raises(Conflict):
        chat.forgiven(queued, LATE)


# The ring -------------------------------------------------------------------------------------------------------------


def test_accepting_makes_the_chat_live_and_ends_the_round() -> None:
    assert (LIVE.serving, LIVE.ring, LIVE.tried, LIVE.step) == ("nora", None, frozenset(), "named")
    assert LIVE.served_at == PRESS + timedelta(seconds=5)


@pytest.mark.parametrize(
    "move",
    [
        lambda: chat.declined(RINGING, "ring-1"),
        lambda: chat.timed_out(RINGING, "ring-1", RING.expires_at),
    ],
)
def test_declining_and_letting_it_ring_put_the_agent_among_the_tried(move: Callable[[], Chat]) -> None:
    after = move()
    assert (after.state, after.ring, after.tried, after.waiting_since) == ("waiting", None, frozenset({"nora"}), PRESS)


def test_a_ring_does_not_time_out_early() -> None:
    with pytest.raises(Conflict):
        chat.timed_out(RINGING, "ring-1", RING.expires_at - INSTANT)


def test_a_ring_that_is_given_up_blames_nobody() -> None:
    assert chat.given_up(RINGING, "ring-1") == WAITING


@pytest.mark.parametrize("one", ALL)
@pytest.mark.parametrize(
    "move",
    [
        lambda one: chat.accepted(one, "ring-0", PRESS),
        lambda one: chat.declined(one, "ring-0"),
        lambda one: chat.timed_out(one, "ring-0", LATE),
        lambda one: chat.given_up(one, "ring-0"),
    ],
)
def test_a_ring_that_is_over_is_taken(one: Chat, move: Callable[[Chat], Chat]) -> None:
    with pytest.raises(Taken):
        move(one)


# The agent ------------------------------------------------------------------------------------------------------------


def test_a_live_chat_waits_in_grace_for_an_agent_who_is_gone() -> None:
    assert (GRACE.serving, GRACE.grace_until) == ("nora", PRESS + timedelta(minutes=1) + chat.GRACE)


def test_the_ring_of_an_agent_who_is_gone_is_given_up() -> None:
    assert chat.agent_lost(RINGING, "nora", PRESS) == WAITING


@pytest.mark.parametrize("one", [WAITING, GRACE, ENDED])
def test_an_agent_is_lost_only_where_they_serve_or_are_rung(one: Chat) -> None:
    with pytest.raises(Conflict):
        chat.agent_lost(one, "nora", PRESS)


@pytest.mark.parametrize("one", [RINGING, LIVE])
def test_another_agents_loss_touches_no_chat(one: Chat) -> None:
    with pytest.raises(Conflict):
        chat.agent_lost(one, "sam", PRESS)


def test_an_agent_who_is_back_in_time_goes_on() -> None:
    assert chat.agent_back(GRACE, "nora") == LIVE
    with pytest.raises(Conflict):
        chat.agent_back(GRACE, "sam")


def test_after_the_grace_the_chat_waits_with_the_place_of_the_press() -> None:
    with pytest.raises(Conflict):
        chat.grace_over(GRACE, PRESS + timedelta(minutes=1))
    waiting = chat.grace_over(GRACE, PRESS + timedelta(minutes=1) + chat.GRACE)
    assert (waiting.state, waiting.serving, waiting.grace_until, waiting.waiting_since) == (
        "waiting",
        None,
        None,
        PRESS,
    )


@pytest.mark.parametrize("one", [LIVE, GRACE])
def test_an_agent_who_leaves_is_not_asked_again_in_this_round(one: Chat) -> None:
    left = chat.agent_left(one, "nora")
    assert (left.state, left.serving, left.tried) == ("waiting", None, frozenset({"nora"}))


@pytest.mark.parametrize("one", [LIVE, GRACE])
def test_the_receiver_of_a_transfer_serves(one: Chat) -> None:
    handed = chat.handed_over(one, "nora", "tess", "technical", LATE)
    assert (handed.state, handed.serving, handed.served_at) == ("live", "tess", LATE)
    with pytest.raises(Conflict):
        chat.handed_over(one, "sam", "tess", "technical", LATE)


@pytest.mark.parametrize("one", [WAITING, RINGING, LIVE, GRACE])
def test_a_lead_gives_any_chat_to_an_agent(one: Chat) -> None:
    taken = chat.taken_over(one, "pia", None, LATE)
    assert (taken.state, taken.serving, chat.broken(taken)) == ("live", "pia", None)


# The contact ----------------------------------------------------------------------------------------------------------


def test_a_waiting_chat_ends_when_the_contact_is_gone_for_two_minutes() -> None:
    gone = chat.contact_away(chat.contact_away(WAITING, PRESS), PRESS + timedelta(minutes=1))
    with pytest.raises(Conflict):
        chat.contact_gone(gone, PRESS + chat.CONTACT_GONE - INSTANT)
    ended = chat.contact_gone(gone, PRESS + chat.CONTACT_GONE)
    assert (ended.state, ended.ended_because) == ("ended", "contact_gone")


def test_a_contact_who_is_back_keeps_waiting() -> None:
    with pytest.raises(Conflict):
        chat.contact_gone(chat.contact_here(chat.contact_away(WAITING, PRESS)), LATE)


@pytest.mark.parametrize("one", [LIVE, GRACE])
def test_a_served_chat_does_not_end_because_the_contact_is_gone(one: Chat) -> None:
    with pytest.raises(Conflict):
        chat.contact_gone(chat.contact_away(one, PRESS), LATE)


def test_a_served_chat_ends_after_half_an_hour_of_silence_since_the_answer_or_the_last_word() -> None:
    answered = PRESS + timedelta(seconds=5)
    word = answered + timedelta(minutes=10)
    assert chat.silent_at(LIVE) == answered + chat.SILENCE
    spoken = replace(LIVE, said_at=word)
    with pytest.raises(Conflict):
        chat.silent_too_long(spoken, answered + chat.SILENCE)
    assert chat.silent_too_long(spoken, word + chat.SILENCE).ended_because == "silence"


def test_silence_is_measured_from_the_last_word_where_nobody_has_answered() -> None:
    assert chat.silent_at(WAITING) == PRESS + chat.SILENCE


@pytest.mark.parametrize("one", [WAITING, RINGING, LIVE, GRACE])
def test_the_contact_may_leave_at_any_time(one: Chat) -> None:
    left = chat.left(one)
    assert (left.state, left.ended_because, left.ring, left.grace_until) == ("ended", "left", None, None)


# Wrong moves ----------------------------------------------------------------------------------------------------------

_FITS: list[tuple[Callable[[Chat], Chat], set[str]]] = [
    (lambda one: chat.decided_ring(one, RING, "named"), {"waiting"}),
    (lambda one: chat.auto_answered(one, "nora", "named", LATE), {"waiting"}),
    (lambda one: chat.decided_queue(one, LATE), {"waiting"}),
    (lambda one: chat.forgiven(replace(one, forgiven_at=PRESS), LATE), {"waiting", "ringing"}),
    (lambda one: chat.agent_back(one, "nora"), {"grace"}),
    (lambda one: chat.grace_over(one, LATE), {"grace"}),
    (lambda one: chat.agent_left(one, "nora"), {"live", "grace"}),
    (lambda one: chat.handed_over(one, "nora", "sam", None, LATE), {"live", "grace"}),
    (lambda one: chat.contact_gone(replace(one, gone_since=PRESS), LATE), {"waiting", "ringing"}),
    (lambda one: chat.silent_too_long(one, LATE), {"live", "grace"}),
    (lambda one: chat.taken_over(one, "sam", None, LATE), {"waiting", "ringing", "live", "grace"}),
    (lambda one: chat.contact_away(one, LATE), {"waiting", "ringing", "live", "grace"}),
    (lambda one: chat.contact_here(one), {"waiting", "ringing", "live", "grace"}),
    (lambda one: chat.ended(one, "solved"), {"waiting", "ringing", "live", "grace"}),
]


@pytest.mark.parametrize("one", ALL)
@pytest.mark.parametrize(("move", "fits"), _FITS)
def test_a_move_that_does_not_fit_the_state_is_a_conflict(
    one: Chat, move: Callable[[Chat], Chat], fits: set[str]
) -> None:
    if one.state in fits:
        assert chat.broken(move(one)) is None
    else:
        with pytest.raises(Conflict):
            move(one)


# The invariant --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (replace(WAITING, ring=RING), "a chat that is waiting has a serve ring"),
        (replace(RINGING, ring=None), "a chat that is ringing has no serve ring"),
        (replace(WAITING, serving="nora"), "a chat that is waiting has a serving agent"),
        (replace(LIVE, serving=None), "a chat that is live has no serving agent"),
        (replace(LIVE, grace_until=PRESS), "a chat that is live has a grace"),
        (replace(GRACE, grace_until=None), "a chat that is grace has no grace"),
        (replace(RINGING, tried=frozenset({"nora"})), "an agent is rung who was already tried in this round"),
        (replace(ENDED, ring=RING), "an ended chat still rings or is in grace"),
        (replace(ENDED, grace_until=PRESS), "an ended chat still rings or is in grace"),
    ],
)
def test_a_chat_that_breaks_the_invariant_is_named(one: Chat, words: str) -> None:
    assert chat.broken(one) == words


def test_a_live_chat_whose_agent_is_not_present_breaks_the_invariant() -> None:
    assert chat.broken(LIVE) is None
    assert chat.broken(LIVE, present={"sam"}) == "the serving agent of a live chat is not present"
