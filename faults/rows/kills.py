"""Rows 1 to 5: the process is killed at each stage of each verb; ten thousand kills; whole random days."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from faults.crowd import crowd
from faults.frame import Budget, Outcome, row, tell
from faults.ground import Ground
from store import crash, ids
from store.engine import InlineRecord, Record, open_record
from tests.support.killing import PARTS
from tests.support.simulation import Simulation

STEPS = 30
NAMES = {
    "before_tx": "killed before the transaction",
    "before_commit": "killed before COMMIT",
    "after_commit": "killed after COMMIT, before the answer",
    "after_ack": "killed after the answer, before publishing",
    "during_fanout": "killed while publishing",
}
MOST_ROUNDS = 90
AT_ONCE, ROUNDS = 2, 23
"""So many desks die side by side, each so often at every stage of every verb: on both grounds 10,120 kills."""


def _stage(number: int, stage: str) -> None:
    @row(
        str(number),
        f"{NAMES[stage]}, every verb",
        promise="0 lost, 0 doubled; answered again within",
        promise_s=5.0,
        least_s=25,
    )
    async def killed(ground: Ground, budget: Budget, seed: int) -> Outcome:
        outcome = Outcome(seeds=0)
        await _over_the_wire(ground, stage, seed, outcome)
        while not outcome.seeds or not (budget.over or outcome.seeds >= MOST_ROUNDS):
            _round(ground, stage, seed + outcome.seeds, outcome, budget)
        return outcome


for _number, _name in enumerate(crash.STAGES, 1):
    _stage(_number, _name)


def _round(ground: Ground, stage: str, seed: int, outcome: Outcome, budget: Budget) -> None:
    """Every verb once, on a record of its own."""
    with ground.record() as url:
        left_s = str(max(20.0, budget.left_s))
        command = [sys.executable, "-m", "tests.support.killing", url, "1", str(seed), left_s, stage]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    outcome.seeds += 1
    _count(ran, seed, outcome)


def _count(ran: subprocess.CompletedProcess[str], seed: int, outcome: Outcome) -> None:
    if ran.returncode != 0:
        outcome.broken.append(f"seed {seed}: {ran.stderr.strip().splitlines()[-1]}")
        return
    report = json.loads(ran.stdout)
    kills = sum(report["reached"].values())
    tell(f"seed {seed}: {kills} kills")
    outcome.done += kills
    outcome.lost += len(report["lost"])
    outcome.doubled += len(report["doubled"])
    outcome.disordered += len(report["disordered"])
    for each in (*report["lost"], *report["doubled"], *report["disordered"], *report["broken"]):
        outcome.broken.append(f"seed {seed}: {each}")


async def _over_the_wire(ground: Ground, stage: str, seed: int, outcome: Outcome) -> None:
    """A serving process dies at the n-th message and is started again: its clients get their answers."""
    count = random.Random(seed).randint(3, 40)
    with ground.house(settings={}) as house:
        house.desk.stop()
        house.desk.set("VIPDESK_CRASH", f"say:{stage}:{count}")
        house.desk.start()
        house.desk.set("VIPDESK_CRASH", "")
        async with crowd(house, seed, contacts=4, agents=("anna", "ben")) as people:
            people.talk(every_s=0.1)
            await asyncio.to_thread(house.desk.wait)
            since = asyncio.get_running_loop().time()
            tell(f"seed {seed}: the process killed itself at message {count}, {stage}")
            await asyncio.to_thread(house.restart)
            outcome.recovered_s += await people.back(since)
            outcome.done += 1
            await people.judge(outcome)


@row(
    "kills",
    "killed at every stage of every verb",
    promise="0 lost, 0 doubled in 5,060 kills on this ground, 10,120 on both",
    least_s=400,
)
def ten_thousand(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Real SIGKILLs of real processes on the real record, without sockets: forks of a process that is warm."""
    outcome = Outcome(seeds=0)

    def one(number: int) -> subprocess.CompletedProcess[str]:
        with ground.record() as url:
            command = [sys.executable, "-m", "tests.support.killing", url, str(ROUNDS), str(seed + number)]
            left_s = str(max(60.0, budget.left_s))
            return subprocess.run([*command, left_s], capture_output=True, text=True, check=False)

    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as desks:
        for number, ran in enumerate(desks.map(one, range(AT_ONCE))):
            outcome.seeds += 1
            _count(ran, seed + number, outcome)
    took_s = time.monotonic() - began
    outcome.note = f"{outcome.done} kills in {took_s:.0f} s"
    wanted = AT_ONCE * ROUNDS * len(PARTS)
    outcome.must(outcome.done == wanted, f"{outcome.done} of {wanted} kills in the time there was")
    return outcome


@row("days", "random days of everybody, in virtual time", promise="0 lost, 0 doubled in any seed", least_s=10)
def days(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """One random day a seed, by the desk's own code, with a shuffled order of everything."""
    outcome = Outcome(seeds=0)
    with ground.records() as new:
        while not outcome.seeds or not (budget.over or outcome.seeds >= 100_000):
            found = asyncio.run(_day(seed + outcome.seeds, new()))
            outcome.judge(f"seed {seed + outcome.seeds}: {each}" for each in found)
            outcome.seeds += 1
            outcome.done += 1
    return outcome


async def _day(seed: int, url: str) -> list[str]:
    chance = random.Random(seed)
    ids.source = lambda size: chance.randbytes(size).hex()[:22]
    record: Record = (
        InlineRecord(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else await open_record(url)
    )
    return await Simulation(seed, record, url).play(STEPS)
