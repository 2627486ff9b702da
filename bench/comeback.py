"""The load of handshakes and of storms: clients that were here before come again."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from bench.fleet import Inbox, Town, agent_socket, greet, live_chat_of
from bench.wire import Wire, connect, text_frame
from server.demo import ways
from server.demo.ways import Credentials

AT_ONCE = 64
"""So many handshakes are under way at a time, where it is not a storm."""
SETTLED_S = 2.0
"""After all lines broke: the desk notes who has gone."""


@dataclass
class Returner:
    """One who comes back: what lets them in, their ticket, what they saw of it, who carries their frames now."""

    who: Credentials
    ticket: str = ""
    seqs: list[int] = field(default_factory=list)
    wire: Wire | None = None
    head: int = 0


async def prepare_knocks(port: int, clients: int, buttons: list[str]) -> list[Credentials]:
    """A session each; the handshakes themselves come later."""
    async with Town(port) as town:
        gate = asyncio.Semaphore(16)

        async def one(number: int) -> Credentials:
            async with gate:
                return await ways.visit_through(town.door(), buttons[number % len(buttons)])

        return list(await asyncio.gather(*(one(number) for number in range(clients))))


async def knock(fleet: str, port: int, people: list[Credentials], clients: int) -> dict[str, Any]:
    """All come in, AT_ONCE at a time, until `ready`; then all leave."""
    origin = f"http://127.0.0.1:{port}"
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Wire:
        async with gate:
            if fleet == "relay":
                return await greet(origin, {"type": "hello"})
            wire = await connect(origin, "/ws/contact", {})
            inbox = Inbox(wire)
            wire.send(_frame(people[number].hello(lang="en", zone="UTC")))
            await inbox.until("ready")
            return wire

    started = time.perf_counter()
    wires = await asyncio.gather(*(one(number) for number in range(clients)))
    spent = time.perf_counter() - started
    for wire in wires:
        wire.abort()
    await asyncio.sleep(SETTLED_S / 4)
    return {"rate": clients / spent}


@dataclass
class Herd:
    """Who comes back together, and the agents they talk to. A cursor of another epoch would be answered by a reset."""

    epoch: str
    agents: list[Wire]
    returners: list[Returner]

    @property
    def wires(self) -> list[Wire]:
        """All that are open."""
        return [*self.agents, *(each.wire for each in self.returners if each.wire is not None)]


async def prepare_storm(port: int, clients: int, people: list[dict[str, str]], buttons: list[str]) -> Herd:
    """Agents who answer by themselves, and clients in a live chat each."""
    async with Town(port) as town:
        agents = [await agent_socket(town, person) for person in people]
        for agent in agents:
            agent.on_text = lambda payload: None
        gate = asyncio.Semaphore(32)

        async def one(number: int) -> Returner:
            async with gate:
                who = await ways.visit_through(town.door(), buttons[number % len(buttons)])
                wire, ticket = await live_chat_of(town, who)
                return Returner(who, ticket, wire=wire)

        returners = list(await asyncio.gather(*(one(number) for number in range(clients))))
        return Herd(await _epoch(town.origin, returners[0].who), agents, returners)


async def _epoch(origin: str, who: Credentials) -> str:
    wire = await connect(origin, "/ws/contact", {})
    inbox = Inbox(wire)
    wire.send(_frame(who.hello(lang="en", zone="UTC")))
    epoch: str = (await inbox.until("ready"))["epoch"]
    wire.abort()
    return epoch


async def relay_storm(port: int, clients: int) -> dict[str, Any]:
    """The same towards the bare relay, where nothing can be missed."""
    origin = f"http://127.0.0.1:{port}"
    for spell in (SETTLED_S, 0.0):
        started = time.perf_counter()
        wires = await asyncio.gather(*(greet(origin, {"type": "hello"}) for _ in range(clients)))
        spent = time.perf_counter() - started
        for wire in wires:
            wire.abort()
        await asyncio.sleep(spell)
    return {"seconds": spent}


async def desk_storm(port: int, herd: Herd) -> dict[str, Any]:
    """Every line breaks without a word; then all come back in one moment. From the first step until all are whole."""
    origin = f"http://127.0.0.1:{port}"
    for each in herd.returners:
        assert each.wire is not None
        each.wire.abort()
        each.seqs.clear()
    await asyncio.sleep(SETTLED_S)
    started = time.perf_counter()
    await asyncio.gather(*(_come_back(origin, herd.epoch, each) for each in herd.returners))
    spent = time.perf_counter() - started
    whole = [list(range(1, each.head + 1)) for each in herd.returners]
    return {
        "seconds": spent,
        "missed": sum(map(len, whole)),
        "lost": sum(len(set(all) - set(each.seqs)) for all, each in zip(whole, herd.returners, strict=True)),
        "doubled": sum(len(each.seqs) - len(set(each.seqs)) for each in herd.returners),
    }


async def _come_back(origin: str, epoch: str, returner: Returner) -> None:
    """The client has seen nothing of its ticket yet, so that every event of it is missing."""
    wire = returner.wire = await connect(origin, "/ws/contact", {})
    resumed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def heard(payload: bytes) -> None:
        if payload.startswith(b'{"type":"event"'):
            frame = json.loads(payload)
            if frame["stream"] == returner.ticket:
                returner.seqs.append(frame["seq"])
        elif payload.startswith(b'{"type":"resumed"') and not resumed.done():
            resumed.set_result(json.loads(payload)["seq"])
        elif payload.startswith((b'{"type":"error"', b'{"type":"reset"')) and not resumed.done():
            resumed.set_exception(ConnectionError(payload[:300].decode()))

    wire.on_text = heard
    wire.send(_frame(returner.who.hello(epoch=epoch, resume={returner.ticket: 0}, lang="en", zone="UTC")))
    returner.head = await asyncio.wait_for(resumed, 120)


def _frame(frame: dict[str, Any]) -> bytes:
    return text_frame(json.dumps(frame).encode())
