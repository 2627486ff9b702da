"""Bringing in and handing over: second level, transfers, offers, leaving. Who answers the rings: ringing.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from desk import words
from desk.actors import Signed
from desk.deciding import begin_serving, decide, end_chat, freed, from_team, give_up_serve_ring
from desk.frames import written
from desk.requests import AnswerOffer, AskTechnical, Escalate, Leave, Transfer
from desk.ringing import ring_agent, ring_technical
from desk.work import Work
from routing import chat as moves
from routing.errors import BadRequest, Closed, Conflict, Expired, Forbidden, NotFound
from store import candidates, offers, tickets
from store.ids import new_id
from store.offers import Offer
from store.tickets import Found
from store.times import micros

OFFER_STANDS = timedelta(minutes=10)
TEAMS = ("dedicated", "technical", "pool")


def ask_technical(work: Work, signed: Signed, request: AskTechnical) -> dict[str, Any]:
    """The contact asks for second level: who waits is decided anew, who is served gets somebody beside."""
    found = work.allowed(request.ticket, "ask_technical")
    _open_ticket(found)
    _want_technical(work, found, None, request.note, signed)
    return {"ticket": found.ticket.id}


def escalate(work: Work, signed: Signed, request: Escalate) -> dict[str, Any]:
    """An agent brings second level in."""
    found = work.allowed(request.ticket, "escalate")
    _open_ticket(found)
    _want_technical(work, found, signed.actor.id, request.note, signed)
    return {"ticket": found.ticket.id}


def _want_technical(work: Work, found: Found, from_id: str | None, note: str, signed: Signed) -> None:
    first = not found.ticket.technical
    found.ticket.technical = 1
    work.event(
        found, "transfer", {"to": "technical", "from": signed.by, "note": note, "outcome": "asked"}, internal=True
    )
    chat = found.chat
    if chat is not None and chat.state.state in ("waiting", "ringing"):
        if first and chat.state.ring is not None:
            ring = chat.state.ring
            give_up_serve_ring(work, found)
            chat.state = moves.given_up(chat.state, ring.ring_id)
        if chat.state.state == "waiting":
            decide(work, found)
    else:
        ring_technical(work, found, from_id, note)
    work.show(found)


def transfer(work: Work, signed: Signed, request: Transfer) -> dict[str, Any]:
    """Warm: the receiver is rung and accepts, or it returns; the contact never leaves the chat."""
    found = work.allowed(request.ticket, "transfer")
    _open_ticket(found)
    me = signed.actor.id
    if request.to in TEAMS:
        agent = from_team(work, found, request.to, frozenset({me}) | _serving(found))
        if agent is None:
            raise Conflict("Nobody of that team can be rung now.", field="to")
        found.ticket.pooled = 1 if request.to == "pool" else found.ticket.pooled
    else:
        agent = work.agents.get(request.to)
        if agent is None or agent.id in _serving(found) or not agent.roles & {"agent", "lead"}:
            raise BadRequest("Name a colleague or a team.", field="to")
        known = candidates.candidates(work.connection, work.now, work.present)
        if known[agent.id].status != "available":
            name = words.first(agent.name)
            raise Conflict("{name} is not available now.", field="to", values={"name": name})
    work.event(
        found,
        "transfer",
        {
            "to": {"id": agent.id, "name": agent.name},
            "from": signed.by,
            "note": request.note,
            "outcome": "asked",
            "owner": request.owner,
        },
        internal=True,
    )
    ring_agent(work, found, agent, "transfer", me, request.note, request.owner)
    return {"ticket": found.ticket.id}


def leave_as_contact(work: Work, signed: Signed, request: Leave) -> dict[str, Any]:
    """Stops waiting, or ends the chat; the ticket stays."""
    found = work.allowed(request.ticket, "leave")
    if found.chat is None:
        raise Conflict("No chat is open here.")
    end_chat(work, found, moves.left(found.chat.state))
    return {"ticket": found.ticket.id}


def leave_as_agent(work: Work, signed: Signed, request: Leave) -> dict[str, Any]:
    """The serving agent leaves: a member who stands beside takes over, else it is routed again. A member leaves."""
    found = work.allowed(request.ticket, "leave")
    me = signed.actor.id
    if found.chat is not None and found.chat.state.serving == me:
        beside = next((id for id in sorted(found.members) if id != me and id in (work.present or found.members)), None)
        if beside is not None:
            found.chat.state = moves.handed_over(found.chat.state, me, beside, "technical", work.now)
            begin_serving(work, found, work.agent(beside))
        else:
            found.chat.state = moves.agent_left(found.chat.state, me)
            decide(work, found, again=True)
        freed(work)
    elif me in found.members:
        tickets.end_member(work.connection, found.ticket.id, me, micros(work.now))
        found.members -= {me}
        work.event(found, "member", {"agent": {"id": me, "name": signed.name}, "joined": False}, by=None)
        work.order(f"agent:{me}", "unfollow", found.ticket.id)
        work.show(found)
    else:
        raise Conflict("You are not in this chat.")
    return {"ticket": found.ticket.id}


# Offers -----------------------------------------------------------------------------------------------------------


def offer_change(work: Work, found: Found, agent_id: str) -> None:
    """The named agent is free again while somebody else serves: the contact is asked, never moved."""
    assert found.chat is not None and found.chat.state.serving is not None
    if offers.made_since(work.connection, found.ticket.id, "change_agent", found.chat.state.waiting_since):
        return
    agent, serving = work.agent(agent_id), work.agent(found.chat.state.serving)
    offer = Offer(
        new_id(),
        found.ticket.id,
        "change_agent",
        words.change_agent(found.chat.language, agent.name, serving.name),
        {"agent": agent_id},
        work.now + OFFER_STANDS,
        None,
    )
    offers.add(work.connection, offer, work.now)
    _offer_event(work, found, offer, None)
    work.job("offer_lapse", f"offer:{offer.id}", offer.expires_at, {"offer": offer.id})


def answer_offer(work: Work, signed: Signed, request: AnswerOffer) -> dict[str, Any]:
    """Yes or no; Expired when it has lapsed. Whom the contact talks to, the contact alone decides."""
    found = work.allowed(request.ticket, "answer_offer")
    offer = offers.find(work.connection, request.offer)
    if offer is None or offer.ticket_id != found.ticket.id:
        raise NotFound
    if offer.kind == "change_agent" and signed.actor.kind != "contact":
        raise Forbidden("The contact answers this offer.")
    if offer.answered == "lapsed" or (offer.answered is None and work.now >= offer.expires_at):
        raise Expired("This offer has lapsed.")
    if offer.answered is not None:
        raise Conflict("This offer was answered already.")
    answer = "yes" if request.yes else "no"
    offers.answer(work.connection, offer.id, answer)
    work.cancel(f"offer:{offer.id}")
    _offer_event(work, found, offer, answer)
    if request.yes and offer.kind == "change_agent" and found.chat is not None and found.chat.state.serving is not None:
        wanted = work.agent(str(offer.payload["agent"]))
        if wanted.id != found.chat.state.serving:
            ring_agent(
                work,
                found,
                wanted,
                "transfer",
                found.chat.state.serving,
                "The contact wishes to go on with you.",
                False,
            )
    return {"ticket": found.ticket.id}


def lapse_offer(work: Work, offer_id: str) -> None:
    """Nobody answered in time."""
    offer = offers.find(work.connection, offer_id)
    if offer is not None and offer.answered is None and work.now >= offer.expires_at:
        found = work.ticket(offer.ticket_id)
        if offers.answer(work.connection, offer_id, "lapsed"):
            _offer_event(work, found, offer, "lapsed")


def offer_frame(offer: Offer) -> dict[str, Any]:
    """As `ready` and events show it."""
    return {
        "offer": offer.id,
        "ticket": offer.ticket_id,
        "kind": offer.kind,
        "words": offer.words,
        "expires_at": written(offer.expires_at),
        "answered": offer.answered,
    }


def _offer_event(work: Work, found: Found, offer: Offer, answered: str | None) -> None:
    data = offer_frame(offer) | {"answered": answered}
    data.pop("ticket")
    work.event(found, "offer", data, by=None)


def _serving(found: Found) -> frozenset[str]:
    serving = found.chat.state.serving if found.chat is not None else None
    return frozenset() if serving is None else frozenset({serving})


def _open_ticket(found: Found) -> None:
    if found.ticket.status == "closed":
        raise Closed("This ticket is closed.")
