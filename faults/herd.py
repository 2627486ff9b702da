"""Thousands of contacts in one process: the product's client over lines that are framed by hand, which cost a tenth."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import resource
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

from bench.wire import Wire, connect, text_frame
from desk.contact_identity import ContactIdentity
from desk.desk import Desk
from desk.requests import Press
from faults.frame import Skipped
from server.demo import cast
from server.demo.ways import Audience, Closed, Credentials, Frame
from server.opening import opened
from server.settings import load
from tests.support.client import Client

AT_ONCE = 64


Known = tuple[Credentials, str]
"""A contact with a ticket."""


class WireWay:
    """A `Way` of the client. The line answers heartbeats by itself."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._heard: asyncio.Queue[bytes | None] = asyncio.Queue()
        wire.on_text = self._heard.put_nowait
        wire.closed.add_done_callback(lambda _: self._heard.put_nowait(None))

    @classmethod
    async def open(cls, desk: str, audience: Audience, credentials: Credentials, hello: Frame) -> Self:
        headers = {"Cookie": credentials.cookie} if credentials.cookie else {}
        way = cls(await connect(desk, f"/ws/{audience}", headers))
        await way.send(hello)
        return way

    async def frames(self) -> AsyncIterator[Frame]:
        while (payload := await self._heard.get()) is not None:
            yield json.loads(payload)
        raise Closed(self._wire.closed.result())

    async def send(self, frame: Frame) -> None:
        self._wire.send(text_frame(json.dumps(frame).encode()))

    async def resume(self, cursors: Mapping[str, int]) -> None:
        await self.send({"type": "resume", "resume": cursors})

    async def close(self) -> None:
        self._wire.close()

    def abort(self) -> None:
        self._wire.abort()


def room(lines: int) -> None:
    """This process may open so many lines, and is not held up by its own collector, which walks through millions of
    objects. Raises Skipped.
    """
    gc.disable()
    wanted = lines + 2000
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < wanted:
        raise Skipped(f"Only {most} files may be open here, {wanted} are needed.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def written(settings: Mapping[str, str], how_many: int) -> list[Known]:
    """So many contacts with a ticket each, whom nobody is rung for. While no process serves: the desk's own verbs write
    them into its record.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    async with opened(load(settings)) as base:
        desk = Desk(base.record, base.live, base.clock)
        identity = ContactIdentity(desk, base.sealer)

        async def one(number: int) -> tuple[Credentials, str]:
            key, answers = cast.CUSTOMERS[number % len(cast.CUSTOMERS)].key, list[dict[str, Any]]()
            async with turns:
                visit = await identity.open_session(key, {}, str(number))
                signed = await identity.contact(visit.token) if visit is not None else None
                assert visit is not None and signed is not None
                press = Press(rid=str(uuid.uuid4()), text="It is down.", message_only=True)
                await desk.perform(signed, press, answers.append)
            return Credentials(token=visit.token), answers[0]["ticket"]

        return list(await asyncio.gather(*(one(number) for number in range(how_many))))


class Returner:
    """One of them, and what came of it when the lines broke."""

    def __init__(self, origin: str, who: Credentials, ticket: str, chance: random.Random) -> None:
        own = random.Random(chance.random())
        self.client = Client(origin, "contact", who, way=WireWay, chance=own, on_frame=self._hear)
        self.ticket = ticket
        self.asked: list[asyncio.Future[Frame]] = []
        self.resumed = asyncio.Event()
        """It was told that it has missed nothing more of its ticket."""

    def say(self, body: str) -> None:
        """Puts one message into the outbox."""
        self.asked.append(self.client.send("say", ticket=self.ticket, body=body))

    def forget(self) -> None:
        """As a page that was reloaded and has nothing of its ticket any more."""
        cursor = self.client.cursors[self.ticket]
        cursor.last = 0
        cursor.held.clear()
        self.client.log.shown[self.ticket].clear()
        self.client.log.started_after[self.ticket] = 0

    async def whole(self) -> float:
        """When it was resumed and everything under way was acknowledged."""
        await self.resumed.wait()
        await asyncio.gather(*self.asked)
        return asyncio.get_running_loop().time()

    def _hear(self, frame: Frame) -> None:
        if frame["type"] == "resumed" and frame["stream"] == self.ticket:
            self.resumed.set()


async def enter(stack: AsyncExitStack, origin: str, people: Sequence[Known], seed: int) -> list[Returner]:
    """A line each, `ready`."""
    turns, chance = asyncio.Semaphore(AT_ONCE), random.Random(seed)

    async def one(who: Credentials, ticket: str) -> Returner:
        made = Returner(origin, who, ticket, chance)
        async with turns:
            await stack.enter_async_context(made.client)
        return made

    return list(await asyncio.gather(*(one(*each) for each in people)))
