"""Rows 26n, 28, 29: dead cables, a bad line, an address that changes; in a network namespace, as root."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
from collections.abc import Iterator

from faults.crowd import crowd
from faults.frame import Budget, Outcome, row, tell
from faults.ground import Ground, House
from faults.nets import Net, net, run
from server.demo.ways import SocketWay
from tests.support.proxy import FaultProxy

USABLE_S = 3.0


def _now() -> float:
    return asyncio.get_running_loop().time()


@contextlib.contextmanager
def _house(ground: Ground) -> Iterator[tuple[Net, House]]:
    with net() as found:
        settings = {"VIPDESK_HOST": found.desk, "VIPDESK_PUBLIC_DEMO": "1"}
        with ground.house(settings=settings, within=found.within) as house:
            yield found, house


@row("26n", "the peer vanishes (iptables DROP)", promise="client back within", promise_s=14.0, least_s=45)
async def dropped(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Every open line's packets are dropped from now on; new lines pass."""
    outcome = Outcome()
    with _house(ground) as (found, house):
        async with crowd(house, seed, contacts=20) as people:
            people.talk(every_s=2)
            while not outcome.done or not (budget.over or outcome.done >= 3):
                await asyncio.sleep(2)
                ports = _open_ports(found, house.desk.port)
                since = _now()
                tell(f"packets of {len(ports)} open lines are dropped")
                for port in ports:
                    found.inside("iptables", "-A", "INPUT", "-p", "tcp", "--sport", port, "-j", "DROP")
                    found.inside("iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", port, "-j", "DROP")
                outcome.recovered_s += await people.back(since)
                found.inside("iptables", "-F")
                outcome.done += 1
            await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome


def _open_ports(found: Net, desk: int) -> list[str]:
    """Of the visitors."""
    listed = found.inside("ss", "-Htn", "state", "established", f"( sport = :{desk} )")
    return [line.split()[-1].rsplit(":", 1)[1] for line in listed.splitlines() if line.strip()]


@row("28", "10 % loss, 300 ms delay, 256 kbit/s", promise="p95 of a send", promise_s=USABLE_S, least_s=45)
async def bad_line(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """Loss by iptables both ways, rate by tbf, delay by the proxy: there is no netem everywhere."""
    outcome = Outcome()
    with _house(ground) as (found, house):
        async with FaultProxy((found.desk, house.desk.port)) as proxy:
            through = type("ThroughProxy", (SocketWay,), {"address": {"host": "127.0.0.1", "port": proxy.port}})
            async with crowd(house, seed, contacts=8, agents=("anna", "ben"), way=through) as people:
                inner = found.cable[:-1] + "b"
                for chain in ("INPUT", "OUTPUT"):
                    lose = ("-m", "statistic", "--mode", "random", "--probability", "0.1", "-j", "DROP")
                    found.inside("iptables", "-A", chain, "-p", "tcp", *lose)
                shape = ("rate", "256kbit", "burst", "4kb", "latency", "400ms")
                found.inside("tc", "qdisc", "add", "dev", inner, "root", "tbf", *shape)
                proxy.faults.up.delay_s = proxy.faults.down.delay_s = 0.15
                since = _now()
                people.talk(every_s=3)
                tell("10 % of the packets are lost, 300 ms, 256 kbit/s")
                await asyncio.sleep(max(30.0, min(budget.left_s - 10, 90.0)))
                found.inside("iptables", "-F")
                found.inside("tc", "qdisc", "del", "dev", inner, "root")
                proxy.faults.up.delay_s = proxy.faults.down.delay_s = 0.0
                await people.rest()
                took = sorted(took for each in people.contacts for when, took in each.took_s if when >= since)
                p95 = statistics.quantiles(took, n=20)[-1]
                outcome.recovered_s = [p95]
                outcome.done = len(took)
                outcome.note = f"{len(took)} sends: p50 {statistics.median(took):.2f} s, slowest {took[-1]:.2f} s"
                await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome


@row("29", "the visitors' address changes", promise="resumed from the new one within", promise_s=15.0, least_s=45)
async def new_address(ground: Ground, budget: Budget, seed: int) -> Outcome:
    """First the old address is simply gone; then the device knows it too (ss -K)."""
    outcome = Outcome()
    with _house(ground) as (found, house):
        async with crowd(house, seed, contacts=15) as people:
            people.talk(every_s=2)
            here, there = found.visitor, found.other
            while outcome.done < 2 or not (budget.over or outcome.done >= 4):
                await asyncio.sleep(2)
                before, since = len(people.clients), _now()
                run("ip", "addr", "add", f"{there}/24", "dev", found.cable)
                run("ip", "addr", "del", f"{here}/24", "dev", found.cable)
                run("ip", "addr", "replace", f"{there}/24", "dev", found.cable)
                known = outcome.done % 2 == 1
                tell(f"{before} lines came from {'an' if known else 'a silently lost'} address")
                if known:
                    run("ss", "-K", "src", here)
                outcome.recovered_s += await people.back(since)
                here, there = there, here
                outcome.done += 1
            await people.judge(outcome)
        await house.judge_sizes(outcome)
    return outcome
