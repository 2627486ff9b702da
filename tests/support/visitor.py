"""The wire's client for tests that are not async themselves: a person whose line lives in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

from tests.support.client import Audience, Client, Credentials, Frame, Refusal, sign_in, visit

T = TypeVar("T")


class Visitor:
    """`with Visitor.contact(desk, button) as priya:` then `priya.ask("press", text=…)`, as `Client` takes it."""

    def __init__(
        self, desk: str, audience: Audience, credentials: Callable[[], Coroutine[Any, Any, Credentials]]
    ) -> None:
        self._desk = desk
        self._audience: Audience = audience
        self._credentials = credentials
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @classmethod
    def contact(cls, desk: str, button: str) -> Visitor:
        """A visitor nobody knows."""
        return cls(desk, "contact", lambda: visit(desk, button))

    @classmethod
    def agent(cls, desk: str, name: str) -> Visitor:
        """One of the demo's people."""
        return cls(desk, "agent", lambda: sign_in(desk, f"{name}@larkfield.example", f"demo-{name}"))

    def ask(self, verb: str, **fields: Any) -> Frame:
        """The desk's answer. Raises Refusal, TimeoutError."""
        return self._run(self.client.ask(verb, **fields))

    def whisper(self, frame: Frame) -> None:
        """A frame that is never stored."""
        self._run(self.client.whisper(frame))

    def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The newest frame that fits, of those that came or will come."""
        return self._run(self.client.until(wanted))

    def hears(self, text: str) -> Frame:
        """A public message or, for agents, a note with that text."""
        return self.until(lambda frame: frame.get("kind") == "message" and frame["data"]["body"] == text)

    def is_rung(self) -> Frame:
        """The newest ring of this agent."""
        return self.until(lambda frame: frame["type"] == "ring")

    def leaves(self, ticket: str) -> None:
        """Ends the chat if it runs."""
        with contextlib.suppress(Refusal):
            self.ask("leave", ticket=ticket)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(90)

    async def _open(self) -> Client:
        return await Client(self._desk, self._audience, await self._credentials()).__aenter__()

    def __enter__(self) -> Self:
        self._thread.start()
        self.client = self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self.client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
