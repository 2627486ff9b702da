"""What can be made to fail: kills at every stage of every verb, random days. The code is that of the tests."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from faults.table import Row
from store import ids
from store.engine import InlineRecord, Record, open_record
from tests.support.checker import doubled, lost
from tests.support.services import PostgresServer
from tests.support.simulation import Simulation

STEPS = 30
Url = Callable[[], str]


def kills(row: Row, url: Url, most: int, ends: float) -> None:
    """Rounds of all verbs and stages, each round on a record of its own, until `most` kills or the time is up."""
    while row.done < most and time.monotonic() < ends:
        seed = row.first_seed + row.seeds
        left_s = max(1.0, ends - time.monotonic())
        command = [sys.executable, "-m", "tests.support.killing", url(), "1", str(seed), str(left_s)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        row.seeds += 1
        if ran.returncode != 0:
            row.broken.append(f"seed {seed}: {ran.stderr.strip().splitlines()[-1]}")
            continue
        report = json.loads(ran.stdout)
        row.done += sum(report["reached"].values())
        row.note(seed, lost=report["lost"], doubled=report["doubled"], disordered=report["disordered"])
        row.broken += [f"seed {seed}: {each}" for each in report["broken"]]


def simulations(row: Row, url: Url, most: int, ends: float) -> None:
    """One random day a seed."""
    while row.done < most and time.monotonic() < ends:
        seed = row.first_seed + row.seeds
        faults = asyncio.run(_day(seed, url()))
        row.seeds += 1
        row.done += 1
        missing, twins = [each for each in faults if lost(each)], [each for each in faults if doubled(each)]
        row.note(seed, lost=missing, doubled=twins, disordered=[each for each in faults if each not in missing + twins])


async def _day(seed: int, url: str) -> list[str]:
    chance = random.Random(seed)
    ids.source = lambda size: chance.randbytes(size).hex()[:22]
    record: Record = (
        InlineRecord(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else await open_record(url)
    )
    return await Simulation(seed, record, url).play(STEPS)


ROWS = {"kills": (kills, 500), "simulations": (simulations, 200)}
"""By name: what is done, and how often unless told otherwise."""


class Databases:
    """Fresh records for as long as the run lasts."""

    def __init__(self, folder: Path, postgres: PostgresServer) -> None:
        self._folder = folder
        self._postgres = postgres
        self._name: str | None = None

    def sqlite(self) -> str:
        return f"sqlite:///{tempfile.mkdtemp(dir=self._folder)}/desk.db"

    def postgresql(self) -> str:
        """The one before is dropped."""
        if self._name is not None:
            self._postgres.drop(self._name)
        self._name = self._postgres.fresh()
        return self._postgres.url(self._name)
