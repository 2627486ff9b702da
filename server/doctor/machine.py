"""The machine and the program: time zones, packages, open files, the port."""

from __future__ import annotations

import errno
import re
import resource
import socket
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.doctor.finding import Finding
from server.settings import Settings

LEAST_FILES = 4096
LOCK = Path(__file__).parents[2] / "requirements.lock"
"""In the folder of the sources; a wheel has none."""
MOST_NAMED = 5


def zones(settings: Settings) -> Iterator[Finding]:
    try:
        ZoneInfo("Europe/Bratislava")
    except ZoneInfoNotFoundError:
        yield Finding("There is no data of time zones.", "Install the pinned packages again: make setup")


def files(settings: Settings) -> Iterator[Finding]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < LEAST_FILES:
        yield Finding(
            f"A process may have only {hard} files open, and every line is one.",
            "Raise the limit: LimitNOFILE=65536 in the unit, or ulimit -n.",
        )


def port(settings: Settings) -> Iterator[Finding]:
    try:
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:  # in use: the desk may run
            yield Finding(
                f"{settings.host} port {settings.port} cannot be used: {error.strerror}.",
                "Choose others: VIPDESK_HOST, VIPDESK_PORT.",
            )


def packages(settings: Settings) -> Iterator[Finding]:
    """Whether what is installed here is what the lock pins."""
    if not LOCK.is_file():
        return
    pinned: dict[str, set[str]] = {}
    always: set[str] = set()
    for name, version, marker in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)( *;)?", LOCK.read_text("ascii"), re.M):
        pinned.setdefault(name, set()).add(version)
        if not marker:
            always.add(name)
    here = {name: _installed(name) for name in pinned}
    wrong = [
        f"{name} {here[name] or 'is missing'}"
        for name, versions in sorted(pinned.items())
        if here[name] not in versions and (here[name] is not None or name in always)
    ]
    if wrong:
        more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        yield Finding(
            f"Packages are others than requirements.lock pins: {', '.join(wrong[:MOST_NAMED])}{more}.",
            "Install them again: touch requirements.lock, then make setup",
        )


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
