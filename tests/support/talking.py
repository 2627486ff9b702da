"""Somebody who talks to a running desk without a pause, whatever is done to it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass

from server.demo import cast
from server.demo.client import ClientLog
from tests.support.client import Client, visit
from tests.support.running import RunningDesk

LINE = "a line of some length, so that a record has something to keep " * 8


@dataclass
class Talker:
    """A visitor on a ticket of their own, which nobody is rung for."""

    client: Client
    ticket: str

    async def say(self, how_many: int) -> None:
        """So many messages, all acknowledged; in trouble it takes as long as the trouble."""
        lines = [self.client.send("say", ticket=self.ticket, body=f"{number} {LINE}") for number in range(how_many)]
        async with asyncio.timeout(60):
            await asyncio.gather(*lines)

    @property
    def refused(self) -> list[float]:
        """For how long each polite refusal asked to wait."""
        return [frame["retry_s"] for frame in self.client.frames if frame.get("code") == "unavailable"]

    @property
    def log(self) -> ClientLog:
        return self.client.log


@contextlib.asynccontextmanager
async def talker(desk: RunningDesk) -> AsyncIterator[Talker]:
    """On the first customer's button."""
    who = await visit(desk.origin, cast.CUSTOMERS[0].key)
    async with Client(desk.origin, "contact", who, patience_s=0.5) as client:
        pressed = await client.ask("press", text="Hello", message_only=True)
        yield Talker(client, pressed["ticket"])


def ready(desk: RunningDesk) -> tuple[int, dict[str, str]]:
    """What `/ready` says."""
    try:
        with urllib.request.urlopen(f"{desk.origin}/ready", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
