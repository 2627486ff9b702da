"""`vipdesk doctor`: what is wrong with this installation, each in one sentence with what to do. It changes nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from server.cli import show
from server.doctor import folder, front, machine, record
from server.doctor.finding import Finding
from server.settings import Settings

CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    machine.zones, machine.packages, machine.files, machine.port, folder.folder, folder.secrets, folder.keys,
    record.shared,
    record.live, record.record, front.front,
)  # fmt: skip


def add(commands: Any) -> None:
    """Adds the command."""
    one = commands.add_parser("doctor", help="name what is wrong with this installation")
    one.add_argument("--json", action="store_true", help="print the findings as JSON")
    one.set_defaults(command=_doctor)


def _doctor(settings: Settings, arguments: argparse.Namespace) -> int:
    found = [finding for check in CHECKS for finding in check(settings)]
    lines = [f"{finding.wrong}\n  {finding.do}" for finding in found] or ["Nothing is wrong."]
    show({"ok": not found, "findings": [asdict(finding) for finding in found]}, arguments.json, "\n".join(lines))
    return 1 if found else 0
