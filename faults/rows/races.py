"""Row 41: accepting, handing over and leaving, in every order."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator

from desk import requests
from faults.frame import Budget, Outcome, row, tell
from faults.ground import Ground
from routing.errors import DeskError
from store.engine import InlineRecord, open_record
from tests.support.checker import check
from tests.support.world import World


class Play:
    """One ticket, pressed by a visitor of its own, Anna rung."""

    def __init__(self, world: World, who: str, ticket: str, ring: str) -> None:
        self.world, self.who, self.ticket, self.ring = world, who, ticket, ring
        self.accepted = 0

    async def ask(self, who: str, request: type, **fields: object) -> bool:
        """Whether the desk did it."""
        try:
            await self.world.ask(who, request, **fields)
        except DeskError:
            return False
        return True

    async def accepts(self) -> None:
        self.accepted += await self.ask("anna", requests.Accept, ring=self.ring)

    async def declines(self) -> None:
        await self.ask("anna", requests.Decline, ring=self.ring, reason="busy")

    async def answers(self) -> None:
        await self.ask("anna", requests.AgentSay, ticket=self.ticket, body="Here", anyway=True)

    async def hands_over(self) -> None:
        await self.ask("anna", requests.Transfer, ticket=self.ticket, to="ben", note="yours", owner=True)

    async def ben_accepts(self) -> None:
        for ring in (await self.world.reading.open_rings(["ben"])).get("ben", []):
            await self.ask("ben", requests.Accept, ring=ring)

    async def says(self) -> None:
        await self.ask(self.who, requests.ContactSay, ticket=self.ticket, body="Hello?")

    async def leaves(self) -> None:
        await self.ask(self.who, requests.Leave, ticket=self.ticket)

    async def vanishes(self) -> None:
        await self.world.goes("agent", "anna")

    async def returns(self) -> None:
        await self.world.comes("agent", "anna")

    async def too_late(self) -> None:
        await self.world.go_on(30)


Step = Callable[[Play], Awaitable[None]]
STRANDS: tuple[tuple[tuple[Step, ...], ...], ...] = (
    ((Play.accepts, Play.answers), (Play.hands_over, Play.ben_accepts), (Play.says, Play.leaves)),
    ((Play.accepts, Play.accepts), (Play.hands_over, Play.ben_accepts), (Play.leaves, Play.says)),
    ((Play.declines, Play.accepts), (Play.ben_accepts, Play.ben_accepts), (Play.says, Play.leaves)),
    ((Play.accepts, Play.hands_over), (Play.vanishes, Play.returns), (Play.leaves,)),
    ((Play.accepts,), (Play.too_late, Play.ben_accepts), (Play.says, Play.leaves)),
)
"""Who does what one after the other; every order over all strands is played: up to six steps."""


def orders(strands: tuple[tuple[Step, ...], ...]) -> Iterator[tuple[Step, ...]]:
    """Every interleaving that keeps the order within each strand."""
    turns = [number for number, strand in enumerate(strands) for _ in strand]
    for turn in sorted(set(itertools.permutations(turns))):
        left = [iter(strand) for strand in strands]
        yield tuple(next(left[number]) for number in turn)


@row("41", "accept, hand-over and leaving in every order", promise="one outcome in every order", least_s=45)
async def every_order(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """One after the other in virtual time, then each order's steps really at once."""
    todo = [order for strands in STRANDS for order in orders(strands)]
    outcome, chance = Outcome(of=2 * len(todo)), random.Random(seed)
    with ground.record() as url:
        record = InlineRecord(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else await open_record(url)
        world = await World.make(record, here=("anna", "ben"))
        for number, (order, at_once) in enumerate(itertools.product(todo, (False, True))):
            if budget.over and number > 100:
                break
            await _one(world, f"visitor-{number}", order, chance, outcome, at_once=at_once)
            outcome.done += 1
        tell(f"{outcome.done} of {outcome.of} orders")
        await record.close()
        outcome.judge(check(url, [], settled=False))
    return outcome


async def _one(
    world: World, who: str, order: tuple[Step, ...], chance: random.Random, outcome: Outcome, *, at_once: bool
) -> None:
    await world.visitor(who)
    ticket = (await world.ask(who, requests.Press, text="Hello"))["ticket"]
    rings = (await world.reading.open_rings(["anna"])).get("anna", [])
    play = Play(world, who, ticket, rings[0] if rings else "none")
    if at_once:
        await asyncio.gather(*(step(play) for step in chance.sample(order, len(order))))
        await play.leaves()
    else:
        for step in order:
            await step(play)
            await world.due()
    name = ", ".join(step.__name__ for step in order)
    chat = (await world.summary(who, ticket))["chat"]
    outcome.must(play.accepted <= 1, f"accepted {play.accepted} times: {name}")
    outcome.must(chat is None, f"the chat of who left is {chat}: {name}")
    await world.comes("agent", "anna")
    await world.go_on(5)
    if any((await world.reading.open_rings(["anna", "ben"])).values()):
        await world.go_on(30)  # a hand-over may ring to its end
    open_rings = await world.reading.open_rings(["anna", "ben"])
    outcome.must(not any(open_rings.values()), f"still rings {open_rings}: {name}")
