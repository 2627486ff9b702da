"""Answers to a ring: picked up, passed on, let pass; for chats, for second level, for transfers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from desk.actors import Signed
from desk.deciding import begin_serving, decide, end_ring, freed, from_team, ring_event, ring_frame, set_owner
from desk.requests import Accept, Decline
from desk.work import Work
from routing import chat as moves
from routing.errors import NotFound, Taken
from store import people, rings, tickets
from store.ids import new_id
from store.people import Agent
from store.rings import Ring
from store.tickets import Found
from store.times import micros

MISSED_MAKE_AWAY = 2
ASKED_ANEW = timedelta(minutes=5)
"""Who would not join is asked again after so long."""


def accept(work: Work, signed: Signed, request: Accept) -> dict[str, Any]:
    """Picks up; Taken when the ring is over."""
    ring, found = _theirs(work, signed, request.ring)
    agent = work.agent(signed.actor.id)
    people.note_missed(work.connection, agent.id, 0, agent.status)
    if ring.kind == "serve":
        assert found.chat is not None
        found.chat.state = moves.accepted(found.chat.state, ring.id, work.now)
        end_ring(work, found, ring, "accepted")
        begin_serving(work, found, agent)
    elif ring.kind == "join":
        end_ring(work, found, ring, "accepted")
        join(work, found, agent.id)
    else:
        end_ring(work, found, ring, "accepted")
        _take_over(work, found, ring, agent.id)
    return {"ticket": found.ticket.id, "seq": found.ticket.public_seq, "internal_seq": found.ticket.internal_seq}


def decline(work: Work, signed: Signed, request: Decline) -> dict[str, Any]:
    """Passes on; whoever is next is asked in the same breath."""
    ring, found = _theirs(work, signed, request.ring)
    people.note_missed(work.connection, signed.actor.id, 0, work.agent(signed.actor.id).status)
    refused(work, found, ring, "declined", request.reason)
    return {"ticket": found.ticket.id}


def timed_out(work: Work, ring_id: str) -> None:
    """The ring has run out; two in a row make the agent away, and tell them so."""
    ring = rings.find(work.connection, ring_id)
    if ring is None or ring.ended:
        return
    found = work.ticket(ring.ticket_id)
    ring = rings.find(work.connection, ring_id)
    if ring is None or ring.ended or work.now < ring.expires_at:
        return
    agent = work.agent(ring.agent_id)
    missed = agent.missed_in_a_row + 1
    status = "away" if missed >= MISSED_MAKE_AWAY and agent.status == "available" else agent.status
    people.note_missed(work.connection, agent.id, missed, status)
    if status != agent.status:
        work.tell(
            f"agent:{agent.id}", "presence", {"status": status, "because": "Two rings in a row were not answered."}
        )
        work.job("people", "people")
    refused(work, found, ring, "timeout", "")


def refused(work: Work, found: Found, ring: Ring, outcome: rings.Outcome, reason: str) -> None:
    """Declined or let pass: the next is asked, or it returns to where it came from."""
    end_ring(work, found, ring, outcome, reason)
    if ring.kind == "serve" and found.chat is not None:
        move = found.chat.state
        if outcome == "timeout":
            found.chat.state = moves.timed_out(move, ring.id, work.now)
        elif outcome == "declined":
            found.chat.state = moves.declined(move, ring.id)
        else:
            found.chat.state = moves.given_up(move, ring.id)
        decide(work, found)
        freed(work)
    elif ring.kind == "join":
        ring_technical(work, found, ring.from_id, ring.note)
    elif ring.kind == "transfer":
        data = {
            "to": work.agent_name(ring.agent_id),
            "from": work.agent_name(ring.from_id),
            "outcome": "returned",
            "note": ring.note,
        }
        work.event(found, "transfer", data, internal=True, by=None)
        work.show(found)


def ring_technical(work: Work, found: Found, from_id: str | None, note: str) -> None:
    """Asks the next technical agent to join; with nobody to ask, the ticket waits for second level."""
    since = work.now - ASKED_ANEW
    without = found.members | rings.asked_to_join(work.connection, found.ticket.id, since)
    if found.chat is not None and found.chat.state.serving is not None:
        without |= {found.chat.state.serving}
    agent = from_team(work, found, "technical", without | ({from_id} if from_id else set()))
    if agent is not None:
        ring_agent(work, found, agent, "join", from_id, note, False)


def ring_agent(
    work: Work, found: Found, agent: Agent, kind: rings.Kind, from_id: str | None, note: str, hands_owner: bool
) -> None:
    """Rings somebody beside the chat: to join it, or to take it over."""
    expires_at = work.now + timedelta(seconds=agent.ring_seconds)
    why = json.dumps(
        {
            "step": "technical" if kind == "join" else "transfer",
            "because": "asked",
            "reason": note,
            "skipped": [],
            "next": [],
        }
    )
    chat_id = found.chat.id if found.chat is not None else None
    ring = Ring(new_id(), kind, found.ticket.id, chat_id, agent.id, from_id, note, why, hands_owner, expires_at)
    rings.add(work.connection, ring, work.now)
    found.rung |= {agent.id}
    people.note_offered(work.connection, agent.id, work.now)
    ring_event(work, found, ring, None)
    work.tell(f"agent:{agent.id}", "ring", ring_frame(work, found, ring))
    work.job("ring_timeout", f"ring:{ring.id}", expires_at, {"ring": ring.id})
    work.show(found)


def join(work: Work, found: Found, agent_id: str) -> None:
    """An agent stands beside the serving one, in the same chat."""
    tickets.add_member(work.connection, found.ticket.id, agent_id, micros(work.now))
    found.members |= {agent_id}
    agent = work.agent(agent_id)
    work.event(
        found, "member", {"agent": {"id": agent.id, "name": agent.name, "title": agent.title}, "joined": True}, by=None
    )
    work.order(f"agent:{agent_id}", "follow", found.ticket.id)
    work.show(found)


def _take_over(work: Work, found: Found, ring: Ring, receiver: str) -> None:
    agent = work.agent(receiver)
    if found.chat is not None and found.chat.state.serving is not None and found.chat.state.state in ("live", "grace"):
        giver = found.chat.state.serving
        found.chat.state = moves.handed_over(found.chat.state, giver, receiver, _step(work, found, receiver), work.now)
        begin_serving(work, found, agent)
        freed(work)
    elif found.chat is not None and found.chat.state.state == "waiting":
        found.chat.state = moves.taken_over(found.chat.state, receiver, _step(work, found, receiver), work.now)
        begin_serving(work, found, agent)
    if ring.hands_owner or found.chat is None:
        set_owner(work, found, receiver, "handed over")
    work.event(
        found,
        "transfer",
        {
            "to": work.agent_name(receiver),
            "from": work.agent_name(ring.from_id),
            "outcome": "accepted",
            "note": ring.note,
        },
        internal=True,
        by=None,
    )
    work.order(f"agent:{receiver}", "follow", found.ticket.id)
    work.show(found)


def _step(work: Work, found: Found, agent_id: str) -> Any:
    """As what the receiver serves, for the words of the contact."""
    if agent_id == found.named_id:
        return "named"
    elif agent_id in found.stand_ins:
        return "stand_in"
    elif "technical" in work.agent(agent_id).teams:
        return "technical"
    else:
        return "pool"


def _theirs(work: Work, signed: Signed, ring_id: str) -> tuple[Ring, Found]:
    ring = rings.find(work.connection, ring_id)
    if ring is None or ring.agent_id != signed.actor.id:
        raise NotFound
    found = work.ticket(ring.ticket_id)
    ring = rings.find(work.connection, ring_id)
    if ring is None or ring.ended or work.now >= ring.expires_at:
        raise Taken("This ring is over.")
    return ring, found
