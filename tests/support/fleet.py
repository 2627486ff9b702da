"""Processes of one desk as the Procfile starts them, behind one address: killed, stopped, replaced."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.eventually import eventually
from tests.support.running import ROOT, free_port

PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


@dataclass
class Process:
    """One of them; `port` is 0 for those that serve nothing."""

    child: subprocess.Popen[bytes]
    port: int

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.child.kill()
        self.child.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code. Raises TimeoutError when it takes longer than it promises."""
        self.child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            return await asyncio.to_thread(self.child.wait)


@dataclass
class Fleet:
    """`env`: what they share; `port`: the balancer's, which takes any web that answers."""

    env: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    processes: list[Process] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Under which clients come."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, name: str, root: Path = ROOT, port: int = 0) -> Process:
        """One more, by its line in the Procfile; a web is ready when this returns."""
        if name == "web":
            port = port or free_port()
        env = os.environ | self.env | {"VIPDESK_PUBLIC_URL": self.origin, "PORT": str(port or "")}
        with self.log.open("ab") as log:
            child = subprocess.Popen(["/bin/sh", "-c", PROCFILE[name]], cwd=root, env=env, stdout=log, stderr=log)
        process = Process(child, port)
        self.processes.append(process)
        if port:
            await eventually(lambda: asyncio.to_thread(_ready, port), 60)
        return process

    def close(self) -> None:
        for process in self.processes:
            if process.child.poll() is None:
                process.kill()

    async def _balance(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """In turn; who does not answer is passed over, as any balancer does."""
        self.processes.append(self.processes.pop(0))
        for port in [process.port for process in self.processes if process.port]:
            with contextlib.suppress(OSError):
                far, back = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(_pass(reader, back), _pass(far, writer))
                return
        writer.close()


@contextlib.asynccontextmanager
async def fleet(env: dict[str, str], log: Path) -> AsyncIterator[Fleet]:
    """Without a process at first."""
    made = Fleet(env, log)
    balancer = await asyncio.start_server(made._balance, "127.0.0.1", made.port, backlog=4096)
    try:
        yield made
    finally:
        balancer.close()
        await asyncio.to_thread(made.close)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _ready(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
        return bool(answer.status == 200)
    return False
