"""Rows 12, 13, 15, 16: PostgreSQL is restarted, cut at COMMIT, full, read-only, locked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg

from faults.crowd import Crowd, crowd
from faults.frame import POSTGRES, Budget, Outcome, row, tell
from faults.ground import Ground, House
from faults.mounts import small_disk
from tests.support.eventually import eventually
from tests.support.proxy import FaultProxy
from tests.support.services import PostgresServer
from tests.support.talking import ready

HELD_S = 20.0
COMPLETED = b"C\0\0\0\x0bCOMMIT\0"
"""What PostgreSQL says of a commit."""


def _now() -> float:
    return asyncio.get_running_loop().time()


def _postgres(house: House) -> PostgresServer:
    assert house.postgres is not None
    return house.postgres


@contextlib.asynccontextmanager
async def _talking(house: House, outcome: Outcome, seed: int) -> AsyncIterator[Crowd]:
    async with crowd(house, seed, contacts=12) as people:
        people.talk(every_s=0.3)
        await asyncio.sleep(1)
        yield people
        await people.judge(outcome)
    await house.judge_sizes(outcome)


@row("12", "PostgreSQL is restarted at once", on=(POSTGRES,), promise="after the restart within", promise_s=3.0,
     least_s=25)  # fmt: skip
async def restarted(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """As a crash does it, with recovery from its log."""
    outcome = Outcome()
    with ground.house(2) as house:
        async with _talking(house, outcome, seed) as people:
            while not outcome.done or not (budget.over or outcome.done >= 6):
                tell("pg_ctl -m immediate stop")
                await asyncio.to_thread(_postgres(house).stop)
                await eventually(lambda: ready(house.desk)[0] == 503)
                await asyncio.to_thread(_postgres(house).start)
                outcome.recovered_s += await people.back(_now())
                outcome.done += 1
    return outcome


@row("13", "PostgreSQL's connection is cut at COMMIT", on=(POSTGRES,), promise="one message", least_s=25)
async def cut(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Before it arrives, after it arrived, and before its completion comes back; each settled by the rid."""
    outcome = Outcome()
    with ground.house() as house:
        async with FaultProxy(_postgres(house).port) as proxy:
            url = f"postgresql://desk@127.0.0.1:{proxy.port}/{house.database}"
            await asyncio.to_thread(house.add, {"VIPDESK_DATABASE_URL": url})
            async with _talking(house, outcome, seed) as people:
                while outcome.done < 12 or not (budget.over or outcome.done >= 300):
                    await _cut(proxy, outcome.done % 3)
                    outcome.done += 1
                tell(f"{outcome.done} connections cut at COMMIT")
                outcome.recovered_s += await people.back(_now())
            house.desks.pop().stop()
    return outcome


async def _cut(proxy: FaultProxy, how: int) -> None:
    """Arms the proxy and waits until it has cut."""
    up, down = proxy.faults.up, proxy.faults.down
    if how == 0:
        up.cut_before = b"COMMIT"
        await eventually(lambda: up.cut_before is None)
    elif how == 1:
        up.cut_at = b"COMMIT"
        await eventually(lambda: up.cut_at is None)
    else:
        down.cut_before = COMPLETED
        await eventually(lambda: down.cut_before is None)


@row(
    "15",
    "PostgreSQL's disk is full, then it is read-only",
    on=(POSTGRES,),
    promise="refused politely, then back within",
    promise_s=5.0,
    least_s=40,
)
async def full(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """The database lies on a small disk with ballast (as root); reading goes on."""
    outcome = Outcome()
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk(ground.folder / "disk", "64m", "0777"))
        os.chmod(ground.folder, 0o755)
        house = stack.enter_context(ground.house(2, tablespace=_owned(disk)))
        async with _talking(house, outcome, seed) as people:
            if disk is not None:
                await _fills(house, people, disk / "ballast", outcome)
            tell("the database is read-only")
            _read_only(house, "on")
            await _refused(house, people, outcome, "read-only")
            _read_only(house, "off")
            outcome.recovered_s += await people.back(_now())
            outcome.done += 1
    if disk is None:
        outcome.note = "read-only alone: a small disk wants root"
    return outcome


def _owned(disk: Path | None) -> Path | None:
    """A folder that PostgreSQL may use."""
    if disk is None:
        return None
    folder = disk / "data"
    folder.mkdir()
    owner = pwd.getpwnam("nobody")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


async def _fills(house: House, people: Crowd, ballast: Path, outcome: Outcome) -> None:
    tell("the database's disk is full")
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    await _refused(house, people, outcome, "disk is full")
    ballast.unlink()
    outcome.recovered_s += await people.back(_now())
    outcome.done += 1


async def _refused(house: House, people: Crowd, outcome: Outcome, why: str) -> None:
    """It says so, refuses politely, and still shows what there is."""
    await eventually(lambda: any(why in ready(each)[1]["record"] for each in house.desks), 60)
    try:
        await eventually(lambda: _refusals(people) > 0)
    except AssertionError:
        outcome.broken.append(f"nobody was refused while the {why}")
    contact = people.contacts[0]
    seen = await contact.looks.ask("history", stream=contact.ticket, before=3, limit=2)
    outcome.must(len(seen["events"]) == 2, f"history cannot be read while the {why}")


def _refusals(people: Crowd) -> int:
    return sum(frame.get("code") == "unavailable" for line in people.clients for frame in line.frames)


def _read_only(house: House, on: str) -> None:
    with psycopg.connect(_postgres(house).url("postgres"), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{house.database}" SET default_transaction_read_only = {on}')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (house.database,))


@row(
    "16",
    "a hot row is locked for long",
    on=(POSTGRES,),
    promise="other chats not slower by more than 0.5 s",
    least_s=40,
)
async def locked(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Ten messages at once on the locked ticket; the others go on as before."""
    outcome = Outcome()
    with ground.house(2) as house:
        async with _talking(house, outcome, seed) as people:
            await asyncio.sleep(3)
            calm_s, hot = people.slowest_s(0), people.contacts[0]
            with psycopg.connect(house.url) as other:
                other.execute("SELECT id FROM ticket WHERE id = %s FOR UPDATE", (hot.ticket,))
                since, held_s = _now(), max(HELD_S, min(60.0, budget.left_s))
                tell(f"a ticket's row is locked for {held_s:.0f} s")
                lines = [hot.writes.send("say", ticket=hot.ticket, body=f"hot {number}") for number in range(10)]
                await asyncio.sleep(held_s)
                others = [took for each in people.contacts[1:] for when, took in each.took_s if when >= since]
                outcome.must(not any(line.done() for line in lines), "a message passed the lock")
            outcome.done = 1
            slowest_s = max(others)
            outcome.note = f"slowest message elsewhere {slowest_s * 1000:.0f} ms, {calm_s * 1000:.0f} before"
            outcome.must(slowest_s <= calm_s + 0.5, f"a message on another ticket took {slowest_s:.2f} s")
            outcome.recovered_s += await people.back(_now())
            await asyncio.gather(*lines)
    return outcome
