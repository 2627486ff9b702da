"""A simulated customer who presses, writes and answers now and then: switched on by the demo page, off at first.

She has a client like anybody else: what she does comes through the desk's own doors, and what she knows came over them.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2

from routing.errors import DeskError
from server.demo import cast
from server.demo.client import Client, Refusal
from server.demo.ways import Closed, visit

log = logging.getLogger(__name__)
SWITCH = "demo_customer"
WHO = "sofia"
PAUSE_S = (20.0, 60.0)
THINKS_S = (3.0, 9.0)
TYPES_S = (1.0, 3.0)
LOOKS = 40
ANSWERS_MOST = 3
OPENINGS = (
    "Hello, the order list is empty since this morning. Is that only here?",
    "Could you tell me which of our users still have the old licence?",
    "We see a delay of about ten minutes on new orders.",
    "I cannot download yesterday's delivery notes.",
)
ANSWERS = (
    "Thank you, let me check.",
    "Yes, that is how it looks here too.",
    "It works now.",
    "Understood. Could you send me that in writing as well?",
    "I asked my colleague, it is the same for her.",
)
THANKS = "That was all, thank you."


@dataclass(frozen=True)
class Surroundings:
    """`vouch`: what her company's site signs for her. `sleep`: by the monotonic clock."""

    vouch: Callable[[], Awaitable[str]]
    is_on: Callable[[], Awaitable[bool]]
    somebody_is_there: Callable[[], Awaitable[bool]]
    sleep: Callable[[float], Awaitable[None]]


class Simulator:
    """Sofia Lindqvist of Halden & Frey."""

    def __init__(self, desk: str, around: Surroundings, looks: int = LOOKS) -> None:
        """`looks`: how often she looks for an answer before she leaves."""
        self._desk = desk
        self._looks = looks
        self._around = around
        self._customer = next(each for each in cast.CUSTOMERS if any(one.id == WHO for one in each.contacts))

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._wait(THINKS_S)
            try:
                if await self._around.is_on() and await self._around.somebody_is_there():
                    await self._visit()
                    await self._wait(PAUSE_S)
            except (Refusal, DeskError) as error:
                log.info("demo.customer_refused code=%s", error.code)
            except (Closed, httpx2.HTTPError, OSError, TimeoutError) as error:
                log.info("demo.customer_lost because=%s", type(error).__name__)

    async def _visit(self) -> None:
        """Presses, and speaks until the third answer, or until nobody comes."""
        who = await visit(self._desk, self._customer.key, jwt=await self._around.vouch())
        async with Client(self._desk, "contact", who, zone=self._customer.zone) as line:
            pressed = await line.ask("press", text=random.choice(OPENINGS))  # noqa: S311
            chat, spoken = Chat(line, pressed["ticket"]), 0
            for _ in range(self._looks):
                await self._wait(THINKS_S)
                if chat.has_ended or not await self._around.is_on():
                    break
                if chat.is_answered:
                    spoken += 1
                    await self._answer(chat, THANKS if spoken == ANSWERS_MOST else random.choice(ANSWERS))  # noqa: S311
                if spoken == ANSWERS_MOST:
                    break
            if not chat.has_ended:
                await line.ask("leave", ticket=chat.ticket)

    async def _answer(self, chat: Chat, body: str) -> None:
        await chat.line.ask("read", ticket=chat.ticket, seq=chat.line.cursors[chat.ticket].last)
        await chat.line.whisper({"type": "typing", "ticket": chat.ticket, "on": True})
        await self._wait(TYPES_S)
        await chat.line.whisper({"type": "typing", "ticket": chat.ticket, "on": False})
        await chat.line.ask("say", ticket=chat.ticket, body=body)

    async def _wait(self, between_s: tuple[float, float]) -> None:
        await self._around.sleep(random.uniform(*between_s))  # noqa: S311


@dataclass(frozen=True)
class Chat:
    """What her line has shown of it."""

    line: Client
    ticket: str

    @property
    def has_ended(self) -> bool:
        states = [event["data"]["state"] for event in self.line.events(self.ticket) if event["kind"] == "chat"]
        return self.line.closed_with is not None or states[-1:] == ["ended"]

    @property
    def is_answered(self) -> bool:
        said = [event["by"]["role"] for event in self.line.events(self.ticket) if event["kind"] == "message"]
        return bool(said) and said[-1] == "agent"
