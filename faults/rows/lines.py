"""Rows 26, 27, 36, 37: peers that vanish, do not read, are too many, or send what is no frame."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import resource
import socket
import time
import urllib.request
from functools import partial
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Origin

from bench.wire import text_frame
from faults.crowd import crowd
from faults.frame import Budget, Outcome, row, tell
from faults.ground import Ground, House, cpu_s
from server.demo import cast
from server.demo.ways import PROTOCOL, Credentials, SocketWay, visit
from tests.support.eventually import eventually
from tests.support.proxy import FaultProxy, Faults
from tests.support.running import RunningDesk
from tests.support.talking import ready

FREED_S = 20.0
FILES = 256


def _now() -> float:
    return asyncio.get_running_loop().time()


def lines_of(desk: RunningDesk) -> int:
    """How many lines the process says it holds."""
    with urllib.request.urlopen(f"{desk.origin}/metrics", timeout=10) as answer:
        return int(sum(map(float, re.findall(rb"^vipdesk_lines\{[^}]*\} (\S+)", answer.read(), re.M))))


@row("26", "the peer vanishes (half-open lines)", promise="client back within", promise_s=14.0, least_s=45)
async def half_open(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """The proxy swallows both directions of what is open; new lines pass. The server has to free the old ones."""
    outcome = Outcome()
    with ground.house() as house:
        async with FaultProxy(house.desk.port) as proxy:
            through = type("ThroughProxy", (SocketWay,), {"address": {"host": "127.0.0.1", "port": proxy.port}})
            async with crowd(house, seed, contacts=30, way=through) as people:
                people.talk(every_s=2)
                while not outcome.done or not (budget.over or outcome.done >= 3):
                    await asyncio.sleep(2)
                    swallowing, since = proxy.faults, _now()
                    proxy.faults = Faults()
                    swallowing.up.swallow = swallowing.down.swallow = True
                    tell(f"{len(people.clients)} lines are half-open")
                    freed = asyncio.create_task(_freed(house, len(people.clients), since))
                    outcome.recovered_s += await people.back(since)
                    freed_s = await freed
                    outcome.must(freed_s <= FREED_S, f"the server held dead lines for {freed_s:.1f} s")
                    outcome.note = f"the server had freed the dead lines after {freed_s:.1f} s, {FREED_S:.0f} promised"
                    outcome.done += 1
                await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome


async def _freed(house: House, lines: int, since: float) -> float:
    """When the process holds no more lines than there are people again, after it held old and new."""
    while _now() - since < 14.5 or await asyncio.to_thread(lines_of, house.desk) > lines:
        await asyncio.sleep(0.25)
    return _now() - since


async def _raw(house: House, token: str, **options: Any) -> ClientConnection:
    """A line that does only what it is told; it is opened."""
    line = await connect(
        f"{house.desk.origin.replace('http', 'ws')}/ws/contact",
        origin=Origin(house.desk.origin),
        subprotocols=[PROTOCOL],
        ping_interval=None,
        compression=None,
        proxy=None,
        max_size=None,
        **options,
    )
    await line.send(json.dumps(Credentials(token=token).hello(lang="en", zone="UTC")))
    return line


@row("27", "a reader of one byte a second", promise="only they lag; dropped within", promise_s=10.0, least_s=40)
async def slow_reader(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """A tab with a tiny window where much is said: one that stops reading, one that reads a byte a second."""
    outcome = Outcome()
    with ground.house() as house:
        async with crowd(house, seed, contacts=6) as people:
            people.talk(every_s=0.3)
            await asyncio.sleep(2)
            loud, calm_s, began = people.contacts[0], people.slowest_s(0), _now()
            for reads in (False, True):
                before = await asyncio.to_thread(lines_of, house.desk)
                line = await _unread(house, loud.writes.credentials)
                await eventually(partial(_more_lines, house, before), 10)
                since = _now()
                reading = asyncio.create_task(_a_byte_a_second(line)) if reads else None
                tell("a tab reads a byte a second" if reads else "a tab stops reading")
                while await asyncio.to_thread(_more_lines, house, before):
                    loud.writes.send("say", ticket=loud.ticket, body="x" * 16_000)
                    await asyncio.sleep(0.05)
                    if _now() - since > 60:
                        outcome.broken.append("it was never dropped")
                        break
                outcome.recovered_s.append(_now() - since)
                if reading is not None:
                    reading.cancel()
                line.close()
                outcome.done += 1
            quiet = [took for each in people.contacts[1:] for when, took in each.took_s if when >= began]
            slowest_s = max(quiet)
            outcome.note = f"slowest message of the others {slowest_s * 1000:.0f} ms, {calm_s * 1000:.0f} before"
            outcome.must(slowest_s < calm_s + 1.0, f"others waited {slowest_s:.2f} s")
            await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome


async def _unread(house: House, who: Credentials) -> socket.socket:
    """A line with a tiny window that has said hello and read no more than the answer to its handshake."""
    loop, line = asyncio.get_running_loop(), socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", house.desk.port))
    line.setblocking(False)
    ask = (
        f"GET /ws/contact HTTP/1.1\r\nHost: 127.0.0.1:{house.desk.port}\r\nOrigin: {house.desk.origin}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await loop.sock_sendall(line, ask.encode())
    answered = await loop.sock_recv(line, 12)
    assert answered == b"HTTP/1.1 101", answered
    await loop.sock_sendall(line, text_frame(json.dumps(who.hello(lang="en", zone="UTC")).encode()))
    return line


async def _a_byte_a_second(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while await asyncio.get_running_loop().sock_recv(line, 1):
            await asyncio.sleep(1)


def _more_lines(house: House, than: int) -> bool:
    return lines_of(house.desk) > than


@row("36", f"no more than {FILES} open files", promise="accepting survives; back within", promise_s=15.0, least_s=30)
async def few_files(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """More lines come than files may be opened; who is in stays in; when they go, others get in."""
    outcome = Outcome()
    with ground.house() as house:
        async with crowd(house, seed, contacts=6, agents=("anna",)) as people:
            people.talk(every_s=0.5)
            resource.prlimit(house.desk.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
            tell(f"at most {FILES} files")
            many = [socket.create_connection(("127.0.0.1", house.desk.port)) for _ in range(FILES + 100)]
            await asyncio.sleep(1)
            spent_s, since = cpu_s(house.desk.pid), _now()
            await asyncio.gather(*(each.heard("still here") for each in people.contacts))
            await asyncio.sleep(5)
            spent = (cpu_s(house.desk.pid) - spent_s) / (_now() - since)
            outcome.note = f"{spent * 100:.0f} % of a processor while nobody else could come in"
            outcome.must(spent < 0.5, f"it spins: {spent * 100:.0f} % of a processor")
            for each in many:
                each.close()
            since = _now()
            await eventually(lambda: ready(house.desk)[0] == 200, 30)
            await visit(house.desk.origin, cast.CUSTOMERS[0].key)
            outcome.recovered_s.append(_now() - since)
            outcome.done = 1
            await people.judge(outcome)
    return outcome


@row("37", "frames too large, malformed, or a flood", promise="1009, an error, 1007, 4029; others go on", least_s=20)
async def bad_frames(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Each on a line of its own, beside a crowd that must not notice."""
    outcome = Outcome()
    with ground.house(settings={"VIPDESK_FRAME_RATE": "20", "VIPDESK_FRAME_BURST": "40"}) as house:
        async with crowd(house, seed, contacts=6) as people:
            people.talk(every_s=0.5)
            await asyncio.sleep(2)
            calm_s, since = people.slowest_s(0), _now()
            while not outcome.done or not (budget.over or outcome.done >= 40):
                for wanted, what in ((1009, "large"), (1007, "not UTF-8"), (4029, "flood")):
                    who = await visit(house.desk.origin, cast.CUSTOMERS[0].key)
                    line = await _raw(house, who.token or "")
                    code = await _closed_after(line, what)
                    outcome.must(code == wanted, f"{what}: closed with {code}, not {wanted}")
                    outcome.done += 1
                who = await visit(house.desk.origin, cast.CUSTOMERS[0].key)
                outcome.must(await _survives(await _raw(house, who.token or "")), "a malformed frame was not answered")
                outcome.done += 1
            tell(f"{outcome.done} lines with bad frames")
            slowest_s = people.slowest_s(since)
            outcome.note = f"slowest message of the others {slowest_s * 1000:.0f} ms, {calm_s * 1000:.0f} before"
            outcome.must(slowest_s < calm_s + 1.0, f"others waited {slowest_s:.2f} s")
            await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome


async def _closed_after(line: ClientConnection, what: str) -> int | None:
    """What the desk closes the line with."""
    with contextlib.suppress(ConnectionClosed):
        if what == "large":
            await line.send("x" * 70_000)
        elif what == "not UTF-8":
            async with line.send_context():
                line.protocol.send_frame(Frame(Opcode.TEXT, b'{"type":"\xff\xfe"}'))
        else:
            for _ in range(400):
                await line.send('{"type":"pong"}')
    ends = time.monotonic() + 15
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        while time.monotonic() < ends:
            await asyncio.wait_for(line.recv(), 15)
    code = line.close_code
    await line.close()
    return code


async def _survives(line: ClientConnection) -> bool:
    """Answered with an error, and the line goes on."""
    for bad in ("{", "[" * 3000, '{"type":"nothing"}', '{"type":"say","rid":1}', "\0"):
        await line.send(bad)
    errors = 0
    async with asyncio.timeout(15):
        async for text in line:
            errors += json.loads(text)["type"] == "error"
            if errors == 5:
                break
    await line.close()
    return errors == 5
