"""Rows: how many clients are let in a second, and how long it takes when thousands come back at once."""

from __future__ import annotations

from bench.stage import FULL, Extent, Stage
from bench.table import Row, median


def handshakes(on: Stage, extent: Extent) -> list[Row]:
    """From the connection to `ready`: the token is looked up, the person's tickets and rings are read."""
    on.load.order(order="knock_prepare", port=on.desk.port, clients=extent.knocks, buttons=on.buttons)
    pairs = []
    for _ in range(extent.pairs):
        relay = on.load.order(order="knock", fleet="relay", port=on.relay.port, clients=extent.knocks)
        desk = on.load.order(order="knock", fleet="desk", port=on.desk.port, clients=extent.knocks)
        pairs.append((relay["rate"], desk["rate"]))
    return [
        Row(
            "handshakes with token check, until ready",
            median([desk for _, desk in pairs]),
            "/s",
            median([relay for relay, _ in pairs]),
            "bare relay",
            tuple(desk / relay for relay, desk in pairs),
            goal=0.9,
            floor=0.6,
            at_most=False,
        )
    ]


def storm(on: Stage, extent: Extent) -> list[Row]:
    """All lines break; every client comes back in the same moment, with its ticket, and is told what it missed."""
    on.load.order(order="storm_prepare", port=on.desk.port, clients=extent.storm, people=on.people, buttons=on.buttons)
    pairs = []
    for _ in range(3 if extent is FULL else 2):
        relay = on.load.order(order="storm", fleet="relay", port=on.relay.port, clients=extent.storm)
        desk = on.load.order(order="storm", fleet="desk", port=on.desk.port, clients=extent.storm)
        if desk["lost"] or desk["doubled"]:
            raise RuntimeError(f"events were lost or doubled: {desk}")
        pairs.append((relay["seconds"], desk["seconds"], desk["missed"]))
    on.load.order(order="storm_end")
    return [
        Row(
            f"reconnect storm, {extent.storm} at once, until each is whole",
            median([desk for _, desk, _ in pairs]),
            "s",
            median([relay for relay, _, _ in pairs]),
            "bare relay, nothing missed",
            tuple(desk / relay for relay, desk, _ in pairs),
            goal=1.3,
            floor=2.5,
            note=f"{pairs[0][2]} events caught up each time, 0 lost, 0 doubled",
        )
    ]
