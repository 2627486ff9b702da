"""A real uvicorn on a free port, a desk of paper behind it, and lines to it by the `websockets` library."""

from __future__ import annotations

import asyncio
import json
import secrets
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest_asyncio
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from live.base import Live
from live.memory import MemoryLive
from live.redis import RedisLive
from server import serving
from server.sockets.doors import doors
from server.sockets.sockets import Sockets
from tests.sockets.paper import PaperDesk

Frame = dict[str, Any]


class Clock:
    """Monotonic time that jumps when a test says so."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        return asyncio.get_event_loop().time() + self.offset


class Line:
    """One raw socket: what it sends and gets is what the wire carries."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.got: list[Frame] = []

    async def send(self, frame: object) -> None:
        await self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def request(self, type: str, **fields: object) -> str:
        rid = str(uuid.uuid4())
        await self.send({"type": type, "rid": rid, **fields})
        return rid

    async def next(self) -> Frame:
        """The next frame that is no heartbeat."""
        async with asyncio.timeout(20):
            while True:
                frame: Frame = json.loads(await self.socket.recv())
                self.got.append(frame)
                if frame["type"] != "heartbeat":
                    return frame

    async def until(self, wanted: str | Callable[[Frame], bool]) -> Frame:
        """The next frame of that type, or the next that fits; earlier ones are in `got`."""
        async with asyncio.timeout(20):
            while True:
                frame: Frame = json.loads(await self.socket.recv())
                self.got.append(frame)
                if frame["type"] == wanted if isinstance(wanted, str) else wanted(frame):
                    return frame

    async def code(self) -> int:
        """The close code, once it is closed."""
        async with asyncio.timeout(20):
            try:
                while True:
                    self.got.append(json.loads(await self.socket.recv()))
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006

    def seqs(self, stream: str) -> list[int]:
        return [frame["seq"] for frame in self.got if frame["type"] == "event" and frame["stream"] == stream]


class House:
    """The server of one test."""

    def __init__(self, desk: PaperDesk, live: Live, sockets: Sockets, clock: Clock, port: int) -> None:
        self.desk = desk
        self.live = live
        self.sockets = sockets
        self.clock = clock
        self.port = port
        self.stop = asyncio.Event()
        self.stack = AsyncExitStack()
        self.served: asyncio.Future[None]
        """Done when the server has ended; with its error, if it failed."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def socket(
        self,
        audience: str = "contact",
        *,
        origin: str | None = "",
        headers: Mapping[str, str] | None = None,
        reads_ahead: bool = True,
    ) -> ClientConnection:
        """A raw WebSocket; `origin` is the desk's own unless given."""
        more: dict[str, Any] = {}
        if not reads_ahead:
            more = {"max_queue": 1}
        return await self.stack.enter_async_context(
            connect(
                f"ws://127.0.0.1:{self.port}/ws/{audience}",
                origin=Origin(self.url) if origin == "" else Origin(origin) if origin else None,
                subprotocols=[Subprotocol("vipdesk.1")],
                additional_headers=dict(headers or {}),
                ping_interval=None,
                close_timeout=1,
                max_size=2**22,
                compression=None,
                proxy=None,
                **more,
            )
        )

    async def contact(self, person: str = "vera", **hello: object) -> Line:
        """A contact's line, with `hello` sent."""
        line = Line(await self.socket())
        await line.send({"type": "hello", "token": f"token-{person}", "epoch": None, "resume": {}} | hello)
        return line

    async def agent(self, person: str = "anna", **hello: object) -> Line:
        line = Line(await self.socket("agent", headers={"Cookie": f"session=session-{person}"}))
        await line.send({"type": "hello", "csrf": "csrf", "epoch": None, "resume": {}} | hello)
        return line

    async def ready(self, person: str = "vera", **hello: object) -> Line:
        """A contact's line that is open."""
        line = await self.contact(person, **hello)
        await line.until("ready")
        return line


@asynccontextmanager
async def built(live: Live, desk: PaperDesk | None = None) -> AsyncIterator[House]:
    """A server with everything that is real but the desk; it drains at the end."""
    desk = desk or PaperDesk(live)
    clock = Clock()
    listener = serving.listen("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    sockets = Sockets(
        verbs=desk,
        reading=desk,
        identity=desk,
        live=live,
        monotonic=clock,
        origins=frozenset({f"http://127.0.0.1:{port}"}),
        session_of=lambda cookies: cookies.get("session"),
        heartbeat_s=0.2,
        hello_s=0.3,
    )
    house = House(desk, live, sockets, clock, port)
    running = asyncio.create_task(sockets.run())
    app = Starlette(routes=doors(sockets))
    house.served = asyncio.create_task(
        serving.serve(app, [listener], drain=sockets.drain, stop=house.stop, opening_s=0.3)
    )
    async with house.stack:
        yield house
    house.stop.set()
    await house.served
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with built(MemoryLive()) as house:
        yield house


@pytest_asyncio.fixture
async def houses(redis_url: str) -> AsyncIterator[tuple[House, House]]:
    """Two processes of one desk: one record, each its own live over one Redis."""
    prefix = f"test-{secrets.token_hex(4)}"
    first, second = RedisLive(redis_url, prefix), RedisLive(redis_url, prefix)
    await first.start()
    await second.start()
    here, there = PaperDesk(first), PaperDesk(second)
    there.share(here)
    async with built(first, here) as one, built(second, there) as two:
        yield one, two
    await first.close()
    await second.close()
