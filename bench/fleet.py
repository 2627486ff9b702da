"""Opens the sockets of a benchmark: towards the bare relay, and towards a desk as contacts and agents do."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import httpx2

from bench.wire import Wire, connect, text_frame


class Inbox:
    """Collects the frames of one socket until somebody else listens to it."""

    def __init__(self, wire: Wire) -> None:
        self._frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        wire.on_text = lambda payload: self._frames.put_nowait(json.loads(payload))

    async def until(self, kind: str, timeout_s: float = 30.0) -> dict[str, Any]:
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
        wire = await _greet(port, "/", origin, {"type": "hello", "follow": tickets[number::receivers]})
        followers.append(wire)
    lanes = [(await _greet(port, "/", origin, {"type": "hello"}), ticket) for ticket in tickets]
    return lanes, followers


async def open_desk(
    port: int, senders: int, receivers: int, people: list[dict[str, str]], buttons: list[str]
) -> tuple[list[tuple[Wire, str]], list[Wire]]:
    """`receivers` agents who answer automatically, `senders` visitors in live chats with them.

    `people` are agents as `vipdesk demo --json` lists them, `buttons` are keys; visitors spread over them.
    """
    origin = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=origin, headers={"Origin": origin}, timeout=60) as client:
        agents = [await agent_socket(client, port, person) for person in people[:receivers]]
        gate = asyncio.Semaphore(32)

        async def visitor(number: int) -> tuple[Wire, str]:
            async with gate:
                return await _live_chat(client, port, buttons[number % len(buttons)])

        lanes = await asyncio.gather(*(visitor(number) for number in range(senders)))
    return list(lanes), agents


async def agent_socket(
    client: httpx2.AsyncClient, port: int, person: dict[str, str], *, auto_answer: bool = True
) -> Wire:
    """A signed-in agent's socket, available."""
    client.cookies.clear()
    answer = await client.post("/api/v1/sessions", json={"email": person["email"], "password": person["password"]})
    answer.raise_for_status()
    cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    wire = await connect(port, "/ws/agent", str(client.base_url).rstrip("/"), {"Cookie": cookie})
    inbox = Inbox(wire)
    wire.send(
        _json(
            {"type": "hello", "csrf": answer.json()["csrf"], "epoch": None, "resume": {}, "lang": "en", "zone": "UTC"}
        )
    )
    await inbox.until("ready")
    wire.send(_json({"type": "presence", "rid": str(uuid.uuid4()), "status": "available", "auto_answer": auto_answer}))
    await inbox.until("ok")
    return wire


async def contact_socket(client: httpx2.AsyncClient, port: int, button: str) -> tuple[Wire, Inbox]:
    """A fresh visitor's socket, `ready`."""
    answer = await client.post(f"/b/{button}/session", json={})
    answer.raise_for_status()
    wire = await connect(port, "/ws/contact", str(client.base_url).rstrip("/"))
    inbox = Inbox(wire)
    token = answer.json()["token"]
    wire.send(_json({"type": "hello", "token": token, "epoch": None, "resume": {}, "lang": "en", "zone": "UTC"}))
    await inbox.until("ready")
    return wire, inbox


async def _live_chat(client: httpx2.AsyncClient, port: int, button: str) -> tuple[Wire, str]:
    wire, inbox = await contact_socket(client, port, button)
    wire.send(_json({"type": "press", "rid": str(uuid.uuid4()), "text": "hello"}))
    pressed = await inbox.until("ok")
    while True:
        event = await inbox.until("event")
        if event["kind"] == "chat" and event["data"]["state"] == "live":
            return wire, pressed["ticket"]


async def open_idle(fleet: str, port: int, sockets: int, button: str) -> list[Wire]:
    """Sockets that only exist: greeted, silent but for the heartbeat's answer."""
    origin = f"http://127.0.0.1:{port}"
    if fleet == "relay":
        wires = [await _greet(port, "/", origin, {"type": "hello"}) for _ in range(sockets)]
    else:
        async with httpx2.AsyncClient(base_url=origin, headers={"Origin": origin}, timeout=60) as client:
            wires = [(await contact_socket(client, port, button))[0] for _ in range(sockets)]
    for wire in wires:
        wire.on_text = lambda payload: None
    return wires


async def _greet(port: int, path: str, origin: str, hello: dict[str, Any]) -> Wire:
    wire = await connect(port, path, origin)
    inbox = Inbox(wire)
    wire.send(_json(hello))
    await inbox.until("ready")
    return wire


def _json(frame: dict[str, Any]) -> bytes:
    return text_frame(json.dumps(frame).encode())
