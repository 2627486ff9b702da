"""What the record says, for given eyes: openings, missed events, snapshots, pages of the console. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from desk.actors import Signed
from desk.deciding import ring_frame
from desk.desk import Desk
from desk.frames import maybe_written
from desk.handing import offer_frame
from desk.listing import customer_page, tickets_page, with_unread
from desk.summaries import contact_summary, summaries
from desk.work import Work
from routing.allow import allow
from routing.errors import NotFound
from store import candidates, events, meta, offers, people, reads, rings, tickets
from store.engine import Connection
from store.people import Agent
from store.tickets import Found

SNAPSHOT_EVENTS = 50
PAGE = 50


@dataclass(frozen=True)
class Opening:
    """The parts of `ready`; `people` only for agents.

    `awaited`: the record waits for this person, or takes them for away, and is to be told that they are here.
    """

    epoch: str
    you: dict[str, Any]
    tickets: list[dict[str, Any]]
    rings: list[dict[str, Any]]
    offers: list[dict[str, Any]]
    people: list[dict[str, Any]] | None = None
    awaited: bool = True


MOST_OWN = 20
"""Of a contact's tickets so many are looked at again: what became theirs a moment ago is the newest."""


class Reading:
    """The desk's reading side; every method takes one snapshot of the record."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # For the sockets -------------------------------------------------------------------------------------------------

    async def opening(self, signed: Signed) -> Opening:
        """Everything a line begins with. Raises Unavailable."""
        present = await self._desk.present()
        return await self._desk.record.read(lambda connection: _opening(self._work(connection), signed, present))

    async def may_follow(self, signed: Signed, streams: Sequence[str]) -> set[str]:
        """Which of these streams this person may follow."""
        return await self._desk.record.read(lambda connection: _followable(connection, signed, streams))

    async def own_tickets(self, signed: Signed) -> list[str]:
        """What is this person's own, newest first, and so followed from the verb on that made it theirs."""
        return await self._desk.record.read(lambda connection: _own(connection, signed))

    async def missed(self, stream: str, after: int, limit: int) -> tuple[int, list[bytes]]:
        """The head of a stream and its frames behind a seq."""
        return await self._desk.record.read(
            lambda connection: (events.head(connection, stream), events.after(connection, stream, after, limit))
        )

    async def snapshot(self, signed: Signed, stream: str) -> tuple[int, dict[str, Any]]:
        """Where a stream stands: its head, the ticket, its last events. Raises NotFound."""
        return await self._desk.record.read(lambda connection: _snapshot(connection, signed, stream))

    async def history(self, signed: Signed, stream: str, before: int, limit: int) -> list[bytes]:
        """Frames before a seq, oldest first. Raises NotFound."""

        def query(connection: Connection) -> list[bytes]:
            if stream not in _followable(connection, signed, [stream]):
                raise NotFound
            return events.before(connection, stream, before, limit)

        return await self._desk.record.read(query)

    async def heads(self, streams: Sequence[str]) -> Mapping[str, int]:
        """The last seq of each stream, in one query."""
        return await self._desk.record.read(lambda connection: events.heads(connection, streams))

    async def open_rings(self, agents: Sequence[str]) -> Mapping[str, list[str]]:
        """Ids of the open rings of each agent, in one query."""

        def query(connection: Connection) -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for ring in rings.open_of_agents(connection, agents):
                found.setdefault(ring.agent_id, []).append(ring.id)
            return found

        return await self._desk.record.read(query)

    # For pages -------------------------------------------------------------------------------------------------------

    async def ticket_page(self, signed: Signed, id: str) -> dict[str, Any]:
        """One ticket for the console. Raises NotFound."""
        viewers = self._desk.viewers.of(id)
        page = await self._desk.record.read(lambda connection: _ticket_page(connection, signed, id))
        return page | {"viewers": viewers}

    async def tickets_page(self, signed: Signed, view: str, query: str, cursor: str | None) -> dict[str, Any]:
        """One page of a view, with the counts of all. Raises BadRequest."""
        return await self._desk.record.read(
            lambda connection: tickets_page(self._work(connection), signed, view, query, cursor)
        )

    async def customer_page(self, signed: Signed, id: str) -> dict[str, Any]:
        """One customer for the console. Raises NotFound."""
        there = await self._desk.present()
        pages = await self._desk.live.present("contact")

        def query(connection: Connection) -> dict[str, Any]:
            work = self._work(connection)
            people = {str(each["id"]): each for each in people_of(work, there)}
            return customer_page(work, signed, id, people, pages.people)

        return await self._desk.record.read(query)

    async def people(self) -> list[dict[str, Any]]:
        """Every agent with their presence and load."""
        there = await self._desk.present()
        return await self._desk.record.read(lambda connection: people_of(self._work(connection), there))

    def _work(self, connection: Connection) -> Work:
        return Work(connection, self._desk.clock.now(), None, frozenset())


def _opening(work: Work, signed: Signed, there: frozenset[str] | None) -> Opening:
    connection = work.connection
    found = tickets.find_all(connection, _ids_of(connection, signed))
    if signed.actor.kind == "contact":
        return _contacts_opening(work, signed, found)
    agents = work.agents
    me = agents.get(signed.actor.id)
    you: dict[str, Any] = {"id": signed.actor.id, "name": signed.name, "roles": sorted(signed.actor.roles)}
    if me is not None:
        you |= {"teams": list(me.teams), "status": me.status, "auto_answer": me.auto_answer, "photo": me.face["photo"]}
    shown = with_unread(connection, signed, summaries(connection, found))
    return Opening(_epoch(connection), you, shown, _rings(work, signed), [], people_of(work, there))


def _contacts_opening(work: Work, signed: Signed, found: Sequence[Found]) -> Opening:
    connection, me = work.connection, signed.actor
    shown = [contact_summary(fields) for fields in summaries(connection, found)]
    you = {"id": me.id, "name": signed.name, "verified": me.verified}
    open_offers = [offer_frame(offer) for offer in offers.open_of(connection, [each.ticket.id for each in found])]
    mine = [each.chat.state for each in found if each.chat is not None and each.chat.contact_id == me.id]
    return Opening(
        _epoch(connection),
        you,
        with_unread(connection, signed, shown),
        [],
        open_offers,
        awaited=any(chat.gone_since is not None or chat.state == "waiting" for chat in mine),
    )


def _rings(work: Work, signed: Signed) -> list[dict[str, Any]]:
    ringing = rings.open_of_agents(work.connection, [signed.actor.id])
    found = {each.ticket.id: each for each in tickets.find_all(work.connection, [ring.ticket_id for ring in ringing])}
    return [ring_frame(work, found[ring.ticket_id], ring) for ring in ringing if ring.ticket_id in found]


def _ids_of(connection: Connection, signed: Signed) -> list[str]:
    actor = signed.actor
    if actor.kind == "contact" and actor.coordinator and actor.verified and actor.customer is not None:
        return tickets.of_customer(connection, actor.customer)
    elif actor.kind == "contact":
        return tickets.of_contact(connection, actor.id)
    elif not actor.roles & {"agent", "lead"}:
        return []
    else:
        return tickets.of_agent(
            connection,
            actor.id,
            pool="pool" in actor.teams,
            second="technical" in actor.teams,
            lead="lead" in actor.roles,
        )


def _own(connection: Connection, signed: Signed) -> list[str]:
    if signed.actor.kind == "contact":
        return tickets.of_contact(connection, signed.actor.id, MOST_OWN)
    return tickets.of_agent(connection, signed.actor.id, pool=False, second=False, lead=False)


def _epoch(connection: Connection) -> str:
    return meta.epoch(connection) or ""


def _followable(connection: Connection, signed: Signed, streams: Sequence[str]) -> set[str]:
    known = {
        each.ticket.id: each for each in tickets.find_all(connection, sorted({events.ticket_of(s) for s in streams}))
    }
    allowed = set()
    for stream in streams:
        found = known.get(events.ticket_of(stream))
        verb = "see_internal" if stream.endswith(events.INTERNAL) else "see"
        if found is not None and allow(signed.actor, verb, found.facts).allowed:
            allowed.add(stream)
    return allowed


def _seen(connection: Connection, signed: Signed, id: str) -> Found:
    found = tickets.find(connection, id)
    if found is None or not allow(signed.actor, "see", found.facts).allowed:
        raise NotFound
    return found


def _agents(connection: Connection) -> dict[str, Agent]:
    return {agent.id: agent for agent in people.agents(connection)}


def _snapshot(connection: Connection, signed: Signed, stream: str) -> tuple[int, dict[str, Any]]:
    if stream not in _followable(connection, signed, [stream]):
        raise NotFound
    found = _seen(connection, signed, events.ticket_of(stream))
    [fields] = summaries(connection, [found])
    if signed.actor.kind == "contact":
        fields = contact_summary(fields)
    seq = found.ticket.internal_seq if stream.endswith(events.INTERNAL) else found.ticket.public_seq
    return seq, {"ticket": fields, "events": _fitting(events.before(connection, stream, seq + 1, SNAPSHOT_EVENTS))}


def _fitting(frames: list[bytes], budget: int = 900 * 1024) -> list[msgspec.Raw]:
    """The newest that fit into one frame, in order."""
    kept: list[msgspec.Raw] = []
    for frame in reversed(frames):
        budget -= len(frame)
        if budget < 0:
            break
        kept.insert(0, msgspec.Raw(frame))
    return kept


def _ticket_page(connection: Connection, signed: Signed, id: str) -> dict[str, Any]:
    found = _seen(connection, signed, id)
    agents = _agents(connection)
    [fields] = with_unread(connection, signed, summaries(connection, [found]))
    decision = events.last_of_kind(connection, id + events.INTERNAL, "decision")
    fields |= {
        "members": [{"id": each, "name": agents[each].name} for each in sorted(found.members) if each in agents],
        "participants": [
            {"id": each.id, "name": each.name}
            for each in (people.find_contact(connection, id) for id in sorted(found.participants))
            if each is not None
        ],
        "why": None if decision is None else msgspec.json.decode(decision)["data"],
        "rating": reads.rating_of(connection, id),
    }
    public, internal = found.ticket.public_seq, found.ticket.internal_seq
    return {
        "ticket": fields,
        "public": _fitting(events.before(connection, id, public + 1, SNAPSHOT_EVENTS)),
        "internal": _fitting(events.before(connection, id + events.INTERNAL, internal + 1, SNAPSHOT_EVENTS)),
    }


def people_of(work: Work, there: frozenset[str] | None) -> list[dict[str, Any]]:
    """Every agent as colleagues see them."""
    known = candidates.candidates(work.connection, work.now, there)
    return [_person(agent, known, work, there) for agent in work.agents.values()]


def _person(agent: Agent, known: Mapping[str, Any], work: Work, there: frozenset[str] | None) -> dict[str, Any]:
    candidate = known[agent.id]
    absent = [each.until for each in candidate.absences if each.since <= work.now < each.until]
    return agent.face | {
        "teams": list(agent.teams),
        "roles": sorted(agent.roles),
        "status": agent.status,
        "present": there is None or agent.id in there,
        "load": candidate.load,
        "capacity": candidate.capacity,
        "absent_until": maybe_written(max(absent)) if absent else None,
    }
