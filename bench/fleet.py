"""Opens the sockets of a benchmark: towards the bare relay, and towards a desk as contacts and agents do."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import uuid
from typing import Any, Self

import httpx2

from bench.wire import Wire, connect, text_frame
from server.demo import ways

VISITS_OF_ONE = 250
"""Fewer than the desk takes from one address a minute."""
_numbers = itertools.cycle(range(1, 250))


def _next() -> int:
    return next(_numbers)


class Town:
    """Where visitors come from: a few hundred from one address, then the next, as the desk slows down single ones."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self._clients: list[httpx2.AsyncClient] = []
        self._visits = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()

    def door(self) -> httpx2.AsyncClient:
        """A client towards the desk."""
        if self._visits % VISITS_OF_ONE == 0:
            transport = httpx2.AsyncHTTPTransport(local_address=f"127.{random.randint(1, 250)}.{_next()}.1")
            self._clients.append(ways.door(self.origin, transport))
        self._visits += 1
        return self._clients[-1]


class Inbox:
    """Collects the frames of one socket until somebody else listens to it."""

    def __init__(self, wire: Wire) -> None:
        self._frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        wire.on_text = lambda payload: self._frames.put_nowait(json.loads(payload))

    def tickets(self) -> list[str]:
        """Those of the summaries that came so far."""
        waiting = [self._frames.get_nowait() for _ in range(self._frames.qsize())]
        return list(dict.fromkeys(frame["ticket"] for frame in waiting if frame["type"] == "inbox"))

    async def until(self, kind: str, timeout_s: float = 120.0) -> dict[str, Any]:
        """The next frame of that type. Raises ConnectionError on an error frame, TimeoutError when none comes."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame = await self._frames.get()
                if frame["type"] == kind:
                    return frame
                if frame["type"] == "error":
                    raise ConnectionError(json.dumps(frame))


async def open_relay(port: int, senders: int, receivers: int) -> tuple[list[tuple[Wire, str]], list[Wire]]:
    """`senders` sockets with a ticket each, `receivers` sockets that follow the tickets evenly."""
    tickets = [f"t{number:06d}" for number in range(senders)]
    origin = f"http://127.0.0.1:{port}"
    followers = []
    for number in range(receivers):
        wire = await greet(origin, {"type": "hello", "follow": tickets[number::receivers]})
        followers.append(wire)
    lanes = [(await greet(origin, {"type": "hello"}), ticket) for ticket in tickets]
    return lanes, followers


async def open_desk(
    port: int, agents_port: int, senders: int, receivers: int, people: list[dict[str, str]], buttons: list[str]
) -> tuple[list[tuple[Wire, str]], list[Wire]]:
    """`receivers` agents who answer automatically, `senders` visitors in live chats with them.

    `people` are agents as bench.seed prints them, `buttons` are keys; visitors spread over them. Agents may have their
    lines to another process of the same desk.
    """
    async with Town(port) as town, Town(agents_port) as office:
        agents = [await agent_socket(office, person) for person in people[:receivers]]
        gate = asyncio.Semaphore(32)

        async def visitor(number: int) -> tuple[Wire, str]:
            async with gate:
                return await _live_chat(town, buttons[number % len(buttons)])

        inboxes = [Inbox(agent) for agent in agents]
        lanes = await asyncio.gather(*(visitor(number) for number in range(senders)))
        for agent, inbox in zip(agents, inboxes, strict=True):
            await _follow(agent, inbox, inbox.tickets())
    return list(lanes), agents


async def _follow(agent: Wire, inbox: Inbox, tickets: list[str]) -> None:
    """Tickets that came by themselves are followed when their agent resumes them."""
    for some in (tickets[start : start + 64] for start in range(0, len(tickets), 64)):
        agent.send(_json({"type": "resume", "resume": dict.fromkeys(some, 0)}))
        for _ in some:
            await inbox.until("resumed")


async def agent_socket(town: Town, person: dict[str, str], *, auto_answer: bool = True) -> Wire:
    """A signed-in agent's socket, available."""
    who = await ways.sign_in(town.origin, person["email"], person["password"])
    wire, inbox = await enter(town, "agent", who)
    wire.send(_json({"type": "presence", "rid": str(uuid.uuid4()), "status": "available", "auto_answer": auto_answer}))
    await inbox.until("ok")
    return wire


async def contact_socket(town: Town, button: str) -> tuple[Wire, Inbox]:
    """A fresh visitor's socket, `ready`."""
    return await enter(town, "contact", await ways.visit_through(town.door(), button))


async def enter(town: Town, audience: ways.Audience, who: ways.Credentials) -> tuple[Wire, Inbox]:
    """A socket of somebody who has a session, `ready`."""
    wire = await connect(town.origin, f"/ws/{audience}", {"Cookie": who.cookie} if who.cookie else {})
    inbox = Inbox(wire)
    wire.send(_json(who.hello(lang="en", zone="UTC")))
    await inbox.until("ready")
    return wire, inbox


async def _live_chat(town: Town, button: str) -> tuple[Wire, str]:
    return await live_chat_of(town, await ways.visit_through(town.door(), button))


async def live_chat_of(town: Town, who: ways.Credentials) -> tuple[Wire, str]:
    """A visitor's socket and ticket, in a chat that an agent has answered."""
    wire, inbox = await enter(town, "contact", who)
    pressed = await _pressed(wire, inbox)
    while True:
        event = await inbox.until("event")
        if event["kind"] == "chat" and event["data"]["state"] == "live":
            return wire, pressed["ticket"]


async def _pressed(wire: Wire, inbox: Inbox) -> dict[str, Any]:
    """The answer to a press, which is sent again, as every client does, while the desk cannot take it."""
    press = _json({"type": "press", "rid": str(uuid.uuid4()), "text": "hello"})
    for _ in range(10):
        wire.send(press)
        try:
            return await inbox.until("ok")
        except ConnectionError as refusal:
            if '"unavailable"' not in str(refusal):
                raise
            await asyncio.sleep(random.uniform(0.5, 1.5))
    raise ConnectionError("the desk took no press in ten tries")


async def open_idle(fleet: str, port: int, sockets: int, button: str) -> list[Wire]:
    """Sockets that only exist: greeted, silent but for the heartbeat's answer."""
    origin = f"http://127.0.0.1:{port}"
    if fleet == "relay":
        wires = [await greet(origin, {"type": "hello"}) for _ in range(sockets)]
    else:
        async with Town(port) as town:
            wires = [(await contact_socket(town, button))[0] for _ in range(sockets)]
    for wire in wires:
        wire.on_text = lambda payload: None
    return wires


async def greet(origin: str, hello: dict[str, Any]) -> Wire:
    wire = await connect(origin, "/", {})
    inbox = Inbox(wire)
    wire.send(_json(hello))
    await inbox.until("ready")
    return wire


def _json(frame: dict[str, Any]) -> bytes:
    return text_frame(json.dumps(frame).encode())
