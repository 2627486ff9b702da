"""The product as a process of its own: started, killed, started again on the same folder and port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RunningDesk:
    """`with RunningDesk(folder) as desk:` a demo desk on a free port; `desk.kill()` is SIGKILL, then `desk.start()`."""

    def __init__(
        self,
        folder: Path,
        env: dict[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        root: Path = ROOT,
        within: tuple[str, ...] = (),
    ) -> None:
        """`root`: where the product's folders are; `within`: a command that runs it, as in another network."""
        self.folder = folder
        self.port = free_port()
        self.log = folder.parent / f"{folder.name}.log"
        self._arguments = arguments
        self._root = root
        self._within = within
        self.host = (env or {}).get("VIPDESK_HOST", "127.0.0.1")
        self._env = os.environ | {"VIPDESK_DATA": str(folder), "VIPDESK_PORT": str(self.port)} | (env or {})
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        """The desk's own origin."""
        return f"http://{self.host}:{self.port}"

    @property
    def portal(self) -> str:
        """The fictional customer's origin: another site."""
        return f"http://localhost:{self.port}"

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Starts and waits until `/ready` says so. Raises RuntimeError with the log's end when it does not."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [*self._within, sys.executable, "-m", "vipdesk", *self._arguments],
                cwd=self._root,
                env=self._env,
                stdout=log,
                stderr=log,
            )
        ends = time.monotonic() + 60
        while time.monotonic() < ends and self._child.poll() is None:
            if self._ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"the desk did not start:\n{self.log.read_text()[-4000:]}")

    def set(self, name: str, value: str) -> None:
        """A setting of the next start."""
        self._env[name] = value

    def wait(self) -> int:
        """Until it has ended by itself; the exit code. Raises subprocess.TimeoutExpired after a minute."""
        assert self._child is not None
        return self._child.wait(60)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        assert self._child is not None
        self._child.kill()
        self._child.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code. Killed after 20 s."""
        assert self._child is not None
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._child.returncode

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.origin}/ready", timeout=2) as answer:
                ready: bool = answer.status == 200
                return ready
        except (urllib.error.URLError, OSError):
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
