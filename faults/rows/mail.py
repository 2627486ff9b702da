"""Rows 19, 20, 22, 23, 26m and mail: what happens to a mailbox, its server and who reads it while mail arrives."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from faults.frame import Budget, Outcome, Skipped, row, tell
from faults.ground import Ground
from faults.nets import net
from tests.mailbox.parsing.test_bombs import BOMBS
from tests.support.client import Client, Frame, sign_in
from tests.support.dovecot import SECRET, DovecotServer, dovecot_server
from tests.support.mail_storm import Report, Server, Storm
from tests.support.proxy import Direction, FaultProxy, Faults
from tests.support.services import NotToBeHad

AT_ONCE, KILLS, FROZEN = 4, 125, 20
"""So many mailboxes side by side, each with so many of both: on both grounds 1,000 kills and 160 that were frozen."""
DOMAIN = "larkfield.example"


@contextlib.contextmanager
def _dovecot() -> Iterator[DovecotServer]:
    try:
        with dovecot_server() as server:
            yield server
    except NotToBeHad as error:
        raise Skipped(f"There is no {error} here.") from error


def _box(dovecot: DovecotServer, *, near: bool = True) -> Server:
    """A mailbox of its own, into which mail gets by its folder, whether the server lives or not."""
    user = dovecot.mailbox()
    return Server(dovecot.imap_port, user, SECRET, lambda raw: asyncio.to_thread(dovecot.drop, user, raw), near)


async def _killed(dovecot: DovecotServer, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Dead at once, and there again."""
    await asyncio.to_thread(dovecot.kill)
    meanwhile()
    await asyncio.to_thread(dovecot.start)


def _files(ground: Ground) -> Path:
    return Path(tempfile.mkdtemp(dir=ground.folder)) / "files"


def _count(outcome: Outcome, report: Report) -> None:
    outcome.lost += len(report.lost)
    outcome.doubled += len(report.doubled)
    outcome.broken += report.lost + report.doubled + report.broken


# Who reads it -----------------------------------------------------------------------------------------------------


@row("mail", "two pollers are killed while mail arrives", promise="0 lost, 0 said twice", least_s=60)
async def pollers_killed(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """2 % of the mail kills who reads it or cannot be read, 10 % comes twice; some are frozen in between."""
    outcome = Outcome(of=AT_ONCE * KILLS, seeds=AT_ONCE)
    with ground.records() as new, _dovecot() as dovecot:
        storms = [Storm(new(), _files(ground), _box(dovecot), seed + number) for number in range(AT_ONCE)]
        reports = await asyncio.gather(*(storm.run(KILLS, FROZEN, lambda: budget.over) for storm in storms))
    for report in reports:
        outcome.done += report.kills
        _count(outcome, report)
    said = Counter[str]()
    for report in reports:
        said.update({name: getattr(report, name) for name in ("mails", "second", "poison", "frozen", "holders")})
    outcome.note = (
        f"{said['mails']} mails, {said['second']} of them came again, {said['poison']} poison; {said['frozen']} times "
        f"one was frozen; {said['holders']} times another took the mailbox over"
    )
    return outcome


@row("22", "of two pollers one is frozen for 60 s", promise="the other reads on within", promise_s=15.0, least_s=85)
async def poller_frozen(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """With the product's own beat: each second, and five until another takes over."""
    outcome = Outcome()
    with ground.record() as url, _dovecot() as dovecot:
        storm = Storm(url, _files(ground), _box(dovecot), seed)
        async with storm.standing(beat_s=1.0, still_s=5.0):
            await storm.said(await storm.comes())
            holder = await storm.holder()
            tell(f"{holder} is frozen for 60 s")
            with storm.frozen(holder):
                since = time.monotonic()
                for _ in range(6):
                    await storm.said(await storm.comes())
                    outcome.recovered_s.append(time.monotonic() - since)
                    await asyncio.sleep(max(0.0, 60 / 6 - (time.monotonic() - since)))
                    since = time.monotonic()
            outcome.done += 1
            await storm.said(await storm.comes())
        _count(outcome, storm.report)
    return outcome


# Its server -------------------------------------------------------------------------------------------------------

STEPS = {
    "at LOGIN": Faults(up=Direction(cut_at=b" LOGIN ")),
    "at SELECT": Faults(up=Direction(cut_at=b" SELECT ")),
    "in the middle of FETCH": Faults(down=Direction(cut_at=b"BODY[] {")),
    "after FETCH": Faults(down=Direction(cut_before=b"Fetch completed")),
    "before the move": Faults(up=Direction(cut_before=b" MOVE ")),
    "in the middle of the move": Faults(up=Direction(cut_at=b" MOVE ")),
}
"""What of the wire still passes before the server dies."""


@row("19", "the IMAP server is killed at every step", promise="each mail once; said within", promise_s=15.0, least_s=45)
async def server_killed(ground: Ground, budget: Budget, seed: int) -> Outcome:
    outcome = Outcome()
    with ground.record() as url, _dovecot() as dovecot:
        async with FaultProxy(dovecot.imap_port) as proxy:
            box = _box(dovecot)
            storm = Storm(url, _files(ground), box, seed, port=proxy.port, done="Vipdesk/Done")
            async with storm.standing():
                await storm.said(await storm.comes())
                while not outcome.done or not (budget.over or outcome.done >= 5 * len(STEPS)):
                    for step in STEPS:
                        await _killed_at(step, storm, proxy, partial(_killed, dovecot), outcome)
            _count(outcome, storm.report)
    return outcome


async def _killed_at(
    step: str, storm: Storm, proxy: FaultProxy, kill: Callable[[], Awaitable[None]], outcome: Outcome
) -> None:
    tell(f"killed {step}")
    faults = STEPS[step]
    proxy.faults = Faults(
        Direction(cut_at=faults.up.cut_at, cut_before=faults.up.cut_before),
        Direction(cut_at=faults.down.cut_at, cut_before=faults.down.cut_before),
    )
    armed = (proxy.faults.up, proxy.faults.down)
    proxy.reset_all()  # from the next connection on
    name = await storm.comes()
    ends = time.monotonic() + 30
    while any(each.cut_at or each.cut_before for each in armed) and time.monotonic() < ends:
        await asyncio.sleep(0.005)
    outcome.must(time.monotonic() < ends, f"nobody came to the step {step!r}")
    await kill()
    since = time.monotonic()
    await storm.said(name)
    outcome.recovered_s.append(time.monotonic() - since)
    outcome.done += 1


@row("20", "the folder numbers its mails anew", promise="each mail once; said within", promise_s=15.0, least_s=30)
async def numbered_anew(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """UIDVALIDITY is another one, as after a restore of the mail server; all mails are read again."""
    outcome = Outcome()
    with ground.record() as url, _dovecot() as dovecot:
        box = _box(dovecot)
        storm = Storm(url, _files(ground), box, seed)
        async with storm.standing():
            while not outcome.done or not (budget.over or outcome.done >= 10):
                for _ in range(5):
                    name = await storm.comes()
                await storm.said(name)
                await _killed(dovecot, partial(dovecot.forget_numbers, box.user))
                since = time.monotonic()
                await storm.said(await storm.comes())
                outcome.recovered_s.append(time.monotonic() - since)
                outcome.done += 1
        _count(outcome, storm.report)
    return outcome


@row(
    "26m", "a mail server vanishes in IDLE (iptables DROP)",
    promise="found out when IDLE is renewed; said within", promise_s=90.0, least_s=120,
)  # fmt: skip
async def vanished(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Server and readers in one network of their own; every packet of the open line is dropped from now on."""
    outcome = Outcome()
    with net() as found, ground.record() as url, _dovecot() as dovecot:
        dovecot.stop()
        async with _inside(dovecot, found):
            storm = Storm(url, _files(ground), _box(dovecot, near=False), seed)
            async with storm.standing(within=found.within):
                await storm.said(await storm.comes())
                await asyncio.sleep(8)  # the short IDLE that follows mail is over, the long one has begun
                lines = found.inside("ss", "-Htn", "state", "established", f"( dport = :{dovecot.imap_port} )")
                ports = [line.split()[-2].rsplit(":", 1)[1] for line in lines.splitlines() if line.strip()]
                tell(f"packets of {len(ports)} open lines are dropped")
                for port in ports:
                    found.inside("iptables", "-A", "INPUT", "-p", "tcp", "--sport", port, "-j", "DROP")
                    found.inside("iptables", "-A", "INPUT", "-p", "tcp", "--dport", port, "-j", "DROP")
                since = time.monotonic()
                await storm.said(await storm.comes())
                outcome.recovered_s.append(time.monotonic() - since)
                outcome.done += 1
                found.inside("iptables", "-F")
            _count(outcome, storm.report)
        dovecot.start()
    return outcome


@contextlib.asynccontextmanager
async def _inside(dovecot: DovecotServer, found: Any) -> AsyncIterator[None]:
    """It runs in that network."""
    command = [*found.within, *dovecot.command]
    process = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    dovecot.process = process
    try:
        for _ in range(500):
            if f":{dovecot.imap_port} " in found.inside("ss", "-Htln"):
                break
            await asyncio.sleep(0.02)
        yield
    finally:
        dovecot.kill()


# What arrives -----------------------------------------------------------------------------------------------------


@row("23", "mails made to cost arrive", promise="the next one is said within", promise_s=10.0, least_s=60)
async def poison(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Each of the bombs of the tests, read by a desk with its own worker, and behind it one that is fine."""
    outcome = Outcome(of=len(BOMBS))
    with _dovecot() as dovecot:
        user = dovecot.mailbox()
        url = f"imap://{user}:{SECRET}@127.0.0.1:{dovecot.imap_port}"
        with ground.house(settings={"VIPDESK_MAIL_ADDRESS": f"support@{DOMAIN}", "VIPDESK_IMAP_URL": url}) as house:
            credentials = await sign_in(house.desk.origin, f"anna@{DOMAIN}", "demo-anna")
            async with Client(house.desk.origin, "agent", credentials) as anna:
                for number, (name, (raw, _)) in enumerate(BOMBS.items()):
                    if budget.over:
                        break
                    tell(f"{name}: {len(raw):,} bytes")
                    await asyncio.to_thread(dovecot.drop, user, raw)
                    since = time.monotonic()
                    await asyncio.to_thread(dovecot.drop, user, _fine(number, name))
                    try:
                        await anna.until(partial(_lists, f"behind {name}"), timeout_s=60.0)
                    except TimeoutError:
                        outcome.broken.append(f"the mail behind {name} was not said")
                    outcome.recovered_s.append(time.monotonic() - since)
                    outcome.done += 1
    return outcome


def _fine(number: int, name: str) -> bytes:
    return (
        f"From: guest{number}@brightwater.example\r\nMessage-ID: <{number}@brightwater.example>\r\n"
        f"Subject: behind {name}\r\n\r\nIt stopped.\r\n"
    ).encode()


def _lists(subject: str, frame: Frame) -> bool:
    return bool(frame["type"] == "inbox" and frame.get("subject") == subject)
