"""From the press of a contact to the ring on an agent's socket."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from bench.fleet import Inbox, Town, agent_socket, contact_socket
from bench.table import quantile
from bench.wire import Wire, text_frame


@dataclass
class Presses:
    """When each ticket's press was meant, when its ring came."""

    meant: dict[str, float] = field(default_factory=dict)
    rang: dict[str, float] = field(default_factory=dict)

    def heard(self, payload: bytes) -> None:
        if payload.startswith(b'{"type":"ring"'):
            self.rang.setdefault(json.loads(payload)["ticket"], time.perf_counter())

    def spans_ms(self) -> list[float]:
        return sorted((self.rang[each] - self.meant[each]) * 1000 for each in self.meant if each in self.rang)


async def press_and_ring(
    port: int, rate: float, seconds: float, people: list[dict[str, str]], buttons: list[str]
) -> dict[str, Any]:
    """`rate` presses a second, each by a fresh visitor whose socket is open already; every one leaves afterwards."""
    presses = Presses()
    total = int(rate * seconds)
    async with Town(port) as town:
        agents = [await agent_socket(town, person, auto_answer=False) for person in people]
        for agent in agents:
            agent.on_text = presses.heard
        visitors = [await contact_socket(town, buttons[number % len(buttons)]) for number in range(total)]
        started = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number, (wire, inbox) in enumerate(visitors):
                due = started + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(_press(wire, inbox, presses, due))
        await asyncio.sleep(0.5)
        spans = presses.spans_ms()
        for wire, _ in visitors:
            wire.close()
        for agent in agents:
            agent.close()
    return {
        "pressed": len(presses.meant),
        "rang": len(spans),
        "ring_p50": quantile(spans, 0.5),
        "ring_p99": quantile(spans, 0.99),
    }


async def _press(wire: Wire, inbox: Inbox, presses: Presses, due: float) -> None:
    wire.send(text_frame(json.dumps({"type": "press", "rid": str(uuid.uuid4()), "text": "hello"}).encode()))
    ticket = (await inbox.until("ok"))["ticket"]
    presses.meant[ticket] = due
    await asyncio.sleep(0.3)
    wire.send(text_frame(json.dumps({"type": "leave", "rid": str(uuid.uuid4()), "ticket": ticket}).encode()))
    await inbox.until("ok")
