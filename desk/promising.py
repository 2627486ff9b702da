"""What the button truthfully says now: who is there and until when, who covers, when the office opens next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from desk.frames import maybe_written
from desk.texts import say, spoken
from desk.words import first
from routing import choose
from routing.choose import Candidate, Promise, Request
from store import candidates, people
from store.candidates import Way
from store.engine import Connection
from store.people import Agent

MOST_VALID_S = 15
"""Who comes or goes shows on buttons within so long, as long as a presence lasts."""


def button_state(
    connection: Connection, button_id: str, now: datetime, present: frozenset[str] | None, language: str | None = None
) -> dict[str, Any] | None:
    """The body of `/b/<button>/state`, answered as for a verified contact; None when the button is gone.

    `language`: of the reader; without it the button's own.
    """
    return state_among(connection, button_id, now, candidates.candidates(connection, now, present), language)


def state_among(
    connection: Connection, button_id: str, now: datetime, known: Mapping[str, Candidate], language: str | None = None
) -> dict[str, Any] | None:
    """The same, with the agents as somebody has read them already."""
    way = candidates.way_of(connection, button_id, now)
    if way is None:
        return None
    language = language or way.language
    request = Request(identity="verified", language=language)
    promised = choose.promise(now, way.calendar, way.line, known, request)
    agents = people.some(connection, {id for id in (way.line.named, promised.agent) if id is not None})
    return _state(way, promised, known, agents, now, language)


def _state(
    way: Way,
    promised: Promise,
    known: Mapping[str, Candidate],
    agents: Mapping[str, Agent],
    now: datetime,
    language: str,
) -> dict[str, Any]:
    named = agents.get(way.line.named or "")
    due = promised.because == "open"
    agent = agents.get(promised.agent or "") if due else (named if promised.because in ("closed", "holiday") else None)
    shown = named if due and agent is None else agent
    presence = _presence(shown, known, due)
    label = _label(promised, agent, named, presence, language)
    return {
        "label": label,
        "lang": spoken(language),
        "because": promised.because,
        "agent": None if agent is None else {"name": agent.name, "photo": agent.face["photo"]},
        "until": maybe_written(promised.until),
        "next_opening": maybe_written(promised.next_opening),
        "office_zone": way.calendar.zone,
        "valid_for_s": _valid_for_s(promised, now),
        "presence": presence,
        "step": _step(promised.step),
        "named": None if named is None else {"name": named.name, "photo": named.face["photo"]},
        "pool": sum(1 for each in known.values() if "pool" in each.teams and each.status == "available"),
    }


def _label(promised: Promise, agent: Agent | None, named: Agent | None, presence: str, language: str) -> str:
    who, whose = first(agent.name) if agent else "", first(named.name) if named else ""
    if promised.because == "open" and promised.step == "named" and agent:
        return say(language, "{agent} is here", agent=who)
    elif promised.because == "open" and promised.step == "stand_in" and agent and whose:
        return say(language, "{agent} covers for {named}", agent=who, named=whose)
    elif promised.because == "open" and promised.step == "stand_in" and agent:
        return say(language, "{agent} is here", agent=who)
    elif promised.because == "open" and promised.step == "technical" and agent:
        return say(language, "{agent}, technical, is here", agent=who)
    elif promised.step is not None:
        return say(language, "The 24/7 team is here")
    elif promised.because == "open" and named is not None and presence in ("off", "away"):
        return say(language, "{agent} is not here now", agent=whose)
    elif promised.because == "open" and named is not None:
        return say(language, "{agent} is busy", agent=whose)
    else:
        return say(language, "Leave a message")


def _step(step: str | None) -> str:
    return step or "queue"


def _presence(agent: Agent | None, known: Mapping[str, Candidate], due: bool) -> str:
    if agent is None or not due:
        return "off"
    candidate = known.get(agent.id)
    if candidate is None or candidate.status == "offline":
        return "off"
    elif candidate.in_call:
        return "call"
    else:
        return "here" if candidate.status == "available" else "away"


def _valid_for_s(promised: Promise, now: datetime) -> int:
    if promised.valid_until is None:
        return MOST_VALID_S
    left = (promised.valid_until - now) / timedelta(seconds=1)
    return max(1, min(MOST_VALID_S, int(left) + 1))
