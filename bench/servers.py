"""Starts and stops what is measured: the bare relay, a desk on a folder of its own, the load process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
CORES = sorted(os.sched_getaffinity(0))


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _on_core(command: list[str], env: dict[str, str], core: int) -> list[str]:
    return ["taskset", "-c", str(core), *command] if len(CORES) > 1 and Path("/usr/bin/taskset").exists() else command


class Process:
    """A child of this run; stopped by its own pid."""

    def __init__(self, command: list[str], env: dict[str, str] | None = None, core: int = CORES[0]) -> None:
        environment = os.environ | (env or {})
        self.child = subprocess.Popen(
            _on_core(command, environment, core),
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def line(self) -> str:
        """The next line it prints. Raises RuntimeError when it has ended."""
        assert self.child.stdout is not None
        text = self.child.stdout.readline()
        if not text:
            raise RuntimeError(f"{self.child.args!r} ended with {self.child.wait()}")
        return text

    def cpu_s(self) -> float:
        """Processor time spent so far, user and system, in seconds."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kib(self) -> int:
        """Resident memory in KiB."""
        for line in Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def stop(self) -> None:
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Relay(Process):
    """The bare `websockets` relay."""

    def __init__(self) -> None:
        super().__init__([sys.executable, "-m", "bench.relay"])
        self.port = int(self.line())


def settings_of(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a desk with its data in `folder`."""
    return os.environ | {"VIPDESK_DATA": str(folder), "VIPDESK_LOG_LEVEL": "warning"} | more


class DeskServer(Process):
    """A desk with its data in `folder`, seeded for load by bench.seed; `role` as in `vipdesk ROLE`, all by default."""

    def __init__(self, folder: Path, role: str = "", **settings: str) -> None:
        self.port = free_port()
        env = settings_of(folder, VIPDESK_PORT=str(self.port), **settings)
        super().__init__([sys.executable, "-m", "vipdesk", *([role] if role else [])], env)
        if role in ("", "web"):
            self._until_ready()

    def _until_ready(self) -> None:
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the desk was not ready within 60 s")


class LoadProcess(Process):
    """bench.load on the other core; `order` waits for its answer."""

    def __init__(self) -> None:
        super().__init__([sys.executable, "-m", "bench.load"], core=CORES[-1])

    def order(self, **order: Any) -> dict[str, Any]:
        """Gives one order. Raises RuntimeError with the load's own words when it failed."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()
        answer: dict[str, Any] = json.loads(self.line())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer
