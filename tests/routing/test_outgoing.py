"""When a mail is tried again, what goes by mail, and what several recipients are together."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from routing.outgoing import LATE, UNDER_WAY, State, asks_first, goes_by_mail, overall, pause


def test_pauses_double_up_to_an_hour_however_often_it_was_tried() -> None:
    seconds = [pause(attempts).total_seconds() for attempts in (0, 1, 2, 3, 7, 8, 9, 10_000)]
    assert seconds == [30, 30, 60, 120, 1920, 3600, 3600, 3600]


def test_who_answers_is_told_before_the_tries_have_lasted_for_long() -> None:
    tries = sum((pause(attempts) for attempts in range(1, 6)), timedelta())
    assert tries > LATE > tries / 2


@pytest.mark.parametrize(
    ("in_chat", "came_by", "by_mail"),
    [(False, "mail", True), (True, "mail", False), (False, "chat", False), (False, None, False)],
)
def test_only_an_answer_outside_a_chat_to_words_that_came_as_mail_leaves_as_one(
    in_chat: bool, came_by: str | None, by_mail: bool
) -> None:
    assert goes_by_mail(in_chat=in_chat, came_by=came_by) is by_mail


def test_a_mail_is_what_most_needs_to_be_known_of_its_recipients() -> None:
    assert overall(["accepted", "bounced", "deferred"]) == "bounced"
    assert overall(["accepted"], ["bounced", "deferred"]) == "deferred"
    assert overall(["accepted"], ["bounced", "accepted"]) == "accepted", "who wrote has the answer"
    assert overall(["bounced"], ["deferred"]) == overall([], ["bounced"]) == "bounced"
    assert overall(["accepted", "deferred", "ambiguous"]) == "ambiguous"
    assert overall(["accepted", "accepted"]) == "accepted"
    assert overall(["withdrawn", "accepted"]) == "accepted"
    for state in get_args(State):
        assert overall([state]) == state
        assert overall([state, "accepted"]) in (state, "accepted")
        if state in UNDER_WAY:
            assert overall([state, "accepted"]) == state
    with pytest.raises(ValueError):
        overall([])


@pytest.mark.parametrize(
    ("severity", "asked", "urgent", "asks"),
    [
        (1, None, False, True), (2, None, False, True), (3, 1, True, False), (5, None, True, False),
        (None, None, False, False), (None, None, True, True), (None, 2, False, True), (None, 3, False, False),
    ],
)  # fmt: skip
def test_a_person_is_asked_where_the_severity_is_1_or_2_and_while_it_is_unset_where_they_say_so(
    severity: int | None, asked: int | None, urgent: bool, asks: bool
) -> None:
    for kind in ("reply", "unread"):
        assert asks_first(kind, severity, asked, urgent=urgent) is asks
    assert asks_first("ack", severity, asked, urgent=urgent) is False
