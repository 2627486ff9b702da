"""Rows: durable chat at 1,000 messages a second, and as fast as it goes."""

from __future__ import annotations

from typing import Any

from bench.disk import fdatasync_ms
from bench.stage import Extent, Stage
from bench.table import Row, median


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
    rows = [*_steady(on, extent), *_saturated(on, extent)]
    for fleet in ("relay", "desk"):
        on.load.order(order="close", fleet=fleet)
    return rows


def _steady(on: Stage, extent: Extent) -> list[Row]:
    pairs = []
    for _ in range(extent.pairs):
        relay = on.load.order(order="open_loop", fleet="relay", rate=1000, seconds=extent.seconds)
        sync_p50, sync_p99 = fdatasync_ms(on.folder)
        desk = on.load.order(order="open_loop", fleet="desk", rate=1000, seconds=extent.seconds)
        must_be_whole(desk)
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
        must_be_whole(desk)
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


def must_be_whole(run: dict[str, Any]) -> None:
    """Raises RuntimeError when a message was lost or doubled."""
    if run["undelivered"] or run["doubled"] or run["acked"] != run["sent"]:
        raise RuntimeError(f"messages were lost or doubled: {run}")
