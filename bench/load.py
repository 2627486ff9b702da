"""The load: many senders and a few receivers over open sockets, measured where the frames arrive.

Runs as a process of its own (`python -m bench.load`), takes one JSON order a line on standard input and answers one
JSON line each, so that it can be pinned to another core than the servers.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import uvloop

from bench.comeback import Herd, desk_storm, knock, prepare_knocks, prepare_storm, relay_storm
from bench.fleet import open_desk, open_idle, open_relay
from bench.press import press_and_ring
from bench.table import quantile
from bench.wire import Wire, text_frame
from server.demo.ways import Credentials
from server.serving import raise_file_limit

BODY = "The Lisbon feed stopped at 11:42, the last error says that the certificate is not trusted any more. " * 1


@dataclass
class Lane:
    """One sender with its ticket."""

    wire: Wire
    ticket: str
    in_flight: str | None = None


@dataclass
class Fleet:
    """All sockets towards one server."""

    lanes: list[Lane]
    receivers: list[Wire]
    run: Run | None = None

    def watch(self) -> None:
        """Routes every frame that arrives into the run under way."""
        for lane in self.lanes:
            lane.wire.on_text = self._to_sender
        for receiver in self.receivers:
            receiver.on_text = self._to_receiver

    def _to_sender(self, payload: bytes) -> None:
        if self.run is None:
            return
        head = payload[:20].replace(b" ", b"")
        if head.startswith(b'{"type":"ok"'):
            self.run.acked(payload)
        elif head.startswith(b'{"type":"error"'):
            self.run.refused(payload)

    def _to_receiver(self, payload: bytes) -> None:
        if self.run is not None and (b'"kind":"message"' in payload or b'"kind": "message"' in payload):
            self.run.delivered(payload)


@dataclass
class Run:
    """One measurement: when each message was meant to leave, when its `ok` and its delivery came."""

    meant: dict[str, float] = field(default_factory=dict)
    ack_ms: list[float] = field(default_factory=list)
    delivery_ms: list[float] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    acks: set[str] = field(default_factory=set)
    doubled: int = 0
    errors: int = 0
    refusal: str = ""
    on_ack: Callable[[str], None] = lambda rid: None

    def acked(self, payload: bytes) -> None:
        rid = _rid(payload)
        if rid in self.meant and rid not in self.acks:
            self.acks.add(rid)
            self.ack_ms.append((time.perf_counter() - self.meant[rid]) * 1000)
            self.on_ack(rid)

    def refused(self, payload: bytes) -> None:
        self.errors += 1
        self.refusal = self.refusal or payload[:300].decode(errors="replace")

    def delivered(self, payload: bytes) -> None:
        rid = _rid(payload)
        if rid not in self.meant:
            return
        if rid in self.seen:
            self.doubled += 1
        self.seen.add(rid)
        self.delivery_ms.append((time.perf_counter() - self.meant[rid]) * 1000)

    def result(self, seconds: float) -> dict[str, Any]:
        self.ack_ms.sort()
        self.delivery_ms.sort()
        return {
            "seconds": seconds,
            "sent": len(self.meant),
            "acked": len(self.acks),
            "undelivered": len(self.acks - self.seen),
            "doubled": self.doubled,
            "errors": self.errors,
            "refusal": self.refusal,
            "ack_p50": quantile(self.ack_ms, 0.5),
            "ack_p99": quantile(self.ack_ms, 0.99),
            "delivery_p50": quantile(self.delivery_ms, 0.5),
            "delivery_p99": quantile(self.delivery_ms, 0.99),
            "rate": len(self.acks) / seconds if seconds else 0.0,
        }


def _rid(payload: bytes) -> str:
    start = payload.find(b'"rid":') + 6
    start = payload.find(b'"', start) + 1
    return payload[start : start + 36].decode()


def _new_rid() -> str:
    bits = random.getrandbits(128)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def _say(lane: Lane, rid: str) -> bytes:
    return text_frame(json.dumps({"type": "say", "rid": rid, "ticket": lane.ticket, "body": BODY}).encode())


async def open_loop(fleet: Fleet, rate: float, seconds: float) -> dict[str, Any]:
    """`rate` messages a second spread over all lanes; latency counts from the instant a message was meant to leave."""
    run = fleet.run = Run()
    started = time.perf_counter()
    total = int(rate * seconds)
    for turn in range(total):
        due = started + turn / rate
        wait = due - time.perf_counter()
        if wait > 0.0005:
            await asyncio.sleep(wait)
        lane = fleet.lanes[turn % len(fleet.lanes)]
        rid = _new_rid()
        run.meant[rid] = due
        lane.wire.send(_say(lane, rid))
    await _settle(run, 10.0)
    fleet.run = None
    return run.result(seconds)


async def closed_loop(fleet: Fleet, seconds: float, in_flight: int) -> dict[str, Any]:
    """As many as the server takes with `in_flight` lanes each waiting for its own `ok`."""
    run = fleet.run = Run()
    lanes: dict[str, Lane] = {}
    ends = time.perf_counter() + seconds
    idle = fleet.lanes[in_flight:]
    random.shuffle(idle)

    def send(lane: Lane) -> None:
        rid = _new_rid()
        lanes[rid] = lane
        run.meant[rid] = time.perf_counter()
        lane.wire.send(_say(lane, rid))

    def next_message(rid: str) -> None:
        lane = lanes.pop(rid)
        if time.perf_counter() < ends:
            if idle:
                idle.append(lane)
                lane = idle.pop(0)
            send(lane)

    run.on_ack = next_message
    started = time.perf_counter()
    for lane in fleet.lanes[:in_flight]:
        send(lane)
    await asyncio.sleep(seconds)
    acked = len(run.acks)
    spent = time.perf_counter() - started
    await _settle(run, 10.0)
    fleet.run = None
    return run.result(spent) | {"rate": acked / spent}


async def _settle(run: Run, timeout_s: float) -> None:
    ends = time.perf_counter() + timeout_s
    while time.perf_counter() < ends and (len(run.acks) < len(run.meant) or run.acks - run.seen):
        await asyncio.sleep(0.02)


class Load:
    """The fleets that are open, by name, and the orders that can be given."""

    def __init__(self) -> None:
        self._fleets: dict[str, Fleet] = {}
        self._idle: list[Wire] = []
        self._known: list[Credentials] = []
        self._herd: Herd | None = None

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """One order, one answer. Raises what the sockets raise."""
        orders: dict[str, Callable[..., Coroutine[Any, Any, dict[str, Any]]]] = {
            "open_relay": self._open_relay,
            "open_desk": self._open_desk,
            "open_loop": self._open_loop,
            "closed_loop": self._closed_loop,
            "press": self._press,
            "idle": self._open_idle,
            "idle_close": self._close_idle,
            "knock_prepare": self._prepare_knocks,
            "knock": self._knock,
            "storm_prepare": self._prepare_storm,
            "storm": self._storm,
            "storm_end": self._end_storm,
            "close": self._close,
        }
        return await orders[order.pop("order")](**order)

    async def _open_relay(self, port: int, senders: int, receivers: int) -> dict[str, Any]:
        lanes, followers = await open_relay(port, senders, receivers)
        self._keep("relay", lanes, followers)
        return {"lanes": len(lanes)}

    async def _open_desk(
        self,
        port: int,
        senders: int,
        receivers: int,
        people: list[dict[str, str]],
        buttons: list[str],
        name: str = "desk",
        agents_port: int | None = None,
    ) -> dict[str, Any]:
        lanes, followers = await open_desk(port, agents_port or port, senders, receivers, people, buttons)
        self._keep(name, lanes, followers)
        return {"lanes": len(lanes)}

    def _keep(self, name: str, lanes: list[tuple[Wire, str]], receivers: list[Wire]) -> None:
        fleet = Fleet([Lane(wire, ticket) for wire, ticket in lanes], receivers)
        fleet.watch()
        self._fleets[name] = fleet

    async def _open_loop(self, fleet: str, rate: float, seconds: float) -> dict[str, Any]:
        return await open_loop(self._fleets[fleet], rate, seconds)

    async def _closed_loop(self, fleet: str, seconds: float, in_flight: int) -> dict[str, Any]:
        return await closed_loop(self._fleets[fleet], seconds, in_flight)

    async def _press(
        self, port: int, rate: float, seconds: float, people: list[dict[str, str]], buttons: list[str]
    ) -> dict[str, Any]:
        return await press_and_ring(port, rate, seconds, people, buttons)

    async def _open_idle(self, fleet: str, port: int, sockets: int, button: str = "") -> dict[str, Any]:
        self._idle += await open_idle(fleet, port, sockets, button)
        return {"idle": len(self._idle)}

    async def _close_idle(self) -> dict[str, Any]:
        for wire in self._idle:
            wire.close()
        self._idle = []
        return {"idle": 0}

    async def _prepare_knocks(self, port: int, clients: int, buttons: list[str]) -> dict[str, Any]:
        self._known = await prepare_knocks(port, clients, buttons)
        return {"clients": len(self._known)}

    async def _knock(self, fleet: str, port: int, clients: int) -> dict[str, Any]:
        return await knock(fleet, port, self._known, clients)

    async def _prepare_storm(
        self, port: int, clients: int, people: list[dict[str, str]], buttons: list[str]
    ) -> dict[str, Any]:
        self._herd = await prepare_storm(port, clients, people, buttons)
        return {"clients": clients}

    async def _storm(self, fleet: str, port: int, clients: int) -> dict[str, Any]:
        if fleet == "relay":
            return await relay_storm(port, clients)
        else:
            assert self._herd is not None
            return await desk_storm(port, self._herd)

    async def _end_storm(self) -> dict[str, Any]:
        herd, self._herd = self._herd, None
        for wire in herd.wires if herd is not None else ():
            wire.close()
        return {}

    async def _close(self, fleet: str) -> dict[str, Any]:
        gone = self._fleets.pop(fleet)
        for wire in (*(lane.wire for lane in gone.lanes), *gone.receivers):
            wire.close()
        return {}


async def main() -> None:
    """Obeys until standard input ends. An order that fails answers `{"error": …}`."""
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    raise_file_limit()
    load = Load()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            answer: dict[str, Any] = await load.obey(json.loads(line))
        except Exception as error:  # the order's failure belongs to whoever gave it, not to this process
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
