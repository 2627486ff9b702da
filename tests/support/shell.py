"""`vipdesk …` as an admin types it, each command a process of its own; and a desk furnished so."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support import warm

ALWAYS = [f"--{day}=00:00-24:00" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")]


class Shell:
    """`vipdesk …` on a data folder, as an admin types it."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._env = os.environ | {"VIPDESK_DATA": str(folder)} | env

    def ran(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return warm.ran(arguments, self._env)

    def __call__(self, *arguments: str) -> Any:
        """What the command answers to programs."""
        ran = self.ran(*arguments, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def refused(self, *arguments: str) -> str:
        """The one sentence."""
        ran = self.ran(*arguments)
        [line] = ran.stderr.strip().splitlines()
        assert ran.returncode in (1, 2) and ran.stdout == ""
        return line


def hire(shell: Shell, name: str, *more: str) -> Any:
    return shell("agent", "add", "--name", name, "--email", f"{name.split()[0].lower()}@larkfield.example", *more)


def furnish(shell: Shell) -> str:
    """Customer, add-on, named agent, stand-in, hours and button; the button's key."""
    shell("calendar", "add", "--name", "Round the clock", *ALWAYS)
    shell("customer", "add", "--name", "Brightwater Hotels", "--domains", "brightwater.example", "--named",
          "eva@larkfield.example", "--stand-ins", "ben@larkfield.example")  # fmt: skip
    shell("add-on", "add", "Brightwater Hotels", "--since", "2020-01-01")
    shell("contact", "add", "--customer", "brightwater.example", "--name", "Priya Raman", "--email",
          "priya@brightwater.example", "--coordinator")  # fmt: skip
    button = shell("button", "add", "--customer", "Brightwater Hotels", "--origins", "https://portal.brightwater.example",
                   "--calendar", "Round the clock")  # fmt: skip
    return str(button["key"])
