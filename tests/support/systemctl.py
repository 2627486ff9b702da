#!/usr/bin/python3
"""`systemctl` where systemd cannot be process 1: starts what the units say, as their user and with their settings.

Only what docs/deploy.md asks for. Sandboxing, restarts and the watchdog are systemd's own and are not played.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

UNITS, RUN = Path("/etc/systemd/system"), Path("/run/units")
PATIENCE_S = 60.0


def main(arguments: list[str]) -> int:
    """One call. Exits 1 with a sentence when a unit does not come or go as it should."""
    verb, *rest = arguments
    if verb == "daemon-reload" or (verb == "enable" and "--now" not in rest):
        return 0
    RUN.mkdir(exist_ok=True)
    for name in (each for each in rest if not each.startswith("-")):
        _do("start" if verb == "enable" else verb, name)
    return 0


def _do(verb: str, name: str) -> None:
    name = name if "." in name else f"{name}.service"
    unit = UNITS / re.sub("@.*[.]", "@.", name)
    if not unit.exists():  # Debian's own
        subprocess.run(["service", name.removesuffix(".service"), verb], check=True)
    elif name.endswith(".target"):
        for wanted in _values(unit, "Wants", "")[0].split():
            _do(verb, wanted)
    elif name.endswith(".timer"):  # its hour has come
        _do(verb, name.replace(".timer", ".service"))
    else:
        if verb in ("stop", "restart"):
            _stop(name)
        if verb in ("start", "restart"):
            _start(name, unit)


def _start(name: str, unit: Path) -> None:
    instance = name.partition("@")[2].removesuffix(".service")
    settings = dict(each.split("=", 1) for each in _values(unit, "Environment", instance))
    for file in _values(unit, "EnvironmentFile", instance):
        settings |= dict(line.split("=", 1) for line in Path(file).read_text().splitlines() if "=" in line)
    told = RUN / f"{name}.notify"
    told.unlink(missing_ok=True)
    log_file = Path(f"/var/log/{name}.log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear, log_file.open("ab") as log:
        ear.bind(str(told))
        told.chmod(0o666)
        ear.settimeout(PATIENCE_S)
        if _values(unit, "WatchdogSec", instance):
            settings["WATCHDOG_USEC"] = f"{_values(unit, 'WatchdogSec', instance)[0]}000000"
        [user], [command] = _values(unit, "User", instance), _values(unit, "ExecStart", instance)
        child = subprocess.Popen(
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *shlex.split(command)],
            cwd=_values(unit, "WorkingDirectory", instance)[0], env=settings | {"NOTIFY_SOCKET": str(told)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        if _values(unit, "Type", instance) == ["oneshot"]:
            if child.wait() != 0:
                raise SystemExit(f"{name} failed with {child.returncode}: see {log_file}")
            return
        (RUN / f"{name}.pid").write_text(str(child.pid))
        heard: set[bytes] = set()
        try:
            while not {b"READY=1", b"WATCHDOG=1"} <= heard:
                heard.add(ear.recv(256))
        except TimeoutError:
            raise SystemExit(f"{name} did not say that it is ready: see {log_file}") from None


def _stop(name: str) -> None:
    file = RUN / f"{name}.pid"
    if not file.exists():
        return
    pid, ends = int(file.read_text()), time.monotonic() + 15
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    while _runs(pid):
        if time.monotonic() > ends:
            raise SystemExit(f"{name} did not end")
        time.sleep(0.05)
    file.unlink()


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _values(unit: Path, key: str, instance: str) -> list[str]:
    return [value.replace("%i", instance) for value in re.findall(f"^{key}=(.+)$", unit.read_text(), re.M)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
