"""The product's own client for tests, and the second way of its frames: over HTTP, where WebSockets are blocked."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Self

import httpx2

from server.demo.client import DEAD_S, FINAL, Client, Refusal
from server.demo.ways import Audience, Closed, Credentials, Frame, SocketWay, Way, sign_in, visit

__all__ = [
    "Audience", "Client", "Closed", "Credentials", "Frame", "HttpWay", "Refusal", "SocketWay", "Way", "sign_in",
    "visit",
]  # fmt: skip


class HttpWay:
    """Over server-sent events and single requests."""

    def __init__(self, http: httpx2.AsyncClient, audience: Audience, hello: Frame) -> None:
        self._http = http
        self._at = f"/x/{audience}"
        self._hello = hello
        self._answers: asyncio.Queue[Frame] = asyncio.Queue()

    @classmethod
    async def open(cls, desk: str, audience: Audience, credentials: Credentials, hello: Frame) -> Self:
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
                    if frame["type"] == "heartbeat":
                        await self.send({"type": "pong"})
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

    async def resume(self, cursors: Mapping[str, int]) -> None:
        raise Closed(1006)  # over HTTP a new stream resumes

    def abort(self) -> None:
        raise NotImplementedError
