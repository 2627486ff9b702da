"""Real servers for the tests: Redis and PostgreSQL on sockets in temporary folders, Chromium's path.

What is not to be had is remembered, so that the run can say at its end what was not tested.
"""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg


class NotToBeHad(Exception):
    """A server that this machine does not have; the message is its name."""


@dataclass
class Missing:
    """Which servers were asked for in vain, and by which tests."""

    tests: dict[str, set[str]] = field(default_factory=dict)

    def note(self, server: str, test: str) -> None:
        self.tests.setdefault(server, set()).add(test)


missing = Missing()


def program(name: str, *patterns: str) -> str:
    """The program's path: on PATH, else by pattern. Raises NotToBeHad."""
    found = shutil.which(name) or next((path for pattern in patterns for path in sorted(glob.glob(pattern))), None)
    if found is None:
        raise NotToBeHad(name)
    return found


def environment(path: str) -> dict[str, str]:
    """The environment a program needs: privately unpacked ones bring their own libraries."""
    box = os.environ.get("VIPDESK_SERVICES", "")
    if box and Path(path).resolve().is_relative_to(Path(box).resolve()):
        return os.environ | {
            "LD_LIBRARY_PATH": os.environ.get("VIPDESK_SERVICES_LIBRARIES", ""),
            "FONTCONFIG_FILE": f"{Path(box).parent}/fonts.conf",
        }
    else:
        return dict(os.environ)


def box() -> str:
    """Where bin/setup-services unpacked what this machine does not have."""
    return os.environ.get("VIPDESK_SERVICES", "/nonexistent")


# Redis ----------------------------------------------------------------------------------------------------------------


@dataclass
class RedisServer:
    """A Redis of this run's own, on a Unix socket and a port."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/redis.sock"

    @property
    def tcp_url(self) -> str:
        """The same over TCP, for what has to pass a proxy."""
        return f"redis://127.0.0.1:{self.port}/0"


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """Starts one. Raises NotToBeHad."""
    path = program("redis-server", f"{box()}/usr/bin/redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        path,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--unixsocket",
        f"{folder}/redis.sock",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
        "--daemonize",
        "no",
    ]
    process = subprocess.Popen(command, env=environment(path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = RedisServer(folder, port, process)
    try:
        until(lambda: Path(f"{folder}/redis.sock").exists())
        yield server
    finally:
        server.process.terminate()  # a test may have started it anew
        server.process.wait()


# PostgreSQL -----------------------------------------------------------------------------------------------------------


@dataclass
class PostgresServer:
    """A cluster of this run's own, on a Unix socket and a port."""

    folder: Path
    port: int
    bin: str
    options: str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"

    def url(self, database: str) -> str:
        return f"postgresql://desk@/{database}?host={self.folder}&port={self.port}"

    def tcp_url(self, database: str) -> str:
        """The same over TCP, for what has to pass a proxy."""
        return f"postgresql://desk@127.0.0.1:{self.port}/{database}"

    def copy(self, of: str) -> str:
        """A database like that one, which nobody may be using; its name."""
        name = f"desk_{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')  # the names are ours
        return name

    def fresh(self, tablespace: Path | None = None, encoding: str = "") -> str:
        """A new, empty database, in that folder if one is named; its name."""
        name = f"desk_{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if tablespace is not None:
                connection.execute(f"CREATE TABLESPACE {name} LOCATION '{tablespace}'")
            where = f" TABLESPACE {name}" if tablespace is not None else ""
            how = f" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0" if encoding else ""
            connection.execute(f'CREATE DATABASE "{name}"{how}{where}')  # the name is ours
        return name

    def drop(self, name: str) -> None:
        """Forgets a database, whoever still looks at it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def control(self, *arguments: str) -> None:
        """pg_ctl on this cluster, as the user it belongs to. Raises CalledProcessError."""
        _as_owner([f"{self.bin}/pg_ctl", "-w", "-D", f"{self.folder}/data", *arguments])

    def start(self) -> None:
        options = (
            f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories={self.folder} "
            f"-c max_connections=200 {self.options}"
        )
        self.control("-l", f"{self.folder}/log", "-o", options, "start")

    def stop(self) -> None:
        """At once, as a crash does."""
        self.control("-m", "immediate", "stop")


@contextlib.contextmanager
def postgres_server(folder: Path, *, durable: bool = False) -> Iterator[PostgresServer]:
    """Makes and starts a cluster in `folder`; as root in one of its own, which `nobody` reaches whoever else tests
    (pytest closes the folder above ours at the start of every run). `durable` as in real life, for measurements; tests
    are faster without. Raises NotToBeHad.
    """
    initdb = program("initdb", "/usr/lib/postgresql/*/bin/initdb", f"{box()}/usr/lib/postgresql/*/bin/initdb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = None
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody")
        own = tempfile.TemporaryDirectory(prefix="vipdesk-postgres-")
        folder = Path(own.name)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    server = PostgresServer(folder, port, str(Path(os.path.realpath(initdb)).parent))
    if durable:
        server.options = ""
    _as_owner(
        [initdb, "-D", f"{folder}/data", "-U", "desk", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    )
    server.start()
    try:
        yield server
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            server.stop()
        if own is not None:
            own.cleanup()


def _as_owner(command: list[str]) -> None:
    """PostgreSQL refuses to run as root; then `nobody` runs it."""
    env = environment(command[0])
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
    subprocess.run(command, env=env, cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# Chromium -------------------------------------------------------------------------------------------------------------


def chromium() -> str:
    """The browser's path. Raises NotToBeHad."""
    unpacked = f"{box()}/usr/lib/chromium/chromium"
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    elif Path(unpacked).exists():
        return unpacked  # itself: Debian's wrapper around it looks for its settings outside the box
    else:
        return program("chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def engine() -> str:
    """The path of the same browser without what only its own windows need (Debian's chromium-headless-shell): it draws,
    runs and judges pages alike with half the processor's time. The whole browser where only that is. Raises NotToBeHad.
    """
    unpacked = f"{box()}/usr/lib/chromium/chromium-headless-shell"
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    elif Path(unpacked).exists():
        return unpacked
    else:
        return shutil.which("chromium-headless-shell") or chromium()


def until(true: object, timeout_s: float = 20.0) -> None:
    """Returns when it is true. Raises TimeoutError."""
    ends = time.monotonic() + timeout_s
    assert callable(true)
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError("the server did not start")
        time.sleep(0.01)
