"""Who is there: the status agents choose, consoles and pages that go and come back. Leases themselves: live/."""

from __future__ import annotations

from typing import Any

from desk import words
from desk.actors import Signed
from desk.deciding import chat_event, decide, end_chat, freed, may_be_offered
from desk.handing import offer_change
from desk.requests import Presence
from desk.ringing import refused
from desk.work import Work
from routing import chat as moves
from routing.allow import Facts, allow
from routing.errors import Forbidden
from store import candidates, chats, people, rings
from store.tickets import Found


def presence(work: Work, signed: Signed, request: Presence) -> dict[str, Any]:
    """The agent's own choice; available brings work and frees rings that were promised elsewhere."""
    if not allow(signed.actor, "presence", Facts("queue")).allowed:
        raise Forbidden
    agent = work.agent(signed.actor.id)
    auto_answer = agent.auto_answer if request.auto_answer is None else request.auto_answer
    people.choose_status(work.connection, agent.id, request.status, auto_answer)
    work.job("people", "people")
    freed(work)
    work.job("promises", "promises")  # who is here is told at once
    if request.status != "available":
        _give_back(work, agent.id)
    else:
        may_be_offered(work, agent.id)
    return {"status": request.status, "auto_answer": auto_answer}


def _give_back(work: Work, agent_id: str) -> None:
    """Who goes away is not rung any more: their rings pass on at once."""
    for ring in rings.open_of_agents(work.connection, [agent_id]):
        found = work.ticket(ring.ticket_id)
        refused(work, found, ring, "declined", "not available any more")


def agent_lost(work: Work, agent_id: str) -> None:
    """The console is gone: live chats wait in grace, rings are given up and decided anew."""
    for ring in rings.open_of_agents(work.connection, [agent_id]):
        refused(work, work.ticket(ring.ticket_id), ring, "given_up", "")
    for id in chats.served_by(work.connection, agent_id):
        found = work.ticket(id)
        if found.chat is not None and found.chat.state.state == "live" and found.chat.state.serving == agent_id:
            found.chat.state = moves.agent_lost(found.chat.state, agent_id, work.now)
            agent = work.agent(agent_id)
            until = found.chat.state.grace_until
            assert until is not None
            chat_event(work, found, words.grace(found.chat.language, agent.name), agent=agent)
            work.job("grace", f"grace:{found.chat.id}", until, {"ticket": id})
            work.show(found)
    work.job("people", "people")
    work.job("promises", "promises")


def agent_back(work: Work, agent_id: str) -> None:
    """The console is there (again): chats in grace go on, work may come."""
    for id in chats.served_by(work.connection, agent_id):
        found = work.ticket(id)
        if found.chat is not None and found.chat.state.state == "grace" and found.chat.state.serving == agent_id:
            work.cancel(f"grace:{found.chat.id}")
            found.chat.state = moves.agent_back(found.chat.state, agent_id)
            agent = work.agent(agent_id)
            named = work.agents.get(found.named_id or "")
            step, whose = found.chat.state.step, named.name if named else None
            chat_event(work, found, words.live(found.chat.language, agent.name, step, whose), agent=agent)
            work.show(found)
    work.job("people", "people")
    freed(work)
    work.job("promises", "promises")  # who is here is told at once
    may_be_offered(work, agent_id)


def grace_over(work: Work, ticket_id: str) -> None:
    """The agent did not come back: routed again, with the history, the old place, and an apology."""
    found = work.ticket(ticket_id)
    if found.chat is None or found.chat.state.state != "grace":
        return
    if found.chat.state.grace_until is None or work.now < found.chat.state.grace_until:
        return
    found.chat.state = moves.grace_over(found.chat.state, work.now)
    decide(work, found, again=True)


def contact_away(work: Work, contact_id: str) -> None:
    """The contact's last page is gone."""
    for id in chats.open_with(work.connection, contact_id):
        found = work.ticket(id)
        if found.chat is not None and found.chat.state.gone_since is None:
            found.chat.state = moves.contact_away(found.chat.state, work.now)
            if found.chat.state.state in ("waiting", "ringing"):
                work.job("contact_gone", f"contact_gone:{found.chat.id}", moves.CONTACT_GONE, {"ticket": id})
            work.job("unread_mail", f"unread:{id}", moves.UNREAD_MAIL, {"ticket": id})


def contact_here(work: Work, contact_id: str) -> None:
    """The contact is back."""
    for id in chats.open_with(work.connection, contact_id):
        found = work.ticket(id)
        if found.chat is not None and found.chat.state.gone_since is not None:
            work.cancel(f"contact_gone:{found.chat.id}")
            found.chat.state = moves.contact_here(found.chat.state)
        if found.chat is not None and found.chat.state.state == "waiting":
            work.job("queue", "queue")  # their place is told anew


def contact_gone(work: Work, ticket_id: str) -> None:
    """Gone for two minutes while waiting: the chat ends, the ticket stays."""
    found = work.ticket(ticket_id)
    if _gone_long_enough(work, found):
        assert found.chat is not None
        end_chat(work, found, moves.contact_gone(found.chat.state, work.now))


def _gone_long_enough(work: Work, found: Found) -> bool:
    if found.chat is None or found.chat.state.state not in ("waiting", "ringing"):
        return False
    since = found.chat.state.gone_since
    return since is not None and work.now >= since + moves.CONTACT_GONE


def silence(work: Work, ticket_id: str) -> None:
    """Nobody spoke for half an hour: the chat ends; if somebody did, it is looked at again."""
    found = work.ticket(ticket_id)
    if found.chat is None or found.chat.state.state not in ("live", "grace"):
        return
    ends = moves.silent_at(found.chat.state)
    if work.now >= ends:
        end_chat(work, found, moves.silent_too_long(found.chat.state, work.now))
    else:
        work.job("silence", f"silence:{found.chat.id}", ends, {"ticket": ticket_id})


def offer_changes(work: Work, agent_id: str) -> None:
    """The named agent is free: contacts of theirs whom others serve are offered the change."""
    known = candidates.candidates(work.connection, work.now, work.present)
    me = known.get(agent_id)
    if me is None or me.status != "available" or me.load >= me.capacity:
        return
    for id in chats.served_by_others(work.connection, agent_id):
        found = work.ticket(id)
        if found.chat is not None and found.chat.state.state == "live" and found.chat.dedicated:
            offer_change(work, found, agent_id)
