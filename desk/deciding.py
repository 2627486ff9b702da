"""Whom a waiting chat rings, carried out: ring, automatic answer, place in the queue. The rule: routing.choose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from desk import words
from desk.frames import maybe_written, written
from desk.paging import alert_leads
from desk.work import Work
from routing import chat as moves
from routing import choose
from routing.choose import Candidate, Decision, Line, Request
from routing.entitlement import AddOn
from routing.hours import Calendar
from routing.ticket import accepted, effective_severity
from store import candidates, messages, people, rings
from store.candidates import Way
from store.chats import OpenChat
from store.ids import new_id
from store.people import Agent
from store.tickets import Found

ALWAYS = Calendar("UTC", {day: ((time(0), time(0)),) for day in range(7)})
SEEN_AFTER = timedelta(seconds=1)
"""Colleagues' loads and what buttons promise are told at most once a second, however many chats begin and end."""
FOR_EVER = AddOn(datetime(1970, 1, 1, tzinfo=UTC), None)


def decide(work: Work, found: Found, *, only: frozenset[str] | None = None, again: bool = False) -> bool:
    """Decides a waiting chat: True when somebody is rung or serves now. `again`: after its agent was lost."""
    chat = _open(found)
    way = candidates.way_of(work.connection, chat.button_id, work.now)
    assert way is not None, "a chat's button never goes away"
    request = _request(work, found)
    known = candidates.candidates(work.connection, work.now, work.present)
    decision = _secured(
        work, choose.decide(work.now, way.calendar, way.line, known, request, only), way, known, request, only
    )
    if decision.action == "queue" and only is not None:
        return False
    chat.because, chat.dedicated = decision.because, decision.dedicated
    work.event(found, "decision", _told(work, decision), internal=True, by=None)
    if decision.action == "queue" or decision.agent is None or decision.step is None:
        _queue(work, found, decision, again)
        return False
    agent = work.agent(decision.agent)
    people.note_offered(work.connection, agent.id, work.now)
    if decision.step == "pool":
        found.ticket.pooled = 1
    if agent.auto_answer:
        chat.state = moves.auto_answered(chat.state, agent.id, decision.step, work.now)
        begin_serving(work, found, agent, again=again)
    else:
        _ring(work, found, agent, decision, _following(work, way, known, request, agent.id), again)
    return True


def _secured(
    work: Work, decision: Decision, way: Way, known: dict[str, Candidate], request: Request, only: frozenset[str] | None
) -> Decision:
    """The agent's load is counted again under the lock of their row, so that two processes cannot overfill them."""
    while decision.agent is not None and work.connection.dialect == "postgresql":
        people.lock_agent(work.connection, decision.agent)
        load = candidates.load_of(work.connection, decision.agent)
        if load == known[decision.agent].load:
            break
        known[decision.agent] = replace(known[decision.agent], load=load)
        decision = choose.decide(work.now, way.calendar, way.line, known, request, only)
    return decision


def _request(work: Work, found: Found) -> Request:
    chat = _open(found)
    contact = people.find_contact(work.connection, chat.contact_id)
    verified = contact is not None and contact.verified
    return Request(
        effective_severity(found.ticket.severity),
        bool(found.ticket.technical),
        "verified" if verified else "unverified",
        chat.language,
        chat.state.tried,
    )


def _following(work: Work, way: Way, known: Mapping[str, Candidate], request: Request, rung: str) -> Agent | None:
    then = choose.decide(work.now, way.calendar, way.line, known, replace(request, tried=request.tried | {rung}))
    return None if then.agent is None else work.agent(then.agent)


def _told(work: Work, decision: Decision) -> dict[str, Any]:
    """The decision as agents read it: with names."""
    return {
        "action": decision.action,
        "agent": work.agent_name(decision.agent),
        "step": decision.step,
        "because": decision.because,
        "dedicated": decision.dedicated,
        "reason": decision.reason,
        "steps": list(decision.steps),
        "alarm": decision.alarm,
        "skipped": [
            {
                "agent": {"id": skip.agent, "name": work.agents[skip.agent].name if skip.agent in work.agents else "?"},
                "step": skip.step,
                "reason": skip.reason,
            }
            for skip in decision.skipped
        ],
    }


def _queue(work: Work, found: Found, decision: Decision, again: bool) -> None:
    chat = _open(found)
    chat.state = moves.decided_queue(chat.state, work.now)
    found.ticket.pooled = 1
    if chat.state.forgiven_at is not None:
        work.job("forgive", f"forgive:{chat.id}", chat.state.forgiven_at, {"ticket": found.ticket.id})
    busy = any(skip.reason in ("full", "in_call") for skip in decision.skipped)
    alerted = decision.alarm and alert_leads(work, found, chat.id)
    said = words.waiting(chat.language, decision.alarm, alerted, again, busy)
    chat_event(work, found, said, alarm=decision.alarm)
    work.show(found)
    work.job("queue", "queue")


def _ring(work: Work, found: Found, agent: Agent, decision: Decision, following: Agent | None, again: bool) -> None:
    chat = _open(found)
    assert decision.step is not None
    said = words.ringing(
        chat.language, agent.name, following.name if following else None, timedelta(seconds=agent.ring_seconds)
    )
    expires_at = work.now + timedelta(seconds=agent.ring_seconds)
    why = _told(work, decision) | {"next": [following.name] if following else []}
    ring = rings.Ring(
        new_id(), "serve", found.ticket.id, chat.id, agent.id, None, "", json.dumps(why), False, expires_at
    )
    rings.add(work.connection, ring, work.now)
    found.rung |= {agent.id}
    chat.state = moves.decided_ring(chat.state, moves.Ring(agent.id, ring.id, expires_at), decision.step)
    ring_event(work, found, ring, None)
    chat_event(
        work,
        found,
        _apologised(chat, said) if again else said,
        agent=agent,
        next=words.first(following.name) if following else None,
    )
    work.tell(f"agent:{agent.id}", "ring", ring_frame(work, found, ring))
    work.job("ring_timeout", f"ring:{ring.id}", expires_at, {"ring": ring.id})
    work.show(found)
    loads_changed(work)


def begin_serving(work: Work, found: Found, agent: Agent, *, again: bool = False) -> None:
    """The chat has just become live with this agent: status, owner, what everybody is told."""
    chat, ticket = _open(found), found.ticket
    ticket.status = accepted(ticket.status)
    if ticket.owner_id is None:
        set_owner(work, found, agent.id, "accepted first")
    named = work.agents.get(found.named_id or "")
    said = words.live(chat.language, agent.name, chat.state.step, named.name if named else None)
    chat_event(work, found, _apologised(chat, said) if again else said, agent=agent)
    work.order(f"agent:{agent.id}", "follow", ticket.id)
    work.job("silence", f"silence:{chat.id}", moves.silent_at(chat.state) or work.now, {"ticket": ticket.id})
    work.show(found)
    loads_changed(work)


def _apologised(chat: OpenChat, said: str) -> str:
    return f"{words.sorry(chat.language)} {said}"


def set_owner(work: Work, found: Found, agent_id: str, because: str) -> None:
    """Who is accountable from now on."""
    was, found.ticket.owner_id = found.ticket.owner_id, agent_id
    work.event(
        found,
        "owner",
        {"owner": work.agent_name(agent_id), "was": work.agent_name(was), "because": because},
        internal=True,
    )
    work.audit("owner", found.ticket.id, {"owner": agent_id, "was": was})


def end_ring(work: Work, found: Found, ring: rings.Ring, outcome: rings.Outcome, reason: str = "") -> None:
    """A ring is over: its row, its event, and the agent's screens."""
    if rings.end(work.connection, ring.id, outcome, work.now):
        still = {each.agent_id for each in rings.open_of_ticket(work.connection, found.ticket.id)}
        found.rung = frozenset(still)
        work.cancel(f"ring:{ring.id}")
        ring_event(work, found, ring, outcome, reason)
        work.tell(f"agent:{ring.agent_id}", "ring_gone", {"ring": ring.id, "because": outcome})


def give_up_serve_ring(work: Work, found: Found) -> None:
    """The open serve ring of the chat is given up; the chat itself is moved by the caller."""
    for ring in rings.open_of_ticket(work.connection, found.ticket.id):
        if ring.kind == "serve":
            end_ring(work, found, ring, "given_up")


def end_chat(work: Work, found: Found, ended: moves.Chat) -> None:
    """The chat is over, as `ended` says: rings stop, who waits moves up, the freed agent is given work."""
    chat = _open(found)
    serving = chat.state.serving or ended.serving
    for ring in rings.open_of_ticket(work.connection, found.ticket.id):
        end_ring(work, found, ring, "given_up")
    chat.state = ended
    agent = work.agents.get(serving or "")
    chat_event(
        work,
        found,
        words.ended(chat.language, ended.ended_because, agent.name if agent else None),
        agent=agent,
        ended_because=ended.ended_because,
    )
    for key in ("silence", "forgive", "contact_gone", "grace"):
        work.cancel(f"{key}:{chat.id}")
    work.show(found)
    freed(work)
    if serving is not None:
        may_be_offered(work, serving)


def freed(work: Work) -> None:
    """Somebody can take something again: who waits is decided anew, and what buttons promise."""
    work.job("decide", "decide")
    loads_changed(work)


def loads_changed(work: Work) -> None:
    """Somebody has more or less to do: places in the queue, what buttons promise, and what colleagues see."""
    work.job("queue", "queue")
    work.job("promises", "promises", SEEN_AFTER)
    work.job("people", "people", SEEN_AFTER)


def may_be_offered(work: Work, agent_id: str) -> None:
    """An agent who has just become free; contacts whose named agent this is may wish to be served by them."""
    work.job("offers", f"offers:{agent_id}", payload={"agent": agent_id})


def from_team(work: Work, found: Found, team: str, without: frozenset[str]) -> Agent | None:
    """Who of a team is asked first, whatever the hour; None when nobody can be."""
    known = candidates.candidates(work.connection, work.now, work.present)
    only = frozenset(each.id for each in known.values() if team in each.teams) - without
    line = Line(FOR_EVER, "open", found.named_id, tuple(sorted(found.stand_ins)))
    if team == "pool":
        line = Line(None, "open", None, ())
    request = Request(effective_severity(found.ticket.severity), team == "technical", "verified", "en", frozenset())
    decision = choose.decide(work.now, ALWAYS, line, known, request, only)
    return None if decision.agent is None else work.agent(decision.agent)


# What is told ---------------------------------------------------------------------------------------------------------


def chat_event(work: Work, found: Found, said: str, *, agent: Agent | None = None, **more: Any) -> None:
    """The public `chat` event of the chat as it stands now."""
    chat = _open(found)
    state = chat.state
    data = {
        "chat": chat.id,
        "state": state.state,
        "step": state.step,
        "because": chat.because,
        "agent": agent.face if agent is not None else None,
        "words": said,
        "waiting_since": written(state.waiting_since),
    }
    if state.ring is not None:
        data["expires_at"] = maybe_written(state.ring.expires_at)
    work.event(found, "chat", data | more, by=None)


def ring_event(work: Work, found: Found, ring: rings.Ring, outcome: str | None, reason: str = "") -> None:
    """The internal `ring` event: to whom, and what became of it."""
    data = {
        "ring": ring.id,
        "kind": ring.kind,
        "agent": work.agent_name(ring.agent_id),
        "outcome": outcome,
        "expires_at": written(ring.expires_at),
    }
    if reason:
        data["reason"] = reason
    work.event(found, "ring", data, internal=True, by=None)


def ring_frame(work: Work, found: Found, ring: rings.Ring) -> dict[str, Any]:
    """What the rung agent's screens show."""
    return {
        "ring": ring.id,
        "kind": ring.kind,
        "ticket": found.ticket.id,
        "expires_at": written(ring.expires_at),
        "customer": {"id": found.ticket.customer_id, "name": found.customer_name},
        "contact": {"id": found.ticket.contact_id, "name": found.contact_name, "verified": found.contact_verified},
        "severity": found.ticket.severity,
        "why": json.loads(ring.why),
        "number": f"VD-{found.ticket.number}",
        "subject": found.ticket.subject,
        "text": messages.asked_last(work.connection, found.ticket.id),
        "note": ring.note,
        "from": work.agent_name(ring.from_id),
    }


def _open(found: Found) -> OpenChat:
    assert found.chat is not None, "decided only while a chat is open"
    return found.chat
