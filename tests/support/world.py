"""A small desk with people, on any record, with a clock that a test moves: the demo's cast without its history."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from desk.actors import Signed
from desk.desk import Desk
from desk.due import DueWorker
from desk.reading import Reading
from desk.sealing import Sealer
from desk.watch import Watch
from live.base import Live, Published
from live.memory import MemoryLive
from routing.allow import Actor
from server.demo import cast, seed
from store import contacts, meta, people
from store.contacts import Person
from store.engine import Connection, InlineRecord, Record
from store.times import micros

OPEN = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in Bratislava."""
NIGHT = datetime(2026, 3, 4, 21, 0, tzinfo=UTC)
BUTTON = "button-brightwater"
SEALER = Sealer([Sealer.new_key()])
Kind = Literal["agent", "contact"]


class MovedClock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def real(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self.move(timedelta(seconds=seconds))

    def move(self, by: timedelta) -> None:
        self._now += by
        self._monotonic += by.total_seconds()


class World:
    """Use `await World.make(...)`."""

    def __init__(self, record: Record, start: datetime, live: Live | None = None) -> None:
        self.record = record
        self.clock = MovedClock(start)
        self.live = live or MemoryLive(monotonic=self.clock.monotonic)
        self.desk = Desk(record, self.live, self.clock)
        self.reading = Reading(self.desk)
        self.worker = DueWorker(self.desk)
        self.watch = Watch(self.desk)
        self.there: set[tuple[Kind, str]] = set()
        self.heard = 0

    @classmethod
    async def make(
        cls,
        record: Record | None = None,
        *,
        start: datetime = OPEN,
        here: tuple[str, ...] = ("anna", "ben", "petra"),
        live: Live | None = None,
    ) -> World:
        """A world with these agents at their consoles. Leases are settled."""
        world = cls(record or InlineRecord(), start - timedelta(seconds=20), live)

        def verb(connection: Connection) -> None:
            meta.set_kind(connection, "demo")
            meta.ensure_epoch(connection)
            seed.people(connection, world.clock.now(), SEALER, {})

        await world.record.write(verb, name="seed")
        await world.live.start()
        await world.go_on(20)
        for agent in here:
            await world.comes("agent", agent)
        await world.due()
        return world

    # People -------------------------------------------------------------------------------------------------------

    async def comes(self, kind: Kind, person: str) -> None:
        """Their first line opens."""
        self.there.add((kind, person))
        await self.live.beat(kind, person, "socket")
        await self.desk.person_here(kind, person)

    async def goes(self, kind: Kind, person: str) -> None:
        """Their last line is closed."""
        self.there.discard((kind, person))
        await self.live.gone(kind, person, "socket")
        await self.desk.person_gone(kind, person)

    async def visitor(self, id: str = "visitor") -> str:
        """Somebody nobody knows."""
        new = Person(id, "brightwater", "Visitor", None, None, verified=False, coordinator=False)
        at = micros(self.clock.now())
        await self.record.write(lambda connection: contacts.add(connection, new, at), name="visit")
        return id

    async def signed(self, id: str, button: str = BUTTON) -> Signed:
        """Agent or contact of this id."""

        def query(connection: Connection) -> Signed:
            agent = people.find_agent(connection, id)
            if agent is not None:
                return Signed(agent.actor, agent.name)
            contact = people.find_contact(connection, id)
            assert contact is not None, id
            actor = Actor(
                id, "contact", customer=contact.customer_id, coordinator=contact.coordinator, verified=contact.verified
            )
            return Signed(actor, contact.name, button)

        found = await self.record.read(query)
        if found.actor.kind == "contact" and found.actor.customer != "brightwater":
            return replace(found, button_id=f"button-{found.actor.customer}")
        return found

    # Doing --------------------------------------------------------------------------------------------------------

    async def ask(self, who: str, request: type, /, **fields: Any) -> dict[str, Any]:
        """Performs a verb; its answer. Raises DeskError."""
        answers: list[dict[str, Any]] = []
        made = request(**({"rid": str(uuid.uuid4())} | fields))
        await self.desk.perform(await self.signed(who), made, answers.append)
        return answers[0]

    async def due(self, most: int = 200) -> int:
        """Runs what is due now, until nothing is; how many jobs."""
        ran = 0
        while ran < most and (batch := await self.worker.run_due()):
            ran += batch
        return ran

    async def go_on(self, seconds: float) -> None:
        """Time passes in steps of at most five seconds; who is there stays there; what falls due is done."""
        while seconds > 0:
            step = min(5.0, seconds)
            seconds -= step
            self.clock.move(timedelta(seconds=step))
            for kind, person in sorted(self.there):
                await self.live.beat(kind, person, "socket")
            await self.watch.look()
            await self.due()

    # Looking ------------------------------------------------------------------------------------------------------

    async def ring_of(self, agent: str) -> str:
        """The one open ring of an agent."""
        [ring] = (await self.reading.open_rings([agent])).get(agent, [])
        return ring

    async def rung(self) -> dict[str, int]:
        """How many rings each agent has."""
        found = await self.reading.open_rings([each.id for each in cast.AGENTS])
        return {agent: len(ids) for agent, ids in found.items() if ids}

    async def events(self, stream: str) -> list[dict[str, Any]]:
        """Everything in a stream."""
        _, frames = await self.reading.missed(stream, 0, 1000)
        return [json.loads(frame) for frame in frames]

    async def kinds(self, stream: str) -> list[str]:
        """The kinds of a stream's events; chats with their state."""
        return [
            f"chat {event['data']['state']}" if event["kind"] == "chat" else event["kind"]
            for event in await self.events(stream)
        ]

    async def summary(self, who: str, ticket: str) -> dict[str, Any]:
        """The ticket as this person's snapshot shows it. Raises NotFound."""
        _, snapshot = await self.reading.snapshot(await self.signed(who), ticket)
        found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(snapshot))["ticket"]
        return found

    def listen(self, *topics: str) -> list[dict[str, Any]]:
        """Frames published on these topics from now on, numbered; orders as {"type": kind, "order": text}."""
        heard: list[dict[str, Any]] = []

        def receive(item: Published) -> None:
            self.heard += 1
            is_frame = item.frame.startswith(b"{")
            frame = json.loads(item.frame) if is_frame else {"type": item.kind, "order": item.frame.decode()}
            heard.append(frame | {"heard": self.heard})

        for topic in topics:
            self.live.follow(topic, receive)
        return heard


def of_type(frames: list[dict[str, Any]], type: str) -> list[Mapping[str, Any]]:
    """Only those."""
    return [frame for frame in frames if frame.get("type") == type]
