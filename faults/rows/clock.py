"""Rows 24 and 42: the machine's clock steps; the event loop stands still."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from faults.crowd import Crowd, crowd
from faults.frame import Budget, Outcome, Skipped, row, tell
from faults.ground import Ground
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.support.services import environment, program

STEPS = {"+3600": "an hour on", "-3600": "an hour back", "+90000": "25 hours on", "+0": "right again"}
STILL_S = 3
SLACK_S = 30
"""A heartbeat is at most five seconds old; the rest is for a busy machine."""


def _now() -> float:
    return asyncio.get_running_loop().time()


def _library() -> str:
    """libfaketime's. Raises Skipped."""
    box = os.environ.get("VIPDESK_SERVICES", "/nonexistent")
    found = sorted(
        glob.glob(f"{box}/usr/lib/*/faketime/libfaketimeMT.so.1") + glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    )
    if not found:
        raise Skipped("There is no libfaketime here.")
    return found[0]


def _into_grace(people: Crowd) -> int:
    """How many chats were told that their agent was gone."""
    return sum(
        event["kind"] == "chat" and event["data"].get("state") == "grace"
        for log in people.logs
        if log.kind == "contact"
        for shown in log.shown.values()
        for event in shown
    )


@row(
    "24",
    "the clock steps while all talk",
    promise="leases hold, nobody is taken for gone; back within",
    promise_s=5.0,
    least_s=50,
)
async def steps(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """libfaketime moves the wall clock of the running process; the monotonic one goes on."""
    outcome, file = Outcome(), ground.folder / "faketime"
    file.write_text("+0\n")
    fake = {
        "LD_PRELOAD": _library(),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with ground.house(settings=fake) as house:
        async with crowd(house, seed, contacts=8) as people:
            people.talk(every_s=0.5)
            await asyncio.sleep(6)  # until the first heartbeat
            began_s = _ahead_s(people)
            for offset, words in STEPS.items():
                before, since = _into_grace(people), _now()
                tell(f"the clock is {words}")
                await asyncio.to_thread(_step, file, offset)
                outcome.recovered_s += await people.back(since)
                await asyncio.sleep(6)  # two looks of who is there, a heartbeat
                outcome.must(_into_grace(people) == before, f"{words}: somebody was taken for gone")
                moved_s = _ahead_s(people) - began_s
                outcome.must(abs(moved_s - int(offset)) < SLACK_S, f"{words}: the desk's clock moved {moved_s:+.0f} s")
                outcome.done += 1
            lost = [each.log.person for each in people.clients if each.closed_with is not None]
            outcome.note = f"{len(lost)} lines were closed for good (a session of an agent ends after 12 idle hours)"
            await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome


def _ahead_s(people: Crowd) -> float:
    """By how much the desk's clock, which a demo begins elsewhere, is ahead of this process's: by a heartbeat."""
    last = next(
        frame["now"]
        for each in people.clients
        if each.closed_with is None
        for frame in reversed(each.frames)
        if frame["type"] == "heartbeat"
    )
    return (datetime.fromisoformat(last) - datetime.now(UTC)).total_seconds()


def _step(file: Path, offset: str) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{offset}\n")
    fresh.rename(file)


@row(
    "42",
    f"the event loop stands still for {STILL_S} s",
    promise="said with its stack, nobody is taken for gone; back within",
    promise_s=5.0,
    least_s=25,
)
async def stands_still(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """strace holds the loop's own system call."""
    outcome, strace = Outcome(), program("strace")
    with ground.house() as house:
        async with crowd(house, seed, contacts=8) as people:
            people.talk(every_s=0.5)
            await asyncio.sleep(2)
            while not outcome.done or not (budget.over or outcome.done >= 5):
                since = _now()
                tell(f"the loop of pid {house.desk.pid} is held")
                with _held(strace, house.desk.pid):
                    await _said_once_more(house.desk)
                    outcome.recovered_s += await people.back(since)
                outcome.done += 1
            outcome.must(_into_grace(people) == 0, "somebody was taken for gone")
            await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome


@contextlib.contextmanager
def _held(strace: str, pid: int) -> Iterator[None]:
    """The next wait of the process's first thread takes so long."""
    calls = "epoll_wait,epoll_pwait"
    held = f"inject={calls}:delay_enter={STILL_S * 1_000_000}:when=1"
    command = [strace, "-qq", "-o", "/dev/null", "-p", str(pid), "-e", f"trace={calls}", "-e", held]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment(strace))
    try:
        yield
    finally:
        tracer.terminate()
        tracer.wait()


async def _said_once_more(desk: RunningDesk) -> None:
    """The log tells of a loop that stands still, again."""
    before = desk.log.read_text().count("loop.stands_still")
    await eventually(lambda: desk.log.read_text().count("loop.stands_still") > before)
