"""The choice: steps, who can be rung and why not, their order, the queue and its alarm, and the button's promise."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from routing import choose
from routing.choose import Absence, Candidate, Decision, Line, Promise, Request, Skipped
from routing.entitlement import AddOn
from routing.hours import Calendar

DESK = Calendar("Europe/Bratislava", {weekday: ((time(9), time(17)),) for weekday in range(5)})
IN_HOURS = datetime(2026, 3, 4, 9, tzinfo=UTC)
CLOSING = datetime(2026, 3, 4, 16, tzinfo=UTC)
EVENING = datetime(2026, 3, 4, 20, tzinfo=UTC)
OPENING = datetime(2026, 3, 5, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOLD = AddOn(datetime(2026, 1, 1, tzinfo=UTC))


def agent(id: str, *teams: str, load: int = 0, capacity: int = 3, language: str = "en") -> Candidate:
    return Candidate(id, teams, "available", load, capacity, languages=(language,))


NORA = agent("nora", "dedicated")
SAM = agent("sam", "dedicated")
TESS = agent("tess", "technical")
PIA = agent("pia", "pool")
CAST = [NORA, SAM, TESS, PIA]
LINE = Line(SOLD, "open", "nora", ("sam",))
PLAIN = Request(identity="verified")


def having(*changed: Candidate) -> list[Candidate]:
    """The cast with some of them changed."""
    by_id = {one.id: one for one in changed}
    return [by_id.pop(one.id, one) for one in CAST] + list(by_id.values())


def off(one: Candidate) -> Candidate:
    return replace(one, status="offline")


def decide(agents: list[Candidate], request: Request = PLAIN, now: datetime = IN_HOURS, line: Line = LINE) -> Decision:
    return choose.decide(now, DESK, line, agents, request)


def rung(decision: Decision) -> tuple[str | None, str | None]:
    return decision.agent, decision.step


# Steps ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "technical", "steps"),
    [
        (None, False, ("named", "stand_in", "pool")),
        (3, False, ("named", "stand_in", "pool")),
        (2, False, ("named", "stand_in", "technical", "pool")),
        (1, False, ("named", "stand_in", "technical", "pool")),
        (1, True, ("technical", "named", "stand_in", "pool")),
    ],
)
def test_the_steps_follow_the_table(severity: int | None, technical: bool, steps: tuple[str, ...]) -> None:
    assert decide(CAST, replace(PLAIN, severity=severity, technical=technical)).steps == steps


def test_out_of_hours_there_is_only_the_pool() -> None:
    decision = decide(CAST, now=EVENING)
    assert (decision.steps, rung(decision), decision.dedicated, decision.because) == (
        ("pool",), ("pia", "pool"), False, "closed",
    )  # fmt: skip


def test_in_hours_the_named_agent_rings() -> None:
    assert decide(CAST) == Decision(
        "ring", "nora", "named", True, "open", (), ("named", "stand_in", "pool"), False
    )  # fmt: skip
    assert decide(CAST).reason == "In office hours with the dedicated service: the named agent rings."


def test_stand_ins_keep_the_customers_order() -> None:
    line = replace(LINE, stand_ins=("zoe", "sam"))
    assert rung(decide(having(off(NORA), agent("zoe")), line=line)) == ("zoe", "stand_in")


def test_without_a_named_agent_the_stand_ins_come_first() -> None:
    assert rung(decide(CAST, line=replace(LINE, named=None))) == ("sam", "stand_in")


def test_technical_agents_are_not_disturbed_by_severity_three() -> None:
    assert rung(decide(having(off(NORA), off(SAM)))) == ("pia", "pool")


def test_agents_may_come_as_a_mapping() -> None:
    assert choose.decide(IN_HOURS, DESK, LINE, {one.id: one for one in CAST}, PLAIN).agent == "nora"


# Who can be rung ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nora", "reason"),
    [
        (replace(NORA, absences=(Absence(IN_HOURS, IN_HOURS + HOUR),), status="offline"), "absent"),
        (replace(NORA, status="offline", in_call=True), "offline"),
        (replace(NORA, status="away", in_call=True), "away"),
        (replace(NORA, in_call=True, load=3), "in_call"),
        (replace(NORA, load=3), "full"),
        (replace(NORA, load=9), "full"),
        (replace(NORA, capacity=0), "full"),
    ],
)
def test_the_first_reason_that_applies_is_recorded(nora: Candidate, reason: str) -> None:
    decision = decide(having(nora))
    assert rung(decision) == ("sam", "stand_in")
    assert [(skip.agent, skip.step, skip.reason) for skip in decision.skipped] == [("nora", "named", reason)]


def test_an_agent_who_is_not_known_any_more_is_passed_over() -> None:
    assert decide(CAST, line=replace(LINE, named="gone")).skipped == (Skipped("gone", "named", "unknown"),)


def test_who_was_tried_in_this_round_is_not_asked_again() -> None:
    away = replace(NORA, status="away")
    assert decide(having(away), replace(PLAIN, tried=frozenset({"nora"}))).skipped[0].reason == "tried"


@pytest.mark.parametrize(("since", "until"), [(-HOUR, timedelta(0)), (timedelta(microseconds=1), HOUR)])
def test_an_absence_lasts_from_its_start_to_just_before_its_end(since: timedelta, until: timedelta) -> None:
    nora = replace(NORA, absences=(Absence(IN_HOURS + since, IN_HOURS + until),))
    assert decide(having(nora)).agent == "nora"


def test_severity_one_takes_the_named_agent_one_over_capacity_and_nobody_else() -> None:
    critical = replace(PLAIN, severity=1)
    assert decide(having(replace(NORA, load=3)), critical).agent == "nora"
    assert decide(having(replace(NORA, load=4)), critical).agent == "sam"
    assert decide(having(replace(NORA, capacity=0)), critical).agent == "sam"
    assert decide(having(off(NORA), replace(SAM, load=3)), critical).agent == "tess"
    assert decide(having(replace(NORA, load=3)), replace(PLAIN, severity=2)).agent == "sam"


def test_reserved_places_are_kept_from_the_pool_only() -> None:
    assert decide(having(replace(NORA, load=2, reserved=1))).agent == "nora"
    assert decide(having(replace(PIA, load=2, reserved=1)), now=EVENING).action == "queue"


def test_an_agent_is_judged_once_at_the_first_step_that_lists_them() -> None:
    nora = replace(NORA, teams=("dedicated", "pool", "technical"), load=3)
    line = replace(LINE, stand_ins=("nora", "sam", "sam"))
    decision = decide(having(nora, off(SAM), off(TESS), off(PIA)), replace(PLAIN, severity=2), line=line)
    assert [(skip.agent, skip.step) for skip in decision.skipped] == [
        ("nora", "named"), ("sam", "stand_in"), ("tess", "technical"), ("pia", "pool"),
    ]  # fmt: skip


# The order within a team ----------------------------------------------------------------------------------------------


def test_the_contacts_language_comes_before_load() -> None:
    assert decide([agent("a", "pool", language="sk"), agent("b", "pool", load=2)], now=EVENING).agent == "b"


def test_the_smaller_share_of_capacity_comes_before_the_smaller_load() -> None:
    assert (
        decide([agent("a", "pool", load=1, capacity=2), agent("b", "pool", load=2, capacity=5)], now=EVENING).agent
        == "b"
    )


def test_at_the_same_share_the_longest_since_an_offer_and_never_offered_first() -> None:
    third = replace(agent("a", "pool", load=1), last_offered_at=EVENING - HOUR)
    second = replace(agent("b", "pool", load=2, capacity=6), last_offered_at=EVENING - 2 * HOUR)
    first = agent("c", "pool", load=1)
    assert decide([third, second, first], now=EVENING).agent == "c"
    assert decide([third, second], now=EVENING).agent == "b"


def test_the_id_decides_last() -> None:
    assert decide([agent("b", "pool"), agent("a", "pool")], now=EVENING).agent == "a"


def test_an_agent_without_capacity_comes_last() -> None:
    decision = decide([agent("a", "pool", capacity=0), agent("b", "pool", load=3)], now=EVENING)
    assert [skip.agent for skip in decision.skipped] == ["b", "a"]


def test_for_advanced_support_the_pool_asks_its_technical_agents_first() -> None:
    pool = [agent("a", "pool"), agent("b", "pool", "technical", load=2, language="sk")]
    assert decide(pool, replace(PLAIN, technical=True), EVENING).agent == "b"
    assert decide(pool, now=EVENING).agent == "a"


# The queue ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pia", "alarm"),
    [
        (off(PIA), True),
        (replace(PIA, status="away"), True),
        (replace(PIA, load=3), False),
        (replace(PIA, in_call=True), False),
    ],
)
def test_the_alarm_is_raised_when_nobody_was_even_there(pia: Candidate, alarm: bool) -> None:
    decision = decide(having(pia), now=EVENING)
    assert (decision.action, decision.agent, decision.step, decision.alarm) == ("queue", None, None, alarm)


def test_a_desk_without_agents_raises_the_alarm() -> None:
    assert decide([], now=EVENING).alarm is True


def test_a_walk_of_the_queue_judges_only_the_freed_and_raises_no_alarm() -> None:
    walk = choose.decide(IN_HOURS, DESK, LINE, CAST, PLAIN, only=frozenset({"sam"}))
    assert (rung(walk), walk.skipped) == (("sam", "stand_in"), ())
    nobody = choose.decide(IN_HOURS, DESK, LINE, having(off(SAM)), PLAIN, only=frozenset({"sam"}))
    assert (nobody.action, nobody.alarm) == ("queue", False)


NAMED_GONE = "the named agent is not known any more"
STAND_IN_GONE = "a stand-in is not known any more"


@pytest.mark.parametrize(
    ("agents", "reason"),
    [
        (having(off(NORA)), "the named agent is offline; a stand-in rings."),
        ([replace(NORA, load=3)], f"the named agent is full; {STAND_IN_GONE}; nobody is free, so the chat waits."),
        ([], f"{NAMED_GONE}; {STAND_IN_GONE}; nobody is there, so the chat waits and the lead is alerted."),
    ],
)
def test_the_reason_is_one_sentence(agents: list[Candidate], reason: str) -> None:
    assert decide(agents).reason == f"In office hours with the dedicated service: {reason}"


# The promise ----------------------------------------------------------------------------------------------------------


def promise(agents: list[Candidate], now: datetime = IN_HOURS, line: Line = LINE) -> Promise:
    return choose.promise(now, DESK, line, agents, PLAIN)


def test_the_button_names_who_is_here_until_closing() -> None:
    assert promise(CAST) == Promise("named_here", "open", "named", "nora", CLOSING, None, CLOSING)


def test_the_button_names_who_covers_until_the_named_agent_may_be_back() -> None:
    nora = replace(NORA, absences=(Absence(IN_HOURS - HOUR, IN_HOURS + HOUR),))
    assert promise(having(nora)) == Promise("stand_in", "open", "stand_in", "sam", CLOSING, None, IN_HOURS + HOUR)


def test_the_promise_ends_when_the_agent_goes_absent() -> None:
    nora = replace(NORA, absences=(Absence(IN_HOURS + HOUR, CLOSING),))
    assert promise(having(nora)).until == IN_HOURS + HOUR


def test_the_promise_ends_with_the_agents_own_hours_and_another_holds_until_they_begin_again() -> None:
    shift = Calendar(
        "Europe/Bratislava", {weekday: ((time(9), time(11)), (time(12), time(17))) for weekday in range(5)}
    )
    nora = having(replace(NORA, hours=shift))
    assert promise(nora) == Promise("named_here", "open", "named", "nora", IN_HOURS + HOUR, None, IN_HOURS + HOUR)
    off, again = IN_HOURS + HOUR, IN_HOURS + 2 * HOUR
    assert promise(nora, off) == Promise("stand_in", "open", "stand_in", "sam", CLOSING, None, again)
    assert decide(nora, now=off).skipped == (Skipped("nora", "named", "absent"),)
    never = having(replace(NORA, hours=Calendar("UTC", {})))
    assert promise(never).valid_until == CLOSING


def test_a_promise_is_never_valid_until_now() -> None:
    pia = replace(PIA, absences=(Absence(IN_HOURS, CLOSING + HOUR), Absence(IN_HOURS - HOUR, IN_HOURS)))
    assert promise(having(pia)).valid_until == CLOSING


def test_the_promise_ends_with_the_add_on() -> None:
    end = IN_HOURS + HOUR
    assert promise(CAST, line=replace(LINE, add_on=AddOn(SOLD.since, end))).until == end


def test_in_hours_the_pool_covers() -> None:
    assert promise(having(off(NORA), off(SAM))) == Promise(
        "pool_in_hours", "open", "pool", "pia", CLOSING, None, CLOSING
    )  # fmt: skip


def test_out_of_hours_the_button_says_when_the_office_opens() -> None:
    assert promise(CAST, EVENING) == Promise("pool_out_of_hours", "closed", "pool", "pia", None, OPENING, OPENING)


def test_without_the_add_on_the_button_promises_the_pool_and_no_opening() -> None:
    assert promise(CAST, line=replace(LINE, add_on=None)) == Promise(
        "pool_other", "not_entitled", "pool", "pia", None, None, None
    )  # fmt: skip


def test_when_all_are_busy_the_promise_names_nobody() -> None:
    busy = having(off(NORA), off(SAM), replace(PIA, load=3))
    assert promise(busy) == Promise("pool_in_hours", "open", None, None, CLOSING, None, CLOSING)


def test_when_nobody_is_there_the_button_takes_a_message() -> None:
    assert promise([], EVENING).label == "message_only"


def test_of_those_who_are_planned_the_first_is_named() -> None:
    away = replace(NORA, absences=(Absence(EVENING, OPENING + HOUR),))
    cast = {one.id: one for one in having(away)}
    assert choose.planned(("nora", "sam"), cast, OPENING) == "sam"
    assert choose.planned(("nora", "sam"), cast, OPENING + HOUR) == "nora"
    assert choose.planned(("gone",), cast, OPENING) is None
