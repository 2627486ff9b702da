"""A client of the wire as docs/protocol.md asks: cursors, gaps, outbox, coming back. For tests, load and simulation.

`async with Client(desk, "contact", credentials) as client:` returns at `ready`; then `await client.ask("say", …)`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

from tests.support.checker import ClientLog

Audience = Literal["contact", "agent"]
Frame = dict[str, Any]

FINAL = frozenset({4400, 4401, 4403, 4409, 4410})
DEAD_S = 12.0
UNDER_WAY = 10
MOST_RESUMED = 64


class Refusal(Exception):
    """The desk answered `error`."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(f"{frame['code']}: {frame['message']}")
        self.code: str = frame["code"]
        self.frame = frame


class Closed(Exception):
    """The line ended; `code` is the close code, 1006 when it broke."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@dataclass(frozen=True)
class Credentials:
    """`token` is a contact's; `cookie` (the whole header) and `csrf` an agent's."""

    token: str | None = None
    cookie: str | None = None
    csrf: str | None = None

    def hello(self) -> Frame:
        return {"csrf": self.csrf} if self.csrf is not None else {"token": self.token}

    def headers(self) -> dict[str, str]:
        found = {"Cookie": self.cookie, "X-CSRF": self.csrf, "Authorization": self.token and f"Bearer {self.token}"}
        return {name: value for name, value in found.items() if value}


async def visit(desk: str, button: str, **fields: str) -> Credentials:
    """A contact's session on a button; fields as `POST /b/<button>/session` takes them."""
    async with httpx2.AsyncClient(base_url=desk, headers={"Origin": desk}, timeout=30) as http:
        answer = await http.post(f"/b/{button}/session", json=fields)
        answer.raise_for_status()
        return Credentials(token=answer.json()["token"])


async def sign_in(desk: str, email: str, password: str) -> Credentials:
    """An agent's session."""
    async with httpx2.AsyncClient(base_url=desk, headers={"Origin": desk}, timeout=30) as http:
        answer = await http.post("/api/v1/sessions", json={"email": email, "password": password})
        answer.raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        return Credentials(cookie=cookie, csrf=answer.json()["csrf"])


@dataclass
class Request:
    """One request that is not answered yet."""

    frame: Frame
    answer: asyncio.Future[Frame]
    sent: bool = False


@dataclass
class Cursor:
    """What was shown of one stream, and what came too early."""

    last: int
    held: dict[int, Frame] = field(default_factory=dict)


class Way(Protocol):
    """Carries frames; `frames` raises Closed at its end."""

    def frames(self) -> AsyncIterator[Frame]: ...
    async def send(self, frame: Frame) -> None: ...
    async def close(self) -> None: ...


class SocketWay:
    """Over a WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def open(cls, desk: str, audience: Audience, credentials: Credentials, hello: Frame) -> SocketWay:
        """Raises OSError or websockets' InvalidHandshake when it is refused."""
        headers = {"Cookie": credentials.cookie} if credentials.cookie else {}
        socket = await connect(
            f"{desk.replace('http', 'ws', 1)}/ws/{audience}",
            origin=Origin(desk),
            subprotocols=[Subprotocol("vipdesk.1")],
            additional_headers=headers,
            max_size=2 * 1024 * 1024,
            ping_interval=None,
            compression=None,
            proxy=None,
        )
        await socket.send(json.dumps(hello))
        return cls(socket)

    async def frames(self) -> AsyncIterator[Frame]:
        try:
            while True:
                yield json.loads(await self._socket.recv())
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd is not None else 1006) from closed

    async def send(self, frame: Frame) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps(frame))

    async def close(self) -> None:
        await self._socket.close()


class HttpWay:
    """Over server-sent events and single requests."""

    def __init__(self, http: httpx2.AsyncClient, audience: Audience, hello: Frame) -> None:
        self._http = http
        self._at = f"/x/{audience}"
        self._hello = hello
        self._answers: asyncio.Queue[Frame] = asyncio.Queue()

    @classmethod
    async def open(cls, desk: str, audience: Audience, credentials: Credentials, hello: Frame) -> HttpWay:
        headers = {"Origin": desk} | credentials.headers()
        timeout = httpx2.Timeout(30, read=DEAD_S)
        return cls(httpx2.AsyncClient(base_url=desk, headers=headers, timeout=timeout), audience, hello)

    async def frames(self) -> AsyncIterator[Frame]:
        lines: asyncio.Queue[Frame | Closed] = asyncio.Queue()
        reading = asyncio.create_task(self._read(lines))
        try:
            while True:
                answer, event = asyncio.create_task(self._answers.get()), asyncio.create_task(lines.get())
                done, waiting = await asyncio.wait({answer, event}, return_when=asyncio.FIRST_COMPLETED)
                for task in waiting:
                    task.cancel()
                for task in done:
                    frame = task.result()
                    if isinstance(frame, Closed):
                        raise frame
                    yield frame
        finally:
            reading.cancel()

    async def _read(self, lines: asyncio.Queue[Frame | Closed]) -> None:
        code = 1006
        try:
            async with self._http.stream("POST", f"{self._at}/stream", json=self._hello) as answer:
                if answer.status_code != 200:
                    code = 4000 + answer.status_code if 4000 + answer.status_code in FINAL else 1006
                else:
                    closing = False
                    async for line in answer.aiter_lines():
                        closing = line == "event: close" or (closing and bool(line))
                        if line.startswith("data:") and closing:
                            code = json.loads(line[5:])["code"]
                        elif line.startswith("data:"):
                            lines.put_nowait(json.loads(line[5:]))
        except (httpx2.HTTPError, OSError):
            code = 1006
        lines.put_nowait(Closed(code))

    async def send(self, frame: Frame) -> None:
        with contextlib.suppress(httpx2.HTTPError):
            answer = await self._http.post(self._at, json=frame)
            if answer.status_code == 200:
                self._answers.put_nowait(answer.json())

    async def close(self) -> None:
        await self._http.aclose()


class Client:
    """One person's line to the desk. Comes back after every loss until `close`, or until a final close code.

    `frames` are the newest frames of any kind; `log` is what the invariant checker reads.
    """

    def __init__(
        self,
        desk: str,
        audience: Audience,
        credentials: Credentials,
        *,
        log: ClientLog | None = None,
        over_http: bool = False,
        chance: random.Random | None = None,
        lang: str = "en",
        zone: str = "Europe/Berlin",
        on_frame: Callable[[Frame], None] = lambda frame: None,
        patience_s: float = 15.0,
    ) -> None:
        self.desk = desk
        self.audience: Audience = audience
        self.credentials = credentials
        self.log = log or ClientLog(person="", kind=audience)
        self.frames: deque[Frame] = deque(maxlen=2000)
        self.ready: Frame = {}
        self.cursors: dict[str, Cursor] = {}
        self.epoch: str | None = None
        self.closed_with: int | None = None
        self.connections = 0
        self._over_http = over_http
        self._chance = chance or random.Random()
        self._opening = {"lang": lang, "zone": zone}
        self._on_frame = on_frame
        self._patience_s = patience_s
        self._requests: dict[str, Request] = {}
        self._rest_until = 0.0
        self._way: Way | None = None
        self._is_ready = asyncio.Event()
        self._changed = asyncio.Event()
        self._moving_s: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._resumed: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        await self.until_ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def until_ready(self, timeout_s: float = 30.0) -> None:
        """Raises Closed when the desk will not have us, TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not self._is_ready.is_set():
                if self.closed_with is not None:
                    raise Closed(self.closed_with)
                await self._change()

    async def close(self) -> None:
        """Says good-bye and stays away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._way is not None:
            await self._way.close()
            self._way = None

    def drop(self) -> None:
        """Loses the line without a word, as a dead network does; the client comes back by itself."""
        way = self._way
        if isinstance(way, SocketWay):
            way._socket.transport.abort()

    # Requests ---------------------------------------------------------------------------------------------------------

    async def ask(self, verb: str, *, rid: str | None = None, timeout_s: float = 60.0, **fields: Any) -> Frame:
        """The answer to a request. Raises Refusal, TimeoutError. Cancelling leaves it in the outbox."""
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(self.send(verb, rid=rid, **fields))

    def send(self, verb: str, *, rid: str | None = None, **fields: Any) -> asyncio.Future[Frame]:
        """Puts a request into the outbox, where it stays until it is answered."""
        rid = rid or str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._requests[rid] = Request({"type": verb, "rid": rid, **fields}, answer)
        self.log.verbs[rid] = verb
        if "body" in fields:
            self.log.bodies[rid] = fields["body"]
        self._changed.set()
        return answer

    async def whisper(self, frame: Frame) -> None:
        """Sends a frame now or not at all."""
        if self._way is not None:
            await self._way.send(frame)

    async def until(self, wanted: Callable[[Frame], bool], timeout_s: float = 30.0) -> Frame:
        """The newest frame that fits, of those that came or will come."""
        async with asyncio.timeout(timeout_s):
            while True:
                for frame in reversed(self.frames):
                    if wanted(frame):
                        return frame
                await self._change()

    def events(self, stream: str) -> list[Mapping[str, Any]]:
        """What was shown of a stream."""
        return list(self.log.shown.get(stream, ()))

    async def _change(self) -> None:
        seen = self._changed
        await seen.wait()
        if seen is self._changed:
            self._changed = asyncio.Event()

    # The line ---------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        failures = 0
        while self.closed_with is None:
            try:
                await self._connection()
            except Closed as closed:
                if closed.code in FINAL:
                    self.closed_with = closed.code
            except (OSError, InvalidHandshake, TimeoutError):
                failures += 1
            if self._is_ready.is_set():
                failures = 0
            self._is_ready.clear()
            self._changed.set()
            if self.closed_with is None:
                await asyncio.sleep(self._pause_s(failures))

    def _pause_s(self, failures: int) -> float:
        if self._moving_s is not None:
            pause, self._moving_s = self._moving_s, None
            return pause
        else:
            return self._chance.uniform(0, min(self._patience_s, 2.0 * 2**failures))

    async def _connection(self) -> None:
        self._resumed = {stream: cursor.last for stream, cursor in list(self.cursors.items())[-MOST_RESUMED:]}
        hello = {"type": "hello", "epoch": self.epoch, "resume": self._resumed, **self._opening}
        opener = HttpWay.open if self._over_http else SocketWay.open
        async with asyncio.timeout(DEAD_S):
            self._way = await opener(self.desk, self.audience, self.credentials, hello | self.credentials.hello())
        self.connections += 1
        sending = asyncio.create_task(self._sending(self._way))
        try:
            await self._listen(self._way)
        finally:
            sending.cancel()
            self._is_ready.clear()
            way, self._way = self._way, None
            with contextlib.suppress(Exception):
                await way.close()

    async def _listen(self, way: Way) -> None:
        frames = way.frames()
        while True:
            async with asyncio.timeout(DEAD_S):
                frame = await anext(frames)
            self.frames.append(frame)
            await self._take(way, frame)
            self._on_frame(frame)
            self._changed.set()

    async def _sending(self, way: Way) -> None:
        """The outbox: in order, at most ten under way, resting when the desk asks for it."""
        loop = asyncio.get_running_loop()
        for request in self._requests.values():
            request.sent = False
        while True:
            rest = self._rest_until - loop.time()
            if rest > 0:
                await asyncio.sleep(rest)
            if self._is_ready.is_set():
                for request in list(self._requests.values())[:UNDER_WAY]:
                    if not request.sent and not request.answer.done():
                        request.sent = True
                        await way.send(request.frame)
            await self._change()

    async def _take(self, way: Way, frame: Frame) -> None:
        match frame["type"]:
            case "ready":
                self._opened(frame)
            case "event":
                await self._event(way, frame)
            case "reset":
                self._reset(frame)
            case "heartbeat":
                await way.send({"type": "pong"})
                await self._compare(way, frame["heads"])
            case "resumed":
                await self._compare(way, {frame["stream"]: frame["seq"]})
            case "behind":
                await self._resume(way, list(self.cursors))
                for request in self._requests.values():
                    request.sent = False
            case "inbox":
                await self._inbox(way, frame)
            case "moving":
                self._moving_s = frame["retry_ms"] / 1000
            case "ok" | "error" if frame.get("rid"):
                self._answered(frame)
            case "error" if "stream" in frame:
                self.cursors.pop(frame["stream"], None)

    def _opened(self, frame: Frame) -> None:
        self.ready = frame
        self.epoch = frame["epoch"]
        self.log.person = frame["you"]["id"]
        for summary in frame["tickets"]:
            self._from_now(summary["ticket"], summary["seq"])
            if "internal_seq" in summary:
                self._from_now(f"{summary['ticket']}/i", summary["internal_seq"])
        self._is_ready.set()

    def _from_now(self, stream: str, seq: int) -> None:
        if stream not in self._resumed:
            self._start(stream, seq)

    def _start(self, stream: str, seq: int) -> Cursor:
        self.cursors[stream] = Cursor(seq)
        self.log.started_after[stream] = seq
        self.log.shown[stream] = []
        return self.cursors[stream]

    # Streams ----------------------------------------------------------------------------------------------------------

    async def _event(self, way: Way, frame: Frame) -> None:
        stream, seq = frame["stream"], frame["seq"]
        cursor = self.cursors.get(stream) or self._start(stream, 0)
        if seq == cursor.last + 1:
            self._show(stream, cursor, frame)
            while cursor.last + 1 in cursor.held:
                self._show(stream, cursor, cursor.held.pop(cursor.last + 1))
        elif seq > cursor.last:
            cursor.held[seq] = frame
            await self._resume(way, [stream])

    def _show(self, stream: str, cursor: Cursor, frame: Frame) -> None:
        cursor.last = frame["seq"]
        self.log.shown[stream].append(frame)

    def _reset(self, frame: Frame) -> None:
        events = frame["snapshot"]["events"]
        first = events[0]["seq"] if events else frame["seq"] + 1
        self._start(frame["stream"], first - 1).last = frame["seq"]
        self.log.shown[frame["stream"]] = list(events)

    async def _compare(self, way: Way, heads: Mapping[str, int]) -> None:
        behind = [stream for stream, seq in heads.items() if stream in self.cursors and seq > self.cursors[stream].last]
        if behind:
            await self._resume(way, behind)

    async def _inbox(self, way: Way, frame: Frame) -> None:
        streams = [frame["ticket"]] + ([f"{frame['ticket']}/i"] if "internal_seq" in frame else [])
        new = [stream for stream in streams if stream not in self.cursors]
        for stream in new:
            self._start(stream, 0)
        if new:
            await self._resume(way, new)

    async def _resume(self, way: Way, streams: list[str]) -> None:
        if isinstance(way, HttpWay):
            raise Closed(1006)  # over HTTP a new stream resumes
        for start in range(0, len(streams), MOST_RESUMED):
            cursors = {stream: self.cursors[stream].last for stream in streams[start : start + MOST_RESUMED]}
            await way.send({"type": "resume", "resume": cursors})

    def _answered(self, frame: Frame) -> None:
        request = self._requests.get(frame["rid"])
        if request is None:
            return
        if frame["type"] == "error" and "retry_s" in frame:
            request.sent = False
            self._rest_until = asyncio.get_running_loop().time() + frame["retry_s"]
            return
        del self._requests[frame["rid"]]
        if request.answer.done():
            return
        if frame["type"] == "ok":
            self.log.acked[frame["rid"]] = frame
            request.answer.set_result(frame)
        else:
            request.answer.set_exception(Refusal(frame))
            request.answer.exception()  # whoever does not await it is not warned of it
