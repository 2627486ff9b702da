"""Row 44: a desk is backed up under load, killed, and restored elsewhere under its open clients; copies are killed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from faults.frame import Budget, Outcome, row, tell
from faults.ground import Ground
from tests.support.copying import Place
from tests.support.drill import Drill


@row(
    "44",
    "restored from a backup under open clients",
    promise="all that was acknowledged before it is there once; clients begin anew",
    least_s=60,
)
async def restored(ground: Ground, budget: Budget, seed: int) -> Outcome:
    outcome = Outcome(seeds=0)
    while not outcome.seeds or not (budget.left_s < 60 or outcome.seeds >= 20):
        folder = Path(tempfile.mkdtemp(dir=ground.folder))
        if ground.is_postgres:
            with ground.servers() as (postgres, _):
                await _drill(folder, (postgres.url(postgres.fresh()), postgres.url(postgres.fresh())), outcome)
        else:
            await _drill(folder, ("", ""), outcome)
        tell(f"drill {outcome.seeds}: restored elsewhere")
    return outcome


async def _drill(folder: Path, urls: tuple[str, str], outcome: Outcome) -> None:
    drill = Drill(folder, urls, talkers=12, lines=100)
    await drill.run()
    outcome.seeds += 1
    outcome.done += 1
    outcome.judge(drill.broken)


@row(
    "copies",
    "backup and restore killed at every step",
    promise="no half of a backup has a name; a restore can be repeated",
    least_s=60,
)
async def killed(ground: Ground, budget: Budget, seed: int) -> Outcome:
    outcome = Outcome()
    folder = Path(tempfile.mkdtemp(dir=ground.folder))
    await asyncio.to_thread(Place(folder / "data").run, "demo")
    every = "3" if budget.left_s > 200 else "11"
    command = [sys.executable, "-m", "tests.support.killed_copies", str(folder / "data"), str(folder), every]
    if ground.is_postgres:
        with ground.servers() as (postgres, _):
            ran = await _run([*command, postgres.url(postgres.fresh())])
    else:
        ran = await _run(command)
    if ran.returncode != 0:
        outcome.broken.append(ran.stderr.strip().splitlines()[-1])
    else:
        report = json.loads(ran.stdout)
        outcome.done = report["kills"]
        outcome.broken += report["broken"]
    return outcome


async def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
