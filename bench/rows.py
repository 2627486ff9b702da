"""What is measured: each function returns rows, in alternating pairs against the baselines of the same run."""

from __future__ import annotations

import gzip
import re
import statistics
import urllib.request
from collections.abc import Callable

from bench.decision import decision
from bench.disk import fdatasync_ms
from bench.mail import mail
from bench.processes import processes
from bench.returning import handshakes, storm
from bench.stage import QUICK, Extent, Stage
from bench.table import Row, median
from bench.talk import chat


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
    on.load.order(order="close", fleet="relay")
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
    "idle": idle_memory,
    "press": press_to_ring,
    "chat": chat,
    "handshakes": handshakes,
    "storm": storm,
    "decision": decision,
    "widget": widget_bytes,
    "open": open_chat,
    "mail": mail,
    "processes": processes,
}
SLOW = ("processes",)
"""Not among the quick rows: they need PostgreSQL and Redis, and time to start them."""
APART = ("idle",)
"""With servers of its own: memory that an earlier row gave back would be counted as free."""
