"""A simulated customer who presses, writes and answers now and then: switched on by the demo page, off at first."""

from __future__ import annotations

import json
import logging
import random
import uuid
from typing import Any

from desk.actors import Signed
from desk.requests import ContactSay, Leave, Press, Read
from routing.allow import Actor
from routing.errors import DeskError
from server.demo import cast
from server.parts import Parts
from store import chats, events, meta
from store.engine import Connection

log = logging.getLogger(__name__)
SWITCH = "demo_customer"
PAUSE_S = (20.0, 60.0)
THINKS_S = (3.0, 9.0)
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


class Simulator:
    """Sofia Lindqvist of Halden & Frey."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        customer = next(each for each in cast.CUSTOMERS if each.id == "halden")
        self._me = Signed(
            Actor("sofia", "contact", customer=customer.id, verified=True),
            "Sofia Lindqvist",
            "button-halden",
            "en",
            customer.zone,
        )

    async def run(self) -> None:
        """For ever."""
        sleep = self._parts.desk.clock.sleep
        while True:
            await sleep(random.uniform(*THINKS_S))  # noqa: S311
            try:
                if await self._is_on() and await self._somebody_is_there():
                    await self._visit()
                    await sleep(random.uniform(*PAUSE_S))  # noqa: S311
            except DeskError as error:
                log.info("demo.customer_refused code=%s", error.code)

    async def _visit(self) -> None:
        """Presses, and speaks until the third answer, or until nobody comes."""
        answer = await self._ask(Press(str(uuid.uuid4()), text=random.choice(OPENINGS)))  # noqa: S311
        ticket, spoken = answer["ticket"], 0
        for _ in range(40):
            await self._parts.live.beat("contact", "sofia", "simulated")
            await self._parts.desk.clock.sleep(random.uniform(*THINKS_S))  # noqa: S311
            state, last_by, seq = await self._parts.record.read(lambda connection: _look(connection, ticket))
            if state is None or not await self._is_on():
                break
            if last_by == "agent":
                await self._ask(Read(str(uuid.uuid4()), ticket, seq))
                await self._type(ticket)
                spoken += 1
                body = THANKS if spoken > 2 else random.choice(ANSWERS)  # noqa: S311
                await self._ask(ContactSay(str(uuid.uuid4()), ticket, body))
                if spoken > 2:
                    break
        await self._leave(ticket)

    async def _leave(self, ticket: str) -> None:
        state, _, _ = await self._parts.record.read(lambda connection: _look(connection, ticket))
        if state is not None:
            await self._ask(Leave(str(uuid.uuid4()), ticket))
        if await self._parts.live.gone("contact", "sofia", "simulated"):
            await self._parts.desk.person_gone("contact", "sofia")

    async def _type(self, ticket: str) -> None:
        await self._parts.desk.typing(self._me, ticket, True)
        await self._parts.desk.clock.sleep(random.uniform(1.0, 3.0))  # noqa: S311
        await self._parts.desk.typing(self._me, ticket, False)

    async def _ask(self, request: Any) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []
        await self._parts.desk.perform(self._me, request, answers.append)
        return answers[0]

    async def _is_on(self) -> bool:
        return await self._parts.record.read(lambda connection: meta.get(connection, SWITCH)) == "on"

    async def _somebody_is_there(self) -> bool:
        return bool((await self._parts.live.present("agent")).people)


def _look(connection: Connection, ticket: str) -> tuple[str | None, str, int]:
    """The chat's state (None: ended), who spoke last, the head of the stream."""
    head = events.head(connection, ticket)
    said = [json.loads(frame) for frame in events.before(connection, ticket, head + 1, 20)]
    last = next((event for event in reversed(said) if event["kind"] == "message"), None)
    open_chats = chats.open_with(connection, "sofia")
    return ("open" if ticket in open_chats else None), (last["by"]["role"] if last else ""), head
