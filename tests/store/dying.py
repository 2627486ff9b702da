"""Kills itself over and over at the engine's crash points: `python -m tests.store.dying URL KILLS SEED`.

The parent never starts a thread, so it may fork; each child opens the record, writes until it dies, and tells through a
pipe what was answered. Prints what was acknowledged and how many died.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys

from store import crash
from store.engine import Record, open_record
from tests.store.words import putting

NAMES = ("say", "press", "solve")
STAGES = ("before_tx", "before_commit", "after_commit")


async def live(url: str, life: int, out: int) -> None:
    """Writes from several tasks; each answer goes at once into the pipe."""
    record = await open_record(url)
    await asyncio.gather(*(_write(record, f"k{life}-{task}", out) for task in range(4)))
    await record.close()


async def _write(record: Record, prefix: str, out: int) -> None:
    for number in range(12):
        key = await record.write(putting(f"{prefix}-{number}"), name=NAMES[number % len(NAMES)])
        os.write(out, f"{key}\n".encode())


def one_life(url: str, life: int, chance: random.Random) -> tuple[list[str], bool]:
    """What was acknowledged, and whether it was killed."""
    reading, writing = os.pipe()
    point = crash.Point(chance.choice((*NAMES, "*")), chance.choice(STAGES), chance.randint(1, 14))
    child = os.fork()
    if child == 0:
        os.close(reading)
        crash.armed = point
        asyncio.run(live(url, life, writing))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        acked = pipe.read().split()
    _, status = os.waitpid(child, 0)
    return acked, os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def main(url: str, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    acked: list[str] = []
    killed = lives = 0
    while killed < kills and lives < kills * 3:
        told, died = one_life(url, lives, chance)
        acked += told
        killed += died
        lives += 1
    print(json.dumps({"acked": acked, "killed": killed, "lives": lives}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
