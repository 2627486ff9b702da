"""An agent leaves: signed out, and replaced at once as named agent, as stand-in and as owner of what is not done."""

from __future__ import annotations

from dataclasses import dataclass

from desk import taking_over
from desk.administration.changing import Change
from desk.administration.checking import Check
from desk.administration.picking import Crew
from desk.deciding import decide
from desk.ringing import refused
from routing import chat as moves
from store import agents, customers, rings, sessions
from store.agents import Leave, Owned, Profile
from store.engine import Connection
from store.times import micros

SHOWN = 20
"""So many tickets are named, of all that would be left open."""


@dataclass(frozen=True)
class LeftOpen:
    """What would be nobody's if they left: customers by id, tickets (the oldest of all), chats, absences to come."""

    named: dict[str, str]
    stands_in: dict[str, str]
    tickets: list[Owned]
    tickets_in_all: int
    chats: list[Owned]
    absences: list[Leave]

    @property
    def needs_somebody(self) -> bool:
        """Whether nobody may leave it so."""
        return bool(self.named or self.tickets_in_all or self.chats)


def left_open(connection: Connection, id: str, now: int) -> LeftOpen:
    """As of now."""
    return LeftOpen(
        agents.named_for(connection, id),
        agents.stands_in_for(connection, id),
        agents.owned(connection, id, SHOWN),
        agents.owned_count(connection, id),
        agents.serving(connection, id),
        [each for each in agents.absences(connection, now) if each.agent_id == id],
    )


def leave(change: Change, gone: Profile, successor: str) -> None:
    """At once but for what many open tickets take: the first of them now, the others in pieces. `successor`: as
    entered, empty for nobody. Raises Wrong."""
    check = Check()
    left = left_open(change.connection, gone.id, change.at)
    taking = _successor(change, check, gone, successor, left.needs_somebody)
    check.done()
    _replace(change, gone.id, taking)
    agents.retire(change.connection, gone.id, taking)
    for ring in rings.open_of_agents(change.connection, [gone.id]):
        refused(change, change.ticket(ring.ticket_id), ring, "given_up", "")
    taking_over.piece(change, gone.id)
    for each in left.chats:
        _route_anew(change, each.id, gone.id)
    sessions.end_all_of_agent(change.connection, gone.id, micros(change.real))
    sessions.void_links(change.connection, gone.id, micros(change.real))
    change.job("revoked", f"revoked:{gone.id}", payload={"agent": gone.id})
    change.audit("agent_left", gone.id, {"successor": taking, "tickets": left.tickets_in_all})


def other_admins(change: Change, id: str) -> bool:
    """Whether the desk would still have one."""
    return any(each.active and "admin" in each.roles and each.id != id for each in agents.every(change.connection))


def _successor(change: Change, check: Check, gone: Profile, entered: str, needed: bool) -> str | None:
    if "admin" in gone.roles and not other_admins(change, gone.id):
        check.refuse("successor", "{name} is the only admin. Make somebody else one first.", name=gone.name)
    if needed and not entered.strip():
        check.refuse("successor", "Choose who takes over: {name} has customers or tickets.", name=gone.name)
    taking = Crew(agents.every(change.connection)).read(check, "successor", entered)
    if taking == gone.id:
        check.refuse("successor", "{name} is who leaves. Choose somebody else.", name=gone.name)
    return taking


def _route_anew(change: Change, ticket: str, gone: str) -> None:
    """Whom they talked to is asked nothing: somebody else is rung, with the history and an apology."""
    found = change.ticket(ticket)
    if found.chat is not None and found.chat.state.serving == gone:
        change.cancel(f"grace:{found.chat.id}")
        found.chat.state = moves.agent_left(found.chat.state, gone)
        decide(change, found, again=True)


def _replace(change: Change, gone: str, successor: str | None) -> None:
    """In every list at once; who is the named agent, or listed already, is not listed again."""
    agents.replace_named(change.connection, gone, successor)
    lists = agents.lists_with(change.connection, gone)
    named: dict[str, str] = {} if successor is None else agents.named_for(change.connection, successor)
    standing = {} if successor is None else agents.lists_with(change.connection, successor)
    for customer, listed in {**standing, **lists}.items():
        kept = [successor if each == gone else each for each in listed]
        once = [each for each in dict.fromkeys(kept) if each is not None]
        if customer in named:
            once = [each for each in once if each != successor]
        customers.set_stand_ins(change.connection, customer, once)
