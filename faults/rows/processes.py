"""Row 6: a serving process is killed under many lines."""

from __future__ import annotations

import asyncio

from faults.crowd import crowd
from faults.frame import Budget, Outcome, row, tell
from faults.ground import Ground

CONTACTS = 245
"""With two lines each; fewer than may come from one address within a minute."""


@row("6", "a process is killed under 500 lines", promise="chat back within", promise_s=5.0, least_s=45)
async def process_killed(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Killed and started again at once, as a supervisor does; where there are two, each in turn."""
    outcome = Outcome()
    with ground.house(2) as house:
        async with crowd(house, seed, contacts=CONTACTS, rung=12) as people:
            people.talk(every_s=8)
            while not outcome.done or not (budget.over or outcome.done >= 6):
                await asyncio.sleep(people.chance.uniform(0.5, 2))
                number = outcome.done % len(house.desks)
                since = asyncio.get_running_loop().time()
                tell(f"kill -9 of process {number}, pid {house.desks[number].pid}, {len(people.clients)} lines")
                house.desks[number].kill()
                back = asyncio.create_task(people.back(since))
                await asyncio.to_thread(house.restart, number)
                outcome.recovered_s += await back
                outcome.done += 1
            await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome
