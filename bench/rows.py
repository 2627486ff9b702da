"""What is measured: each function returns rows, in alternating pairs against the baselines of the same run."""

from __future__ import annotations

import gzip
import json
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.disk import fdatasync_ms
from bench.servers import ROOT, DeskServer, LoadProcess, Relay
from bench.site import Site, site
from bench.table import Row, median


@dataclass(frozen=True)
class Extent:
    """How long and how wide a run is."""

    pairs: int
    seconds: float
    senders: int
    idle_sockets: int


QUICK = Extent(pairs=3, seconds=2.0, senders=1000, idle_sockets=1000)
FULL = Extent(pairs=5, seconds=4.0, senders=1000, idle_sockets=5000)


@dataclass(frozen=True)
class Stage:
    """Everything that runs during one benchmark."""

    relay: Relay
    desk: DeskServer
    load: LoadProcess
    folder: Path
    site: Site
    people: list[dict[str, str]]
    buttons: list[str]


@contextmanager
def stage() -> Iterator[Stage]:
    """A relay, a desk seeded for load, the load process; all stopped and forgotten afterwards."""
    with tempfile.TemporaryDirectory(prefix="vipdesk-bench-") as name:
        folder = Path(name) / "desk"
        with site() as page:
            seeded = _seed(folder, page.origin)
            with Relay() as relay, DeskServer(folder) as desk, LoadProcess() as load:
                page.button = f"http://127.0.0.1:{desk.port}/w/{seeded['buttons'][0]}.js"
                yield Stage(relay, desk, load, folder, page, seeded["people"], seeded["buttons"])


def _seed(folder: Path, origin: str) -> dict[str, Any]:
    output = subprocess.run(
        [sys.executable, "-m", "bench.seed", str(folder), origin], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    seeded: dict[str, Any] = json.loads(output)
    return seeded


def chat(on: Stage, extent: Extent) -> list[Row]:
    """Durable chat at 1,000 messages a second, and as fast as it goes."""
    on.load.order(order="open_relay", port=on.relay.port, senders=extent.senders, receivers=len(on.people))
    on.load.order(
        order="open_desk",
        port=on.desk.port,
        senders=extent.senders,
        receivers=len(on.people),
        people=on.people,
        buttons=on.buttons,
    )
    return [*_steady(on, extent), *_saturated(on, extent)]


def _steady(on: Stage, extent: Extent) -> list[Row]:
    pairs = []
    for _ in range(extent.pairs):
        relay = on.load.order(order="open_loop", fleet="relay", rate=1000, seconds=extent.seconds)
        sync_p50, sync_p99 = fdatasync_ms(on.folder)
        desk = on.load.order(order="open_loop", fleet="desk", rate=1000, seconds=extent.seconds)
        _must_be_whole(desk)
        pairs.append((relay, desk, sync_p50, sync_p99))
    return [
        Row(
            f"durable chat, 1,000 msg/s from {extent.senders} senders: delivery {which}",
            median([desk[f"delivery_{which}"] for _, desk, _, _ in pairs]),
            "ms",
            median([relay[f"delivery_{which}"] + floor[which] for relay, _, floor in _with_floor(pairs)]),
            "bare relay + fdatasync",
            tuple(
                desk[f"delivery_{which}"] / (relay[f"delivery_{which}"] + floor[which])
                for relay, desk, floor in _with_floor(pairs)
            ),
            goal=goal,
            floor=promise,
        )
        for which, goal, promise in (("p50", 1.6, 2.5), ("p99", 2.5, 4.0))
    ]


def _with_floor(pairs: list[tuple[Any, Any, float, float]]) -> list[tuple[Any, Any, dict[str, float]]]:
    return [(relay, desk, {"p50": p50, "p99": p99}) for relay, desk, p50, p99 in pairs]


def _saturated(on: Stage, extent: Extent) -> list[Row]:
    pairs = []
    for _ in range(extent.pairs):
        relay_cpu, desk_cpu = on.relay.cpu_s(), on.desk.cpu_s()
        relay = on.load.order(order="closed_loop", fleet="relay", seconds=extent.seconds, in_flight=200)
        relay_cpu = on.relay.cpu_s() - relay_cpu
        desk_cpu = on.desk.cpu_s()
        desk = on.load.order(order="closed_loop", fleet="desk", seconds=extent.seconds, in_flight=200)
        desk_cpu = on.desk.cpu_s() - desk_cpu
        _must_be_whole(desk)
        pairs.append((relay["rate"], desk["rate"], relay_cpu / relay["acked"] * 1e6, desk_cpu / desk["acked"] * 1e6))
    return [
        Row(
            "durable chat at saturation, 200 in flight",
            median([d for _, d, _, _ in pairs]),
            "msg/s",
            median([r for r, _, _, _ in pairs]),
            "bare relay",
            tuple(d / r for r, d, _, _ in pairs),
            goal=0.8,
            floor=0.4,
            at_most=False,
        ),
        Row(
            "server CPU per durable message, saturated",
            median([d for _, _, _, d in pairs]),
            "us",
            median([r for _, _, r, _ in pairs]),
            "bare relay",
            tuple(d / r for _, _, r, d in pairs),
            goal=1.3,
            floor=2.5,
        ),
    ]


def _must_be_whole(run: dict[str, Any]) -> None:
    if run["undelivered"] or run["doubled"] or run["acked"] != run["sent"]:
        raise RuntimeError(f"messages were lost or doubled: {run}")


def press_to_ring(on: Stage, extent: Extent) -> list[Row]:
    """From the press to the frame that rings on the agent's socket, conversation and decision committed."""
    on.load.order(order="open_relay", port=on.relay.port, senders=extent.senders, receivers=len(on.people))
    pairs = []
    for _ in range(extent.pairs):
        relay = on.load.order(order="open_loop", fleet="relay", rate=50, seconds=extent.seconds)
        sync = fdatasync_ms(on.folder)
        desk = on.load.order(
            order="press", port=on.desk.port, rate=50, seconds=extent.seconds, people=on.people, buttons=on.buttons
        )
        pairs.append((relay, desk, {"p50": sync[0], "p99": sync[1]}))
    return [
        Row(
            f"press to ring at 50/s: {which}",
            median([d[f"ring_{which}"] for _, d, _ in pairs]),
            "ms",
            median([r[f"delivery_{which}"] + f[which] for r, _, f in pairs]),
            "bare relay + fdatasync",
            tuple(d[f"ring_{which}"] / (r[f"delivery_{which}"] + f[which]) for r, d, f in pairs),
            goal=goal,
            floor=promise,
        )
        for which, goal, promise in (("p50", None, None), ("p99", 2.5, 4.0))
    ]


def idle_memory(on: Stage, extent: Extent) -> list[Row]:
    """Resident memory that one more idle socket takes."""
    costs = []
    for name, server, port in (("relay", on.relay, on.relay.port), ("desk", on.desk, on.desk.port)):
        before = server.rss_kib()
        on.load.order(order="idle", fleet=name, port=port, sockets=extent.idle_sockets, button=on.buttons[0])
        costs.append((server.rss_kib() - before) / extent.idle_sockets)
        on.load.order(order="idle_close")
    return [
        Row(
            f"memory per idle socket, {extent.idle_sockets} sockets",
            costs[1],
            "KiB",
            costs[0],
            "bare relay",
            (costs[1] / costs[0],),
            goal=1.6,
            floor=2.6,
        )
    ]


def widget_bytes(on: Stage, _extent: Extent) -> list[Row]:
    """What a visitor's browser loads from the running desk, gzip -9."""
    desk = f"http://127.0.0.1:{on.desk.port}"
    loader, frame = _body(f"{desk}/w/{on.buttons[0]}.js"), _body(f"{desk}/b/{on.buttons[0]}")
    linked = re.findall(rb'(?:href|src)="(/static/[^"]*(?:\.css|\.js))"', frame)
    everything = [loader, frame, *(_body(desk + path.decode()) for path in linked)]
    return [
        Row("widget: loader, gzip -9", _packed(loader), "bytes", goal=3000, floor=3000),
        Row(
            f"widget: everything ({len(everything)} files), gzip -9",
            sum(_packed(each) for each in everything),
            "bytes",
            goal=25_000,
            floor=25_000,
        ),
    ]


def _body(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def _packed(body: bytes) -> int:
    return len(gzip.compress(body, 9))


def open_chat(on: Stage, extent: Extent) -> list[Row]:
    """From the press to the painted chat in Chromium, against an empty frame of another site."""
    from bench.browser import open_times_ms

    times = open_times_ms(on.site.origin, 10 if extent is QUICK else 30)
    blank = statistics.median(times.blank)
    return [
        Row(
            f"press to open chat in Chromium, {how}: p50",
            statistics.median(tries),
            "ms",
            blank,
            "blank frame",
            tuple(a / b for a, b in zip(tries, times.blank, strict=True)),
            note="promised: within 100 ms of the press",
        )
        for how, tries in (
            ("a mouse that came 150 ms before", times.mouse),
            ("a finger at once", times.finger),
            ("a finger held 70 ms, from its click", times.held),
        )
    ]


ROWS: dict[str, Callable[[Stage, Extent], list[Row]]] = {
    "press": press_to_ring,
    "chat": chat,
    "idle": idle_memory,
    "widget": widget_bytes,
    "open": open_chat,
}
