"""A network of its own for the desk: a namespace with a pair of cables, for root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from faults.frame import Skipped


@dataclass(frozen=True)
class Net:
    """The desk lives behind `desk`; whoever visits comes from `visitor`."""

    name: str
    cable: str
    visitor: str
    other: str
    desk: str

    @property
    def within(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.name)

    def inside(self, *command: str) -> str:
        """Runs a command where the desk lives; what it prints. Raises CalledProcessError."""
        return run(*self.within, *command)


def run(*command: str) -> str:
    """What it prints. Raises CalledProcessError."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def net() -> Iterator[Net]:
    """Made and taken away. Raises Skipped."""
    if os.geteuid() != 0:
        raise Skipped("A network of its own wants root.")
    for program in ("ip", "iptables", "ss", "tc"):
        if shutil.which(program) is None:
            raise Skipped(f"There is no {program} here.")
    number = os.getpid() % 200
    found = Net(f"vdf{number}", f"vdf{number}a", f"10.88.{number}.1", f"10.88.{number}.5", f"10.88.{number}.2")
    inner = f"vdf{number}b"
    try:
        run("ip", "netns", "add", found.name)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped("This machine makes no network namespaces.") from error
    try:
        run("ip", "link", "add", found.cable, "type", "veth", "peer", "name", inner, "netns", found.name)
        run("ip", "addr", "add", f"{found.visitor}/24", "dev", found.cable)
        run("ip", "link", "set", found.cable, "up")
        found.inside("ip", "addr", "add", f"{found.desk}/24", "dev", inner)
        found.inside("ip", "link", "set", inner, "up")
        found.inside("ip", "link", "set", "lo", "up")
        yield found
    finally:
        subprocess.run(["ip", "netns", "del", found.name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", found.cable], check=False, capture_output=True)
