"""What stands on the stage of one benchmark: a relay, a desk, the load, a customer's page."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.servers import ROOT, DeskServer, LoadProcess, Relay, settings_of
from bench.site import Site, site


@dataclass(frozen=True)
class Extent:
    """How long and how wide a run is; `storm` sockets come back at once, `knocks` are handshakes."""

    pairs: int
    seconds: float
    senders: int
    idle_sockets: int
    storm: int
    knocks: int


QUICK = Extent(pairs=3, seconds=2.0, senders=1000, idle_sockets=1000, storm=500, knocks=500)
FULL = Extent(pairs=5, seconds=4.0, senders=1000, idle_sockets=10_000, storm=5000, knocks=2000)


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
            seeded = seed(settings_of(folder), page.origin)
            with Relay() as relay, DeskServer(folder) as desk, LoadProcess() as load:
                page.button = f"http://127.0.0.1:{desk.port}/w/{seeded['buttons'][0]}.js"
                yield Stage(relay, desk, load, folder, page, seeded["people"], seeded["buttons"])


def seed(env: dict[str, str], origin: str) -> dict[str, Any]:
    """Makes the desk of these settings; its people and buttons."""
    command = [sys.executable, "-m", "bench.seed", origin]
    output = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout
    seeded: dict[str, Any] = json.loads(output)
    return seeded
