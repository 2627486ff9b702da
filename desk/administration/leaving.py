"""An agent leaves: signed out, and replaced at once as named agent, as stand-in and as owner of what is not done."""

from __future__ import annotations

from desk.administration.changing import Change
from desk.administration.checking import Check
from desk.deciding import set_owner
from desk.ringing import refused
from routing.errors import Conflict
from store import agents, customers, rings, sessions
from store.agents import Profile
from store.times import micros


def leave(change: Change, gone: Profile, successor: str | None) -> None:
    """Raises Wrong, Conflict."""
    check = Check()
    owned = agents.owned(change.connection, gone.id)
    talking = [f"VD-{each.number}" for each in owned if each.live] or _serving(change, gone.id)
    if talking:
        numbers = ", ".join(talking)
        raise Conflict(
            "{name} is in a chat now ({tickets}). Hand it over or end it first.",
            values={"name": gone.name, "tickets": numbers},
        )
    _check_successor(change, check, gone, successor, bool(owned or agents.named_for(change.connection, gone.id)))
    check.done()
    _replace(change, gone.id, successor)
    agents.retire(change.connection, gone.id)
    for ring in rings.open_of_agents(change.connection, [gone.id]):
        refused(change, change.ticket(ring.ticket_id), ring, "given_up", "")
    for each in owned:
        if successor is not None:
            found = change.ticket(each.id)
            set_owner(change, found, successor, "left")
            change.show(found)
    sessions.end_all_of_agent(change.connection, gone.id, micros(change.real))
    change.job("revoked", f"revoked:{gone.id}", payload={"agent": gone.id})
    change.audit("agent_left", gone.id, {"successor": successor, "tickets": len(owned)})


def other_admins(change: Change, id: str) -> bool:
    """Whether the desk would still have one."""
    return any(each.active and "admin" in each.roles and each.id != id for each in agents.every(change.connection))


def _check_successor(change: Change, check: Check, gone: Profile, successor: str | None, needed: bool) -> None:
    if "admin" in gone.roles and not other_admins(change, gone.id):
        check.refuse("successor", "{name} is the only admin. Make somebody else one first.", name=gone.name)
    if successor is None and needed:
        check.refuse("successor", "Choose who takes over: {name} has customers or tickets.", name=gone.name)
    if successor is not None:
        taking = agents.find(change.connection, successor)
        if taking is None or not taking.active or successor == gone.id or not taking.teams:
            check.refuse("successor", "Choose somebody who works here and answers chats.")


def _serving(change: Change, id: str) -> list[str]:
    """Chats that they talk in although somebody else owns them."""
    return [f"VD-{change.ticket(each).ticket.number}" for each in agents.serving(change.connection, id)]


def _replace(change: Change, gone: str, successor: str | None) -> None:
    """In every list at once; who is the named agent, or listed already, is not listed again."""
    agents.replace_named(change.connection, gone, successor)
    lists = agents.lists_with(change.connection, gone)
    named = [] if successor is None else agents.named_for(change.connection, successor)
    standing = {} if successor is None else agents.lists_with(change.connection, successor)
    for customer, listed in {**standing, **lists}.items():
        kept = [successor if each == gone else each for each in listed]
        once = [each for each in dict.fromkeys(kept) if each is not None]
        if customer in named:
            once = [each for each in once if each != successor]
        customers.set_stand_ins(change.connection, customer, once)
