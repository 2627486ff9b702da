"""One verb at work inside its transaction: what it found, what it changes, what is to be published after the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from desk import frames
from desk.actors import Signed
from desk.summaries import contact_summary, summaries
from live.base import Published
from routing.allow import Actor, Facts, allow
from routing.errors import Forbidden, NotFound
from store import audit, chats, customers, events, jobs, people, tickets
from store.chats import OpenChat
from store.customers import Customer
from store.engine import Connection
from store.jobs import Job
from store.people import Agent
from store.tickets import Found
from store.times import micros

ME: Mapping[str, str] = {}
"""As `by` of an event: whoever performs the verb."""


class LostRace(Exception):
    """Somebody else changed the same chat first: the verb runs again on what is there now."""


@dataclass
class Done:
    """What a transaction leaves behind for after its commit."""

    answer: dict[str, Any]
    items: list[Published] = field(default_factory=list)
    bell: bool = False


class Work:
    """Lives as long as the verb's function runs. Everything here is synchronous and in the record's thread."""

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        signed: Signed | None,
        present: frozenset[str] | None,
        digest: str = "",
    ) -> None:
        """`present`: agents with a lease; None: leases were lost a moment ago, nobody counts as gone. `digest`: of a
        request that says one message and does nothing else that a repetition would have to be told.
        """
        self.connection = connection
        self.now = now
        self.signed = signed
        self.present = present
        self.digest = digest
        self.items: list[Published] = []
        self.bell = False
        self._found: dict[str, Found] = {}
        self._before: dict[str, tuple[Any, ...]] = {}
        self._facts: dict[str, Facts] = {}
        self._shown: dict[str, None] = {}
        self._audited: list[tuple[str, str, Mapping[str, Any]]] = []
        self._jobs: dict[str, list[tuple[Callable[..., object], tuple[Any, ...]]]] = {}
        self._agents: dict[str, Agent] | None = None
        self._actors: list[tuple[str, Actor]] | None = None
        self._customers: dict[str, Customer] = {}

    # What there is ----------------------------------------------------------------------------------------------------

    def ticket(self, id: str) -> Found:
        """The ticket, locked; the same object for the whole verb. Raises NotFound."""
        if id not in self._found:
            tickets.lock(self.connection, id)
            found = tickets.find(self.connection, id)
            if found is None:
                raise NotFound
            self.adopt(found)
        return self._found[id]

    def adopt(self, found: Found) -> Found:
        """What was just made, or looked up, is watched for changes from now on."""
        self._found[found.ticket.id] = found
        self._before[found.ticket.id] = tickets.values(found.ticket)
        self._facts[found.ticket.id] = found.facts
        return found

    def begin_chat(self, found: Found, chat: OpenChat) -> None:
        """A new chat of the ticket. Raises Violation when another one was begun meanwhile."""
        chats.add(self.connection, chat)
        found.begin(chat)

    def allowed(self, id: str, verb: str) -> Found:
        """The ticket, if whoever performs may do this. Raises NotFound for what they may not see, Forbidden else."""
        assert self.signed is not None
        found = self.ticket(id)
        facts = found.facts
        if not allow(self.signed.actor, "see", facts).allowed:
            raise NotFound
        if not allow(self.signed.actor, verb, facts).allowed:
            raise Forbidden
        return found

    @property
    def agents(self) -> dict[str, Agent]:
        """Everyone who works here, by id."""
        if self._agents is None:
            self._agents = {agent.id: agent for agent in people.agents(self.connection)}
        return self._agents

    def agent(self, id: str) -> Agent:
        """One agent, also one who left. Raises NotFound."""
        found = self.agents.get(id) or people.find_agent(self.connection, id)
        if found is None:
            raise NotFound
        return found

    def customer(self, id: str) -> Customer | None:
        """One customer; the same object for the whole verb."""
        if id not in self._customers and (found := customers.find(self.connection, id)) is not None:
            self._customers[id] = found
        return self._customers.get(id)

    def agent_name(self, id: str | None) -> dict[str, str] | None:
        """`{"id","name"}` as events name people."""
        return None if id is None else {"id": id, "name": self.agent(id).name}

    # What happens -----------------------------------------------------------------------------------------------------

    def event(
        self,
        found: Found,
        kind: str,
        data: Mapping[str, Any],
        *,
        internal: bool = False,
        by: Mapping[str, str] | None = ME,
    ) -> tuple[int, int]:
        """The next event of the public or internal stream; its seq and instant (microseconds)."""
        ticket = found.ticket
        if internal:
            ticket.internal_seq += 1
            stream, seq = ticket.id + events.INTERNAL, ticket.internal_seq
        else:
            ticket.public_seq += 1
            stream, seq = ticket.id, ticket.public_seq
        ticket.last_at = at = max(micros(self.now), ticket.last_at + 1)
        if by is ME:
            by = self.signed.by if self.signed is not None else None
        text = frames.event_text(ticket.id, stream, seq, at, kind, by, data)
        events.add(self.connection, stream, seq, ticket.id, at, kind, by["id"] if by else None, text)
        self.items.append(Published((stream,), text.encode(), stream, seq, kind))
        return seq, at

    def tell(self, topics: tuple[str, ...] | str, kind: str, fields: Mapping[str, Any]) -> None:
        """An ephemeral frame, after the commit."""
        self.items.append(frames.ephemeral((topics,) if isinstance(topics, str) else topics, kind, fields))

    def order(self, topic: str, kind: str, text: str) -> None:
        """A word to the sockets of a person."""
        self.items.append(frames.order((topic,), kind, text))

    def show(self, found: Found) -> None:
        """The ticket's summary goes to all who may see it."""
        self._shown[found.ticket.id] = None

    def job(
        self, kind: str, key: str, after: timedelta | datetime = timedelta(), payload: Mapping[str, Any] | None = None
    ) -> None:
        """Something falls due. Written at the end, as every change of a job is: nearly all verbs wish the same few."""
        due = after if isinstance(after, datetime) else self.now + after
        self._change_job(key, jobs.put, kind, due, key, payload or {})
        self.bell = True

    def cancel(self, key: str) -> None:
        """It does not fall due any more."""
        self._change_job(key, jobs.cancel, key)

    def has_run(self, job: Job) -> None:
        """This claimed job is done with this transaction, unless it was wished again meanwhile."""
        self._change_job(job.key, jobs.done, job)

    def put_off(self, job: Job, due: datetime) -> None:
        """This claimed job is run again then, unless it was wished again meanwhile."""
        self._change_job(job.key, jobs.later, job, due)

    def _change_job(self, key: str, change: Callable[..., object], *values: Any) -> None:
        changes = self._jobs.setdefault(key, [])
        if (change, values) not in changes[-1:]:
            changes.append((change, values))

    def audit(self, action: str, object: str, detail: Mapping[str, Any]) -> None:
        """A row of the chain: ids and values, never addresses or secrets.

        Written at the end, because who appends holds up all others until the commit.
        """
        self._audited.append((action, object, detail))

    # The end ----------------------------------------------------------------------------------------------------------

    def finish(self, answer: dict[str, Any]) -> Done:
        """Writes back what changed. Raises LostRace when a chat was changed by somebody else."""
        for id, found in self._found.items():
            self._save(found, self._before[id])
        if self._shown:
            self._show()
        self._take_away()
        for key in sorted(self._jobs):  # in one order, so that no two verbs wait for each other
            for change, values in self._jobs[key]:
                change(self.connection, *values)
        by = self.signed.actor.id if self.signed else None
        audit.append_all(self.connection, by, self._audited, self.now)
        return Done(answer, self.items, self.bell)

    def _save(self, found: Found, before: tuple[Any, ...]) -> None:
        if found.has_moved and found.chat is not None:
            if not chats.save(self.connection, found.chat, micros(self.now)):
                raise LostRace
            if found.chat.state.state == "ended":
                found.end()
        tickets.save(self.connection, found.ticket, before)

    def _take_away(self) -> None:
        """Lines of agents whom a ticket does not concern any more are looked at again."""
        for id, found in self._found.items():
            before, after = self._facts[id], found.facts
            if before != after and (lost := set(self._who_see(before)).difference(self._who_see(after))):
                self.items.append(frames.order(tuple(sorted(lost)), "rights", id))

    def _who_see(self, facts: Facts) -> tuple[str, ...]:
        """The topics of the agents who may see a ticket that stands like this."""
        if self._actors is None:
            self._actors = [(f"agent:{agent.id}", agent.actor) for agent in self.agents.values()]
        return tuple(topic for topic, actor in self._actors if allow(actor, "see", facts).allowed)

    def _show(self) -> None:
        shown = [self._found[id] for id in self._shown]
        coordinators: dict[str, frozenset[str]] = {}
        for found, fields in zip(shown, summaries(self.connection, shown, self.agents), strict=True):
            if watchers := self._who_see(found.facts):
                self.tell(watchers, "inbox", fields)
            customer = found.ticket.customer_id
            if customer not in coordinators:
                coordinators[customer] = frozenset(people.coordinators(self.connection, customer))
            readers = found.participants | coordinators[customer]
            if readers:
                self.tell(tuple(f"contact:{each}" for each in sorted(readers)), "inbox", contact_summary(fields))
