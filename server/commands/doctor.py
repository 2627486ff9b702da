"""`vipdesk doctor`: what is wrong with this installation, each in one sentence with what to do. It changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import resource
import shutil
import socket
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.cli import show
from server.settings import Settings
from store import audit, condition, meta
from store.engine import open_record

LEAST_FREE = 1024**3
LEAST_FILES = 4096
MOST_AHEAD_S = 2.0


@dataclass(frozen=True)
class Finding:
    """What is wrong, and what to do."""

    wrong: str
    do: str


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


# The machine ----------------------------------------------------------------------------------------------------------


def _zones(settings: Settings) -> Iterator[Finding]:
    try:
        ZoneInfo("Europe/Bratislava")
    except ZoneInfoNotFoundError:
        yield Finding("There is no data of time zones.", "Install the pinned packages again: make setup")


def _files(settings: Settings) -> Iterator[Finding]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < LEAST_FILES:
        yield Finding(
            f"A process may have only {hard} files open, and every line is one.",
            "Raise the limit: LimitNOFILE=65536 in the unit, or ulimit -n.",
        )


def _port(settings: Settings) -> Iterator[Finding]:
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


# The data folder ------------------------------------------------------------------------------------------------------


def _folder(settings: Settings) -> Iterator[Finding]:
    if not settings.data.is_dir():
        yield Finding(f"There is no data folder {settings.data}.", "Set VIPDESK_DATA, or make a desk: vipdesk setup")
        return
    if not os.access(settings.data, os.W_OK | os.X_OK):
        yield Finding(
            f"The data folder {settings.data} cannot be written.", "Give it to the user who runs the desk: chown"
        )
    if shutil.disk_usage(settings.data).free < LEAST_FREE:
        yield Finding(f"The disk of {settings.data} is nearly full.", "Make room: below 1 GiB the desk soon stops.")


def _secrets(settings: Settings) -> Iterator[Finding]:
    key = settings.data / "secret.key"
    if settings.secret_keys or not key.is_file():
        if settings.database_url and not settings.secret_keys:
            yield Finding(
                "VIPDESK_SECRET_KEYS is not set.", "Set the same in every process; vipdesk new-key makes one."
            )
    elif stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Finding(f"Others may read the secret key {key}.", f"chmod 600 {key}")


# Record and live ------------------------------------------------------------------------------------------------------


def _shared(settings: Settings) -> Iterator[Finding]:
    if bool(settings.database_url) != bool(settings.redis_url):
        absent = "VIPDESK_REDIS_URL" if settings.database_url else "VIPDESK_DATABASE_URL"
        yield Finding(f"{absent} is not set.", "Several processes need both; for one process set neither.")


def _live(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        return
    from live import condition as live_condition  # its library is slow to load

    if fault := live_condition.look(settings.redis_url):
        yield Finding(fault, "Look at VIPDESK_REDIS_URL and the server; it needs maxmemory-policy noeviction.")


def _record(settings: Settings) -> Iterator[Finding]:
    found = condition.look(settings.record_url, time.time())
    if found.fault:
        yield Finding(found.fault, "Look at VIPDESK_DATABASE_URL, the server and its disk, or restore a backup.")
    elif not found.is_there:
        yield Finding("There is no desk here yet.", "Make one: vipdesk setup --name … --admin …")
    elif found.behind:
        yield Finding(
            f"The record lacks {found.behind} steps of this program.", "Start one process, which brings it up to date."
        )
    else:
        yield from asyncio.run(_inside(settings))
    if abs(found.ahead_s) > MOST_AHEAD_S:
        yield Finding(
            f"The database's clock and this machine's differ by {abs(found.ahead_s):.0f} s.", "Keep both by NTP."
        )
    if not found.durable:
        yield Finding(
            "The database does not wait for its disk (synchronous_commit is off).",
            "The desk sets it for itself; set it to on for what else writes there.",
        )


async def _inside(settings: Settings) -> list[Finding]:
    record = await open_record(settings.record_url)
    try:
        kind = await record.read(meta.kind)
        verdict = await audit.verify_all(record)
    finally:
        await record.close()
    found = []
    if kind == "demo" and not settings.is_private:
        found.append(Finding("This is a demo, and others can reach it.", "Set VIPDESK_HOST=127.0.0.1, or make a desk."))
    if verdict.fault:
        found.append(Finding(f"The audit was changed: {verdict.fault}", "Find out by whom; compare with a backup."))
    return found


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _zones, _files, _port, _folder, _secrets, _shared, _live, _record,
)  # fmt: skip
