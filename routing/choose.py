"""Whom a chat rings, and why: one decision, and what the button may promise of it; entitlement itself: entitlement.py.

The same function answers `vipdesk answer routing`, routes real chats and explains them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heapify, heappop
from typing import Literal

from routing import entitlement, hours
from routing.entitlement import AddOn, Because, Identity, Policy
from routing.hours import Calendar

Status = Literal["available", "away", "offline"]
Step = Literal["named", "stand_in", "technical", "pool"]
Reason = Literal["unknown", "tried", "absent", "offline", "away", "in_call", "full"]
Label = Literal["named_here", "stand_in", "pool_in_hours", "pool_out_of_hours", "pool_other", "message_only"]

SEVERITY_UNSET = 3

_THERE: frozenset[Reason] = frozenset({"full", "in_call", "tried"})
"""Reasons of agents who are at work, only not free for this request."""
_NO_ROOM = float("inf")
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Absence:
    """A planned absence [since, until)."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Candidate:
    """An agent as they are now; outside their own `hours` they are absent.

    `load`: chats live or in grace, and serve rings. `reserved`: places kept free of pool work. `status` is offline
    without a presence lease, whatever the agent chose.
    """

    id: str
    teams: tuple[str, ...]
    status: Status
    load: int
    capacity: int
    reserved: int = 0
    languages: tuple[str, ...] = ()
    absences: tuple[Absence, ...] = ()
    last_offered_at: datetime | None = None
    in_call: bool = False
    hours: Calendar | None = None


@dataclass(frozen=True)
class Line:
    """What a customer's button leads to: the add-on, who may come unverified, who is named, who stands in."""

    add_on: AddOn | None
    identity_policy: Policy = "open"
    named: str | None = None
    stand_ins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """`severity` is the effective one (an unverified contact's wish is not: ticket.py). `tried` as of this round."""

    severity: int | None = None
    technical: bool = False
    identity: Identity = "unverified"
    language: str = "en"
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Skipped:
    """An agent who was judged and not rung."""

    agent: str
    step: Step
    reason: Reason


@dataclass(frozen=True)
class Decision:
    """`agent` and `step` are None when queued. `alarm`: queued and nobody was even there."""

    action: Literal["ring", "queue"]
    agent: str | None
    step: Step | None
    dedicated: bool
    because: Because
    skipped: tuple[Skipped, ...]
    steps: tuple[Step, ...]
    alarm: bool

    @property
    def reason(self) -> str:
        """One sentence: `In office hours with the dedicated service: the named agent is away; a stand-in rings.`"""
        passed = [f"{_STEP[skip.step]} is {_REASON[skip.reason]}" for skip in self.skipped]
        if self.step is not None:
            end = f"{_STEP[self.step]} rings"
        elif self.alarm:
            end = "nobody is there, so the chat waits and the lead is alerted"
        else:
            end = "nobody is free, so the chat waits"
        return f"{_WHY[self.because]}: {'; '.join([*passed, end])}."


@dataclass(frozen=True)
class Promise:
    """What a press at this instant would lead to; the words are made elsewhere.

    `label` says which words. `step` and `agent` are None when the press would wait. `until`: how long it stays so (the
    closing, the agent's absence or the end of the add-on, whichever is first) while the service is due, else None.
    `next_opening`: when the service is not due because the office is shut, else None. `valid_until`: the next instant
    at which time alone may change the promise, None when none is in sight.
    """

    label: Label
    because: Because
    step: Step | None
    agent: str | None
    until: datetime | None
    next_opening: datetime | None
    valid_until: datetime | None


def decide(
    now: datetime,
    calendar: Calendar,
    line: Line,
    agents: Mapping[str, Candidate] | Sequence[Candidate],
    request: Request,
    only: frozenset[str] | None = None,
) -> Decision:
    """Ring one agent, or queue.

    `only`: nobody else is judged, as when the queue is walked with the agents who became free; such a walk raises no
    alarm, because it has not asked everybody.
    """
    due = entitlement.due(now, calendar, line.add_on, request.identity, line.identity_policy)
    steps = steps_for(due.dedicated, request)
    known = agents if isinstance(agents, Mapping) else {agent.id: agent for agent in agents}
    skipped: list[Skipped] = []
    for step, id in _asked(steps, line, known, request, only):
        reason = _hindrance(known.get(id), step, now, request, id)
        if reason is None:
            return Decision("ring", id, step, due.dedicated, due.because, tuple(skipped), steps, False)
        else:
            skipped.append(Skipped(id, step, reason))
    alarm = only is None and all(skip.reason not in _THERE for skip in skipped)
    return Decision("queue", None, None, due.dedicated, due.because, tuple(skipped), steps, alarm)


def promise(
    now: datetime,
    calendar: Calendar,
    line: Line,
    agents: Mapping[str, Candidate] | Sequence[Candidate],
    request: Request,
) -> Promise:
    """The decision that a press would meet at `now`, as data for the button."""
    decision = decide(now, calendar, line, agents, request)
    known = agents if isinstance(agents, Mapping) else {agent.id: agent for agent in agents}
    edge = entitlement.edges(now, calendar, line.add_on, request.identity, line.identity_policy)
    away = _next_absence(now, known.get(decision.agent or ""))
    shut = decision.because in ("closed", "holiday")
    return Promise(
        label=_label(decision),
        because=decision.because,
        step=decision.step,
        agent=decision.agent,
        until=_earliest((edge, away)) if decision.dedicated else None,
        next_opening=hours.next_opening(calendar, now) if shut else None,
        valid_until=_earliest((edge, *absence_edges(now, known.values()))),
    )


def steps_for(dedicated: bool, request: Request) -> tuple[Step, ...]:
    """The steps in their order, by the table of the rules."""
    if not dedicated:
        return ("pool",)
    elif request.technical:
        return ("technical", "named", "stand_in", "pool")
    elif _severity(request) <= 2:
        return ("named", "stand_in", "technical", "pool")
    else:
        return ("named", "stand_in", "pool")


# Who is asked, in which order -----------------------------------------------------------------------------------------


def _asked(
    steps: Iterable[Step],
    line: Line,
    known: Mapping[str, Candidate],
    request: Request,
    only: frozenset[str] | None,
) -> Iterable[tuple[Step, str]]:
    """Each agent once, at the first step that lists them: a later step would only judge them on worse terms."""
    seen: set[str] = set()
    for step in steps:
        for id in _listed(step, line, known, request):
            if id not in seen and (only is None or id in only):
                seen.add(id)
                yield step, id


def _listed(step: Step, line: Line, known: Mapping[str, Candidate], request: Request) -> Iterable[str]:
    if step == "named":
        return () if line.named is None else (line.named,)
    elif step == "stand_in":
        return line.stand_ins
    else:
        return _ranked([agent for agent in known.values() if step in agent.teams], step, request)


def _ranked(team: list[Candidate], step: Step, request: Request) -> Iterator[str]:
    """Best first: load, longest since the last offer, id; each tier is put in order only when it is reached.

    Most presses ring one of the first. Equal shares of small whole numbers are equal floats, so 1/3 and 2/6 tie as
    they should.
    """
    for tier in _tiers(team, step, request):
        waiting = [
            (agent.load / agent.capacity if agent.capacity > 0 else _NO_ROOM, agent.last_offered_at or _NEVER, agent.id)
            for agent in tier
        ]
        heapify(waiting)
        while waiting:
            yield heappop(waiting)[2]


def _tiers(team: list[Candidate], step: Step, request: Request) -> Iterator[list[Candidate]]:
    """Technical agents before all others where asked for; among equals, who speaks the language before who does not."""
    language = request.language
    if step == "pool" and request.technical:
        parts = [
            [agent for agent in team if "technical" in agent.teams],
            [agent for agent in team if "technical" not in agent.teams],
        ]
    else:
        parts = [team]
    for part in parts:
        yield [agent for agent in part if language in agent.languages]
        yield [agent for agent in part if language not in agent.languages]


def _hindrance(agent: Candidate | None, step: Step, now: datetime, request: Request, id: str) -> Reason | None:
    """The first reason why this agent cannot be rung, or None."""
    if agent is None:
        return "unknown"
    elif id in request.tried:
        return "tried"
    elif _absent(agent, now):
        return "absent"
    elif agent.status == "offline":
        return "offline"
    elif agent.status == "away":
        return "away"
    elif agent.in_call:
        return "in_call"
    elif agent.capacity <= 0 or agent.load >= _room(agent, step, request):
        return "full"
    else:
        return None


def _absent(agent: Candidate, now: datetime) -> bool:
    planned = any(absence.since <= now < absence.until for absence in agent.absences)
    return planned or (agent.hours is not None and not hours.is_open(agent.hours, now))


def planned(ids: Sequence[str], agents: Mapping[str, Candidate], at: datetime) -> str | None:
    """The first of these who will be there then, as far as absences and own hours say; None: nobody."""
    return next((id for id in ids if id in agents and not _absent(agents[id], at)), None)


def _room(agent: Candidate, step: Step, request: Request) -> int:
    if step == "pool":
        return agent.capacity - agent.reserved
    elif step == "named" and _severity(request) == 1:
        return agent.capacity + 1
    else:
        return agent.capacity


def _severity(request: Request) -> int:
    return SEVERITY_UNSET if request.severity is None else request.severity


# What is said of it ---------------------------------------------------------------------------------------------------

_WHY: Mapping[Because, str] = {
    "open": "In office hours with the dedicated service",
    "not_entitled": "The customer has no dedicated service",
    "not_started": "The dedicated service has not started yet",
    "expired": "The dedicated service has ended",
    "unverified": "The contact is not verified and the button asks for it",
    "holiday": "The office is shut for a holiday",
    "closed": "The office is shut",
}
_STEP: Mapping[Step, str] = {
    "named": "the named agent",
    "stand_in": "a stand-in",
    "technical": "a technical agent",
    "pool": "an agent of the pool",
}
_REASON: Mapping[Reason, str] = {
    "unknown": "not known any more",
    "tried": "asked before in this round",
    "absent": "absent",
    "offline": "offline",
    "away": "away",
    "in_call": "in a call",
    "full": "full",
}


def _label(decision: Decision) -> Label:
    if decision.alarm:
        return "message_only"
    elif decision.step == "named":
        return "named_here"
    elif decision.step == "stand_in":
        return "stand_in"
    elif decision.dedicated:
        return "pool_in_hours"
    elif decision.because in ("closed", "holiday"):
        return "pool_out_of_hours"
    else:
        return "pool_other"


def _next_absence(now: datetime, agent: Candidate | None) -> datetime | None:
    """Until when somebody who is not absent now stays so."""
    if agent is None:
        return None
    planned = [absence.since for absence in agent.absences if absence.since > now]
    return _earliest((*planned, None if agent.hours is None else hours.next_closing(agent.hours, now)))


def absence_edges(now: datetime, agents: Iterable[Candidate]) -> Iterable[datetime]:
    """The instants to come at which an absence, or an agent's own hours, begin or end."""
    for agent in agents:
        for absence in agent.absences:
            yield from (edge for edge in (absence.since, absence.until) if edge > now)
        edge = None if agent.hours is None else hours.next_edge(agent.hours, now)
        if edge is not None:
            yield edge


def _earliest(instants: Iterable[datetime | None]) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)
