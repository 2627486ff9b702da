"""A desk's end of the wire that a test plays, on a real port: it serves the modules and answers frame by frame."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

STATIC = Path(__file__).parents[2] / "widget" / "static"
PAGE = '<!doctype html><html lang="en"><title>Wire</title><body></body></html>'
PATIENCE_S = 20.0

Frame = dict[str, Any]


class Line:
    """One connection of the browser, by socket or by HTTP."""

    def __init__(self, hello: Frame) -> None:
        self.hello = hello
        self.incoming: asyncio.Queue[Frame] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Frame | int] = asyncio.Queue()

    async def send(self, **frame: Any) -> None:
        await self.outgoing.put(frame)

    async def ready(self, **more: Any) -> None:
        await self.send(
            type="ready",
            epoch="e1",
            now="2026-03-04T09:00:00.000000Z",
            you={"id": "c1", "name": "P"},
            tickets=more.pop("tickets", []),
            rings=[],
            offers=[],
            heartbeat_s=5,
            **more,
        )

    async def event(self, seq: int, stream: str = "T", **data: Any) -> None:
        await self.send(
            type="event",
            ticket=stream,
            stream=stream,
            seq=seq,
            at="2026-03-04T09:00:00.000000Z",
            kind="message",
            by=None,
            data=data,
        )

    async def close(self, code: int) -> None:
        await self.outgoing.put(code)

    async def frame(self, kind: str) -> Frame:
        """The next frame of this kind; others on the way are dropped."""
        async with asyncio.timeout(PATIENCE_S):
            while (frame := await self.incoming.get())["type"] != kind:
                pass
        return frame


class Peer:
    """The port, and the lines as they come."""

    def __init__(self) -> None:
        self.url = ""
        self.sockets = True
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._latest: Line | None = None

    async def line(self) -> Line:
        """The next connection, after its hello."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._lines.get()

    async def answer(self, **frame: Any) -> None:
        """The answer to a request that came by HTTP."""
        self._answers.pop(frame["rid"]).set_result(frame)

    async def _socket(self, socket: WebSocket) -> None:
        if not self.sockets:
            await socket.close()
            return
        await socket.accept("vipdesk.1")
        line = Line(json.loads(await socket.receive_text()))
        await self._lines.put(line)
        writer = asyncio.create_task(self._write(socket, line))
        try:
            while True:
                await line.incoming.put(json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            writer.cancel()

    async def _write(self, socket: WebSocket, line: Line) -> None:
        while not isinstance(frame := await line.outgoing.get(), int):
            await socket.send_text(json.dumps(frame))
        await socket.close(frame)

    async def _stream(self, request: Request) -> Response:
        line = self._latest = Line(await request.json())
        await self._lines.put(line)

        async def frames() -> AsyncIterator[bytes]:
            while not isinstance(frame := await line.outgoing.get(), int):
                yield f"data: {json.dumps(frame)}\n\n".encode()
            yield f'event: close\ndata: {{"code": {frame}}}\n\n'.encode()

        return StreamingResponse(frames(), media_type="text/event-stream")

    async def _request(self, request: Request) -> Response:
        frame = await request.json()
        assert self._latest is not None
        answer = None if "rid" not in frame else asyncio.get_running_loop().create_future()
        if answer is not None:
            self._answers[frame["rid"]] = answer
        await self._latest.incoming.put(frame)
        return Response(status_code=204) if answer is None else Response(json.dumps(await answer))

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", lambda _: HTMLResponse(PAGE)),
                WebSocketRoute("/ws/contact", self._socket),
                Route("/x/contact/stream", self._stream, methods=["POST"]),
                Route("/x/contact", self._request, methods=["POST"]),
                Mount("/widget", StaticFiles(directory=STATIC)),
            ]
        )


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    """A peer on a free port of this machine."""
    one = Peer()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        one.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(one.app(), log_level="error", ws="websockets-sansio", lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield one
        finally:
            server.should_exit = server.force_exit = True
            await serving
