"""The people who use the desk while it fails: contacts with two tabs each, agents who pick up and answer."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.frame import Outcome
from faults.ground import House
from server.demo import cast
from server.demo.client import ClientLog, Refusal
from server.demo.ways import SocketWay, Way
from tests.support.client import Client, Closed, Credentials, sign_in, visit
from tests.support.eventually import eventually

AGENTS = tuple(each.id for each in cast.AGENTS if each.teams)
_PEOPLE = {each.id: each for each in cast.AGENTS}
BACK_S = 90.0


@dataclass
class Contact:
    """A visitor: one tab writes, the other looks, in another process where there are two."""

    writes: Client
    looks: Client
    ticket: str = ""
    took_s: list[tuple[float, float]] = field(default_factory=list)
    """When each message was written, and how long it took until it was acknowledged."""

    @property
    def logs(self) -> list[ClientLog]:
        return [self.writes.log, self.looks.log]

    async def say(self, body: str) -> int:
        """One message, acknowledged at last; its seq."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await self.writes.ask("say", ticket=self.ticket, body=body, timeout_s=BACK_S)
        self.took_s.append((began, loop.time() - began))
        seq: int = answer["seq"]
        return seq

    async def heard(self, body: str = "Are you back?") -> None:
        """A message is acknowledged and shown in the other tab."""
        seq = await self.say(body)
        await eventually(lambda: self._shown() >= seq, BACK_S)

    def _shown(self) -> int:
        cursor = self.looks.cursors.get(self.ticket)
        return cursor.last if cursor is not None else 0


@dataclass
class Crowd:
    """Everybody; `talk` keeps them talking until `judge`."""

    house: House
    chance: random.Random
    contacts: list[Contact]
    agents: dict[str, Client]
    _talking: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def logs(self) -> list[ClientLog]:
        return [log for each in self.contacts for log in each.logs] + [each.log for each in self.agents.values()]

    @property
    def clients(self) -> list[Client]:
        return [line for each in self.contacts for line in (each.writes, each.looks)] + list(self.agents.values())

    def talk(self, every_s: float) -> None:
        """Each contact writes about that often, whatever happens."""
        self._talking += [asyncio.create_task(self._talks(each, every_s)) for each in self.contacts]

    async def _talks(self, contact: Contact, every_s: float) -> None:
        number = 0
        while True:
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * every_s)
            number += 1
            await contact.say(f"line {number}")

    async def rest(self) -> None:
        """Nobody writes any more; what is under way is answered."""
        for task in self._talking:
            task.cancel()
        for said in await asyncio.gather(*self._talking, return_exceptions=True):
            if isinstance(said, Exception):
                raise said
        self._talking = []
        await eventually(lambda: not any(client.waiting for client in self.clients), BACK_S)

    async def back(self, since: float) -> list[float]:
        """For each contact the seconds from `since` until a new message is through to the other tab."""

        async def one(contact: Contact) -> float:
            await contact.heard()
            return asyncio.get_running_loop().time() - since

        return list(await asyncio.gather(*(one(each) for each in self.contacts)))

    def slowest_s(self, since: float) -> float:
        """Of the messages written since then."""
        return max((took for each in self.contacts for when, took in each.took_s if when >= since), default=0.0)

    async def judge(self, outcome: Outcome) -> None:
        """Everything has come to rest; the checker looks at the record and at what everybody was shown."""
        await self.rest()
        await self.house.judge(outcome, self.logs)


@contextlib.asynccontextmanager
async def crowd(
    house: House,
    seed: int,
    *,
    contacts: int = 8,
    agents: Sequence[str] = AGENTS,
    way: type[Way] = SocketWay,
    rung: int = 20,
) -> AsyncIterator[Crowd]:
    """Everybody comes in. The first `rung` contacts press, the others leave a message. I10 is for the caller."""
    chance = random.Random(seed)
    async with contextlib.AsyncExitStack() as stack:

        async def line(number: int, audience: Any, who: Credentials) -> Client:
            client = Client(house.origin(number), audience, who, chance=random.Random(chance.random()), way=way)
            await stack.enter_async_context(client)
            return client

        found: dict[str, Client] = {}
        for number, name in enumerate(agents):
            person = _PEOPLE[name]
            who = await sign_in(house.origin(number), person.email, person.password)
            found[name] = await line(number, "agent", who)
            await found[name].ask("presence", status="available", auto_answer=True)
            stack.push_async_callback(_stop, asyncio.create_task(_replies(found[name])))

        async def comes(number: int) -> Contact:
            who = await visit(house.origin(number), cast.CUSTOMERS[number % len(cast.CUSTOMERS)].key)
            contact = Contact(await line(number, "contact", who), await line(number + 1, "contact", who))
            pressed = await contact.writes.ask("press", text=f"Hello {number}", message_only=number >= rung)
            contact.ticket = pressed["ticket"]
            await eventually(lambda: contact._shown() >= pressed["seq"], BACK_S)
            return contact

        people = []
        for start in range(0, contacts, 20):
            people += await asyncio.gather(*(comes(number) for number in range(start, min(contacts, start + 20))))
        here = Crowd(house, chance, people, found)
        try:
            yield here
        finally:
            for task in here._talking:
                task.cancel()
            await asyncio.gather(*here._talking, return_exceptions=True)


async def _replies(agent: Client) -> None:
    """An agent who answers every seventh message of the chats they follow."""
    answered = 0
    while True:
        heard = [
            (stream, event)
            for stream, events in agent.log.shown.items()
            if not stream.endswith("/i")
            for event in events
            if event["kind"] == "message" and event["by"] and event["by"]["role"] == "contact"
        ]
        for stream, _ in heard[answered::7]:
            with contextlib.suppress(Refusal, Closed, TimeoutError):
                await agent.ask("say", ticket=stream, body="I am on it.", anyway=True)
        answered = len(heard)
        await asyncio.sleep(0.5)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
