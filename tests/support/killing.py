"""A desk that is killed at every stage of every verb: `python -m tests.support.killing URL ROUNDS SEED`, and then, as
one likes, SECONDS that it may take and the one STAGE.

Each life of the desk's process asks again for what the life before asked for when it was killed, as a client does (the
same rid), then asks for the next verb and is killed at its stage. What remains in the end must be what lives without
any kill leave behind. Lives are forks of a parent that has lived one of each verb to its end itself: all that a process
prepares but once is there, every thread and connection is their own. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from server.demo.client import ClientLog
from store import crash, postgres
from store.engine import open_record
from tests.support.checker import check
from tests.support.rehearsals import KEEPS_RECEIPT, REHEARSALS, Asked, Scene
from tests.support.services import until
from tests.support.world import OPEN, World

Tell = Callable[[str, Any], None]


@dataclass(frozen=True)
class Part:
    """A verb ("audience", "name") and the stage to die at; None: to live on."""

    verb: tuple[str, str]
    stage: str | None = None

    def __str__(self) -> str:
        return " ".join((*self.verb, self.stage or "calm"))


PARTS = tuple(Part(verb, stage) for verb, stage in itertools.product(REHEARSALS, crash.STAGES))


@dataclass
class Life:
    """What a process told before it died: `again` and `left` are of the request of the life before."""

    died: bool = False
    asked: dict[str, Any] | None = None
    acked: dict[str, Any] | None = None
    again: dict[str, Any] | None = None
    left: list[str] = field(default_factory=list)


@dataclass
class Report:
    """`reached`: kills by "audience verb stage"."""

    reached: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return sum(self.reached.values())


# One life ---------------------------------------------------------------------------------------------------------


async def live(url: str, number: int, part: Part | None, before: Asked | None, tell: Tell) -> None:
    """Asks again, prepares, arms, asks. Without a part it only asks again."""
    postgres.WRITERS = postgres.READERS = 1  # it does one thing after the other
    record = await open_record(url)
    world = World(record, OPEN + timedelta(seconds=number))
    scene = Scene(world, f"somebody-{number}")
    await scene.begin()
    if before is not None:
        await _again(Scene(world, before.contact), before, tell)
    if part is not None:
        asked = await scene.prepare(*part.verb)
        tell("asked", asdict(asked))
        if part.stage is not None:
            crash.armed = crash.Point(asked.verb, part.stage, 1)
        await scene.perform(asked, lambda answer: tell("acked", answer))
        await _again(scene, asked, tell)
    await record.close()


async def _again(scene: Scene, asked: Asked, tell: Tell) -> None:
    answers: list[dict[str, Any]] = []
    await scene.perform(asked, answers.append)
    ticket = answers[0].get("ticket", asked.fields.get("ticket"))
    tell("again", answers[0])
    if ticket is not None:
        tell("left", [f"{s}:{kind}" for s in ("", "/i") for kind in await scene.world.kinds(f"{ticket}{s}")])
    await scene.end(ticket)


def one_life(url: str, number: int, part: Part | None, before: Asked | None) -> Life:
    """Forks; reads what the child tells until it is gone."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            asyncio.run(live(url, number, part, before, lambda what, said: _tell(writing, what, said)))
        except BaseException as error:  # the child must never return into the parent's code
            _tell(writing, "broken", repr(error))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = [json.loads(line) for line in pipe]
    _, status = os.waitpid(child, 0)
    life = Life(died=os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)
    for what, said in told:
        if what == "broken":
            raise RuntimeError(f"{part}: {said}")
        setattr(life, what, said)
    return life


def _tell(pipe: int, what: str, said: Any) -> None:
    os.write(pipe, json.dumps([what, said]).encode() + b"\n")


# All of them ------------------------------------------------------------------------------------------------------


def calm_life(url: str, number: int, verb: tuple[str, str]) -> Life:
    """In this process, which has no thread and no connection left afterwards: it may fork."""
    life = Life()
    asyncio.run(live(url, number, Part(verb), None, lambda what, said: setattr(life, what, said)))
    until(lambda: len(os.listdir("/proc/self/task")) == 1)  # a fork has only the thread that forks
    return life


async def _seed(url: str) -> None:
    world = await World.make(await open_record(url), here=())
    await world.record.close()


def kill(url: str, rounds: int, chance: random.Random, ends: float, stage: str | None = None) -> Report:
    """Every part (of one stage) once a round, in a random order, until `rounds` or the (monotonic) time are over."""
    parts = [part for part in PARTS if stage in (None, part.stage)]
    asyncio.run(_seed(url))
    report, numbers, logs = Report(), itertools.count(1), [ClientLog("everybody", "contact")]
    calm = {verb: calm_life(url, next(numbers), verb).left for verb in REHEARSALS}
    gc.collect()
    gc.freeze()  # pages that no collector touches are shared with every life
    last: tuple[str, Asked, Life] | None = None
    for part in itertools.chain.from_iterable(chance.sample(parts, len(parts)) for _ in range(rounds)):
        if time.monotonic() > ends:
            break
        life = one_life(url, next(numbers), part, None if last is None else last[1])
        if last is not None:
            _judge(report, *last, life, calm, logs[0])
        if life.died and life.asked is not None:
            report.reached[str(part)] = report.reached.get(str(part), 0) + 1
            last = (str(part), Asked(**life.asked), life)
        else:
            last = None
    if last is not None:
        _judge(report, *last, one_life(url, next(numbers), None, last[1]), calm, logs[0])
    report.broken += check(url, logs, settled=False)
    return report


def _judge(
    report: Report,
    name: str,
    asked: Asked,
    life: Life,
    after: Life,
    calm: dict[tuple[str, str], list[str]],
    log: ClientLog,
) -> None:
    """Whether the killed request stands once, as it was answered, and left what it leaves in a calm life."""
    verb = (asked.audience, asked.verb)
    if after.again is None:
        report.lost.append(f"{name}: no answer to the same rid")
        return
    if life.acked is not None and KEEPS_RECEIPT[verb] and life.acked != after.again:
        report.lost.append(f"{name}: was answered {life.acked}, is answered {after.again}")
    if len(after.left) < len(calm[verb]):
        report.lost.append(f"{name}: left {after.left}, in calm {calm[verb]}")
    elif len(after.left) > len(calm[verb]):
        report.doubled.append(f"{name}: left {after.left}, in calm {calm[verb]}")
    elif after.left != calm[verb]:
        report.disordered.append(f"{name}: left {after.left}, in calm {calm[verb]}")
    if asked.verb == "say":
        rid = asked.fields["rid"]
        log.acked[rid], log.verbs[rid], log.bodies[rid] = after.again, "say", asked.fields["body"]


def main(url: str, rounds: int, number: int, seconds: float = 3600.0, stage: str | None = None) -> None:
    report = kill(url, rounds, random.Random(number), time.monotonic() + seconds, stage)
    print(json.dumps(asdict(report)))


if __name__ == "__main__":
    main(
        sys.argv[1],
        int(sys.argv[2]),
        int(sys.argv[3]),
        float(sys.argv[4]) if len(sys.argv) > 4 else 3600.0,
        sys.argv[5] if len(sys.argv) > 5 else None,
    )
