"""A client of the wire as docs/protocol.md asks: cursors, gaps, outbox, coming back. For simulation and tests.

`async with Client(desk, "contact", credentials) as client:` returns at `ready`; then `await client.ask("say", …)`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from server.demo.ways import Audience, Closed, Credentials, Frame, SocketWay, Way

FINAL = frozenset({4400, 4401, 4403, 4409, 4410})
DEAD_S = 12.0
FIRST_S, MOST_S = 2.0, 15.0
UNDER_WAY = 10
MOST_RESUMED = 64


class Refusal(Exception):
    """The desk answered `error`."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(f"{frame['code']}: {frame['message']}")
        self.code: str = frame["code"]
        self.frame = frame


@dataclass
class ClientLog:
    """What one client was told and showed."""

    person: str
    kind: str  # contact, agent
    acked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Answers by rid, of the verbs that were answered `ok`."""
    verbs: dict[str, str] = field(default_factory=dict)
    """Verb by rid, of everything that was sent."""
    bodies: dict[str, str] = field(default_factory=dict)
    """Text by rid, of every `say`."""
    shown: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """Events by stream in the order shown; a `reset` starts the list anew behind its snapshot."""
    started_after: dict[str, int] = field(default_factory=dict)
    """The seq after which a stream was followed (0: from its beginning)."""
    left: set[str] = field(default_factory=set)
    """Streams that may not be followed any more."""


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
        way: type[Way] = SocketWay,
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
        self._opener = way
        self._chance = chance or random.Random()  # noqa: S311
        self._lang, self._zone = lang, zone
        self._on_frame = on_frame
        self._patience_s = patience_s
        self._requests: dict[str, Request] = {}
        self._rest_until = 0.0
        self._way: Way | None = None
        self._is_ready = asyncio.Event()
        self._changed = asyncio.Event()
        self._moving_s: float | None = None
        self._lost_at: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._resumed: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        self.begin()
        await self.until_ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def begin(self) -> None:
        """Comes in, however long it takes, until `close`."""
        self._task = asyncio.create_task(self._run())

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
        if self._way is not None:
            self._way.abort()

    # Requests ---------------------------------------------------------------------------------------------------------

    async def ask(self, verb: str, *, rid: str | None = None, timeout_s: float = 60.0, **fields: Any) -> Frame:
        """The answer to a request. Raises Refusal, Closed, TimeoutError. Cancelling leaves it in the outbox."""
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
        if self.closed_with is not None:
            _fail(answer, Closed(self.closed_with))
        self._changed.set()
        return answer

    async def whisper(self, frame: Frame) -> None:
        """Sends a frame now or not at all."""
        if self._way is not None:
            await self._way.send(frame)

    async def until(self, wanted: Callable[[Frame], bool], timeout_s: float = 30.0) -> Frame:
        """The newest frame that fits, of those that came or will come. Raises Closed, TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while True:
                for frame in reversed(self.frames):
                    if wanted(frame):
                        return frame
                if self.closed_with is not None:
                    raise Closed(self.closed_with)
                await self._change()

    @property
    def waiting(self) -> int:
        """How many requests are not answered yet."""
        return len(self._requests)

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
        while self.closed_with is None:
            try:
                await self._connection()
            except Closed as closed:
                if closed.code in FINAL:
                    self._end(closed.code)
            except (OSError, TimeoutError):
                pass
            self._lost_at = self._lost_at or asyncio.get_running_loop().time()
            self._changed.set()
            if self.closed_with is None:
                await asyncio.sleep(self._pause_s())

    def _end(self, code: int) -> None:
        """For good: nothing that was asked will be answered any more."""
        self.closed_with = code
        for request in self._requests.values():
            if not request.answer.done():
                _fail(request.answer, Closed(code))

    def _pause_s(self) -> float:
        if self._moving_s is not None:
            pause, self._moving_s = self._moving_s, None
            return pause
        else:
            away_s = asyncio.get_running_loop().time() - (self._lost_at or 0.0)
            return self._chance.uniform(0, min(self._patience_s, longest_pause_s(away_s)))

    async def _connection(self) -> None:
        self._resumed = {stream: cursor.last for stream, cursor in list(self.cursors.items())[-MOST_RESUMED:]}
        hello = self.credentials.hello(epoch=self.epoch, resume=self._resumed, lang=self._lang, zone=self._zone)
        async with asyncio.timeout(DEAD_S):
            self._way = await self._opener.open(self.desk, self.audience, self.credentials, hello)
        self.connections += 1
        sending = asyncio.create_task(self._sending(self._way))
        try:
            await self._listen(self._way)
        except TimeoutError:
            with contextlib.suppress(NotImplementedError):
                self._way.abort()  # a dead line answers no good-bye
            raise
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
                await self._opened(way, frame)
            case "event":
                await self._event(way, frame)
            case "reset":
                self._reset(frame)
            case "heartbeat":
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
                self.log.left.add(frame["stream"])

    async def _opened(self, way: Way, frame: Frame) -> None:
        self.ready = frame
        if self.epoch not in (None, frame["epoch"]):
            self.cursors = {stream: self.cursors[stream] for stream in self._resumed if stream in self.cursors}
        late = [stream for stream in self.cursors if stream not in self._resumed]
        self.epoch = frame["epoch"]
        self.log.person = frame["you"]["id"]
        for summary in frame["tickets"]:
            self._from_now(summary["ticket"], summary["seq"])
            if "internal_seq" in summary:
                self._from_now(f"{summary['ticket']}/i", summary["internal_seq"])
        self._lost_at = None
        self._is_ready.set()
        await self._resume(way, late)

    def _from_now(self, stream: str, seq: int) -> None:
        if stream not in self.cursors:
            self._start(stream, seq)

    def _start(self, stream: str, seq: int) -> Cursor:
        self.cursors[stream] = Cursor(seq)
        self.log.started_after[stream] = seq
        self.log.shown[stream] = []
        self.log.left.discard(stream)
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
        for start in range(0, len(streams), MOST_RESUMED):
            cursors = {stream: self.cursors[stream].last for stream in streams[start : start + MOST_RESUMED]}
            await way.resume(cursors)

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
            _fail(request.answer, Refusal(frame))


def longest_pause_s(away_s: float) -> float:
    """Before the next try: short at first, since a process that is started again needs about two seconds, then up to
    half of the time it has lasted: who was away for long may come a little later."""
    return min(MOST_S, max(FIRST_S, away_s / 2))


def _fail(answer: asyncio.Future[Frame], error: Exception) -> None:
    answer.set_exception(error)
    answer.exception()  # whoever does not await it is not warned of it
