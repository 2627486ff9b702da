"""The rules against slow references that were written another way: a walk by minutes, brute force, random lives."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, permutations
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing import chat, choose, entitlement, hours, waiting
from routing.chat import Chat, Ring
from routing.choose import Absence, Candidate, Line, Request
from routing.entitlement import AddOn
from routing.hours import Calendar
from routing.waiting import Waiting

MINUTE = timedelta(minutes=1)

# Hours: a walk minute by minute, reading nothing but the wall clock ---------------------------------------------------

ZONES = ["Europe/Bratislava", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"]
CHANGES = [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25)]
CHANGES.append(date(2026, 11, 1))


@st.composite
def intervals(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    marks = sorted(draw(st.lists(st.integers(0, 96), max_size=6, unique=True)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return tuple((_quarter(opening), _quarter(closing)) for opening, closing in pairs)


def _quarter(number: int) -> time:
    return time(number // 4 % 24, number % 4 * 15)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    days = st.sampled_from(CHANGES).flatmap(lambda day: st.integers(-2, 3).map(lambda n: day + timedelta(days=n)))
    return Calendar(
        zone=draw(st.sampled_from(ZONES)),
        weekly=draw(st.dictionaries(st.integers(0, 6), intervals(), max_size=7)),
        holidays=draw(st.frozensets(days, max_size=3)),
        special=draw(st.dictionaries(days, intervals(), max_size=2)),
    )


def instants() -> st.SearchStrategy[datetime]:
    """Whole minutes around the days on which clocks change."""
    near = st.builds(
        lambda day, minute: datetime.combine(day, time(0), UTC) + MINUTE * minute,
        st.sampled_from(CHANGES),
        st.integers(-1600, 3000),
    )
    return near


def walked(calendar: Calendar, at: datetime) -> tuple[bool, str]:
    """What the wall clock says at an instant."""
    wall = at.astimezone(ZoneInfo(calendar.zone))
    shut_day = wall.date() in calendar.holidays
    listed = calendar.special.get(wall.date(), () if shut_day else calendar.weekly.get(wall.weekday(), ()))
    now = wall.hour * 60 + wall.minute
    for opening, closing in listed:
        end = closing.hour * 60 + closing.minute or 1440
        if opening.hour * 60 + opening.minute <= now < end:
            return True, "open"
    return False, "holiday" if shut_day and not calendar.special.get(wall.date()) else "closed"


@settings(max_examples=150, deadline=None)
@given(calendars(), instants(), st.integers(0, 59_999_999))
def test_open_or_not_is_what_the_wall_clock_says(calendar: Calendar, minute: datetime, part: int) -> None:
    at = minute + timedelta(microseconds=part)
    state = hours.state(calendar, at)
    assert (state.open, state.because) == walked(calendar, minute)
    assert hours.is_open(calendar, at) is state.open


@settings(max_examples=150, deadline=None)
@given(calendars(), st.lists(instants(), min_size=2, max_size=12))
def test_what_a_calendar_has_answered_changes_no_later_answer(calendar: Calendar, asked: list[datetime]) -> None:
    near = [minute + MINUTE * number for minute in asked for number in (0, 45, -30, 90)]
    assert [hours.because(calendar, at) for at in near] == [walked(calendar, at)[1] for at in near]


@settings(max_examples=100, deadline=None)
@given(calendars(), instants())
def test_edges_are_where_a_walk_by_minutes_finds_them(calendar: Calendar, start: datetime) -> None:
    state = hours.state(calendar, start)
    edge, opening, closing = (
        hours.next_edge(calendar, start),
        hours.next_opening(calendar, start),
        hours.next_closing(calendar, start),
    )
    before = walked(calendar, start)
    found_opening = start if before[0] else None
    found_closing = found_edge = None
    for number in range(1, 2880):
        at = start + MINUTE * number
        here = walked(calendar, at)
        if here != before and found_edge is None:
            found_edge = at
        if here[0] and found_opening is None:
            found_opening = at
        elif not here[0] and found_opening is not None and found_closing is None:
            found_closing = at
            break
    end = start + MINUTE * 2879
    assert _until(edge, end) == found_edge
    assert _until(opening, end) == found_opening
    assert _until(closing, end) == found_closing
    assert state.until == (closing if state.open else None)
    assert state.next_opening == (None if state.open else opening)


def _until(instant: datetime | None, end: datetime) -> datetime | None:
    """Only what the walk could have come to."""
    return instant if instant is not None and instant <= end else None


@settings(max_examples=100, deadline=None)
@given(calendars())
def test_a_calendar_survives_its_document(calendar: Calendar) -> None:
    assert Calendar.from_json(calendar.to_json()) == calendar


# Entitlement ----------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    calendars(),
    instants(),
    st.none()
    | st.builds(lambda since, span: AddOn(since, since + span), instants(), st.timedeltas(MINUTE, MINUTE * 3000)),
    st.sampled_from(["verified", "unverified"]),
    st.sampled_from(["open", "verified"]),
)
def test_entitlement_does_not_change_before_its_next_edge(
    calendar: Calendar,
    start: datetime,
    add_on: AddOn | None,
    identity: entitlement.Identity,
    policy: entitlement.Policy,
) -> None:
    edge = entitlement.edges(start, calendar, add_on, identity, policy)
    now = entitlement.due(start, calendar, add_on, identity, policy)
    last = start + MINUTE * 2880 if edge is None else min(edge, start + MINUTE * 2880) - timedelta(microseconds=1)
    for number in range(8):
        at = start + (last - start) * number / 7
        assert entitlement.due(at, calendar, add_on, identity, policy) == now


# The choice: brute force over all agents ------------------------------------------------------------------------------

DESK = Calendar("Europe/Bratislava", {weekday: ((time(9), time(17)),) for weekday in range(5)})
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
IDS = ["a", "b", "c", "d", "e"]
TEAMS = st.lists(st.sampled_from(["dedicated", "technical", "pool"]), unique=True).map(tuple)
ABSENCES = st.sampled_from(
    [(), (Absence(NOW, NOW + MINUTE),), (Absence(NOW - MINUTE, NOW),), (Absence(NOW - MINUTE, NOW + MINUTE),)]
)
LANGUAGES = st.sampled_from([(), ("en",), ("sk", "en"), ("sk",)])
OFFERS = st.none() | st.integers(0, 3).map(lambda n: NOW - MINUTE * n)


def candidate(id: str) -> st.SearchStrategy[Candidate]:
    return st.builds(
        Candidate,
        id=st.just(id),
        teams=TEAMS,
        status=st.sampled_from(["available", "available", "available", "away", "offline"]),
        load=st.integers(0, 4),
        capacity=st.integers(0, 4),
        reserved=st.integers(0, 1),
        languages=LANGUAGES,
        absences=ABSENCES,
        last_offered_at=OFFERS,
        in_call=st.sampled_from([False, False, False, True]),
    )


AGENTS = st.lists(st.sampled_from(IDS), unique=True).flatmap(lambda ids: st.tuples(*map(candidate, ids)))
LINES = st.builds(
    Line,
    add_on=st.sampled_from([None, AddOn(NOW), AddOn(NOW)]),
    identity_policy=st.sampled_from(["open", "verified"]),
    named=st.none() | st.sampled_from([*IDS, "gone"]),
    stand_ins=st.lists(st.sampled_from([*IDS, "gone"]), max_size=4).map(tuple),
)
REQUESTS = st.builds(
    Request,
    severity=st.none() | st.integers(1, 5),
    technical=st.booleans(),
    identity=st.sampled_from(["verified", "verified", "unverified"]),
    language=st.sampled_from(["en", "sk"]),
    tried=st.frozensets(st.sampled_from(IDS), max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(AGENTS, LINES, REQUESTS, st.none() | st.frozensets(st.sampled_from(IDS)))
def test_the_choice_is_the_best_of_all_by_brute_force(
    agents: tuple[Candidate, ...], line: Line, request: Request, only: frozenset[str] | None
) -> None:
    decision = choose.decide(NOW, DESK, line, agents, request, only)
    judged = list(_judged(agents, line, request, only))
    free = [(id, step) for id, step, hindrance in judged if hindrance is None]
    passed = judged if not free else judged[: [entry[2] for entry in judged].index(None)]
    assert (decision.agent, decision.step) == (free[0] if free else (None, None))
    assert [(skip.agent, skip.step, skip.reason) for skip in decision.skipped] == passed
    nobody = only is None and not free and not {entry[2] for entry in judged} & {"full", "in_call", "tried"}
    assert decision.alarm is nobody


def _judged(
    agents: tuple[Candidate, ...], line: Line, request: Request, only: frozenset[str] | None
) -> Iterator[tuple[str, str, str | None]]:
    """Every agent with the step that lists them first, and what keeps them from being rung."""
    severity = request.severity or 3
    dedicated = line.add_on is not None and (line.identity_policy == "open" or request.identity == "verified")
    table = {
        (False, False): "pool",
        (False, True): "pool",
        (True, True): "technical named stand_in pool",
        (True, False): "named stand_in technical pool" if severity < 3 else "named stand_in pool",
    }
    done = set()
    for step in table[dedicated, request.technical].split():
        if step == "named":
            ids = [line.named] if line.named else []
        elif step == "stand_in":
            ids = list(line.stand_ins)
        else:
            ids = _ordered([one for one in agents if step in one.teams], step, request)
        for id in ids:
            if id not in done and (only is None or id in only):
                done.add(id)
                yield id, step, _hindrance(next((one for one in agents if one.id == id), None), step, severity, request)


def _ordered(team: list[Candidate], step: str, request: Request) -> list[str]:
    """The one order of all possible ones in which no agent stands behind a worse one."""
    for order in permutations(team):
        if all(_better(one, other, step, request) for one, other in pairwise(order)):
            return [one.id for one in order]
    raise AssertionError("no order is right")


def _better(one: Candidate, other: Candidate, step: str, request: Request) -> bool:
    if step == "pool" and request.technical and ("technical" in one.teams) != ("technical" in other.teams):
        return "technical" in one.teams
    elif (request.language in one.languages) != (request.language in other.languages):
        return request.language in one.languages
    elif (one.capacity == 0) != (other.capacity == 0):
        return other.capacity == 0
    elif one.capacity and one.load * other.capacity != other.load * one.capacity:
        return one.load * other.capacity < other.load * one.capacity
    elif one.last_offered_at != other.last_offered_at:
        never = datetime(1970, 1, 1, tzinfo=UTC)
        return (one.last_offered_at or never) < (other.last_offered_at or never)
    else:
        return one.id < other.id


def _hindrance(one: Candidate | None, step: str, severity: int, request: Request) -> str | None:
    if one is None:
        return "unknown"
    extra = {"pool": -one.reserved, "named": 1 if severity == 1 else 0}.get(step, 0)
    reasons = {
        "tried": one.id in request.tried,
        "absent": any(absence.since <= NOW < absence.until for absence in one.absences),
        "offline": one.status == "offline",
        "away": one.status == "away",
        "in_call": one.in_call,
        "full": one.capacity == 0 or one.load >= one.capacity + extra,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


@settings(max_examples=150, deadline=None)
@given(AGENTS, LINES, REQUESTS)
def test_a_promise_tells_what_the_press_decides(agents: tuple[Candidate, ...], line: Line, request: Request) -> None:
    promise = choose.promise(NOW, DESK, line, agents, request)
    decision = choose.decide(NOW, DESK, line, agents, request)
    assert (promise.agent, promise.step, promise.because) == (decision.agent, decision.step, decision.because)
    assert (promise.label == "message_only") is decision.alarm
    assert (promise.until is not None) is decision.dedicated
    assert promise.valid_until is None or promise.valid_until > NOW


# The queue ------------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(
            Waiting,
            id=st.sampled_from("abcdef"),
            severity=st.none() | st.integers(1, 5),
            dedicated=st.booleans(),
            waiting_since=st.integers(0, 2).map(lambda n: NOW + MINUTE * n),
        ),
        unique_by=lambda one: one.id,
    )
)
def test_nobody_stands_behind_one_who_has_less_claim(chats: list[Waiting]) -> None:
    order = waiting.order(chats)
    assert sorted(one.id for one in order) == sorted(one.id for one in chats)
    assert all(_goes_first(one, other) for place, one in enumerate(order) for other in order[place + 1 :])
    assert [waiting.place(chats, one.id) for one in order] == list(range(1, len(order) + 1))


def _goes_first(one: Waiting, other: Waiting) -> bool:
    for urgent in (1, 2):
        if (one.severity == urgent) != (other.severity == urgent):
            return one.severity == urgent
    if one.dedicated != other.dedicated:
        return one.dedicated
    elif one.waiting_since != other.waiting_since:
        return one.waiting_since < other.waiting_since
    else:
        return one.id < other.id


# The life of a chat ---------------------------------------------------------------------------------------------------


class ChatLives(RuleBasedStateMachine):
    """Whatever happens in whatever order, the invariant holds and the place of the press is kept."""

    agents = st.sampled_from(["nora", "sam", "tess"])

    @initialize()
    def press(self) -> None:
        self.now = NOW
        self.rings = 0
        self.chat: Chat = chat.pressed(NOW)

    @property
    def serving(self) -> str:
        assert self.chat.serving is not None
        return self.chat.serving

    @rule(seconds=st.sampled_from([1, 25, 30, 60, 120, 1800]))
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.chat.state == "waiting")
    @rule(agent=agents)
    def decide(self, agent: str) -> None:
        if agent in self.chat.tried:
            self.chat = chat.decided_queue(self.chat, self.now)
        else:
            self.rings += 1
            ring = Ring(agent, f"ring-{self.rings}", self.now + chat.RING)
            self.chat = chat.decided_ring(self.chat, ring, "named")

    @precondition(lambda self: self.chat.state == "waiting")
    @rule(agent=agents)
    def answer_automatically(self, agent: str) -> None:
        self.chat = chat.auto_answered(self.chat, agent, "pool", self.now)

    @precondition(lambda self: self.chat.ring is not None)
    @rule(data=st.data())
    def answer_ring(self, data: st.DataObject) -> None:
        ring = self.chat.ring
        assert ring is not None
        outcome = data.draw(st.sampled_from(["accept", "decline", "time_out", "give_up"]))
        if outcome == "accept":
            self.chat = chat.accepted(self.chat, ring.ring_id, self.now)
        elif outcome == "decline":
            self.chat = chat.declined(self.chat, ring.ring_id)
        elif outcome == "time_out" and self.now >= ring.expires_at:
            self.chat = chat.timed_out(self.chat, ring.ring_id, self.now)
        else:
            self.chat = chat.given_up(self.chat, ring.ring_id)

    @precondition(lambda self: self.chat.state in ("live", "ringing"))
    @rule()
    def lose_agent(self) -> None:
        agent = self.serving if self.chat.ring is None else self.chat.ring.agent
        self.chat = chat.agent_lost(self.chat, agent, self.now)

    @precondition(lambda self: self.chat.state == "grace")
    @rule()
    def end_grace(self) -> None:
        assert self.chat.grace_until is not None
        if self.now >= self.chat.grace_until:
            self.chat = chat.grace_over(self.chat, self.now)
        else:
            self.chat = chat.agent_back(self.chat, self.serving)

    @precondition(lambda self: self.chat.state in ("live", "grace"))
    @rule(agent=agents, leave=st.booleans())
    def change_agent(self, agent: str, leave: bool) -> None:
        if leave:
            self.chat = chat.agent_left(self.chat, self.serving)
        else:
            self.chat = chat.handed_over(self.chat, self.serving, agent, None, self.now)

    @precondition(lambda self: self.chat.forgiven_at is not None and self.now >= self.chat.forgiven_at)
    @rule()
    def forgive(self) -> None:
        self.chat = chat.forgiven(self.chat, self.now)

    @precondition(lambda self: self.chat.state != "ended")
    @rule(agent=agents)
    def take_over(self, agent: str) -> None:
        self.chat = chat.taken_over(self.chat, agent, None, self.now)

    @precondition(lambda self: self.chat.state != "ended")
    @rule(here=st.booleans())
    def contact_comes_or_goes(self, here: bool) -> None:
        self.chat = chat.contact_here(self.chat) if here else chat.contact_away(self.chat, self.now)

    @precondition(lambda self: self.chat.state != "ended")
    @rule(leave=st.booleans())
    def end(self, leave: bool) -> None:
        gone = self.chat.gone_since
        if self.chat.state in ("live", "grace") and self.now >= chat.silent_at(self.chat):
            self.chat = chat.silent_too_long(self.chat, self.now)
        elif self.chat.state in ("waiting", "ringing") and gone and self.now >= gone + chat.CONTACT_GONE:
            self.chat = chat.contact_gone(self.chat, self.now)
        elif leave:
            self.chat = chat.left(self.chat)

    @invariant()
    def exactly_one_holds_it(self) -> None:
        held = [
            self.chat.state == "waiting",
            self.chat.ring is not None,
            self.chat.serving is not None and self.chat.state == "live",
            self.chat.grace_until is not None,
        ]
        assert sum(held) == (0 if self.chat.state == "ended" else 1)
        assert chat.broken(self.chat) is None

    @invariant()
    def the_place_of_the_press_is_kept(self) -> None:
        assert self.chat.waiting_since == NOW


ChatLives.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestChatLives = ChatLives.TestCase
