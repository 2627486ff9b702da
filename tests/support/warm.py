"""Commands of `vipdesk` as processes of their own that load nothing anew: each is forked from one that has loaded all.
How long a start takes is measured elsewhere (tests/commands/test_start.py starts the interpreter)."""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parents[2]
MOST_S = 60


def ran(arguments: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`vipdesk …` to its end, killed after a minute."""
    return _loaded().ran(arguments, env)


@functools.cache
def _loaded() -> _Loaded:
    return _Loaded()


class _Loaded:
    """This side of the process that forks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        atexit.register(self._end)

    def ran(self, arguments: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        assert self._process.stdin is not None and self._process.stdout is not None
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, self._lock:
            paths = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, err)]
            wish = {"arguments": list(arguments), "env": dict(env), "paths": paths}
            self._process.stdin.write(json.dumps(wish).encode() + b"\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            told = []
            for file in (out, err):
                file.seek(0)
                told.append(file.read().decode())
        return subprocess.CompletedProcess(list(arguments), code, *told)

    def _end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _fork_for_each() -> None:
    from server.cli import parser  # all that a command loads

    parser()
    for line in sys.stdin:
        wish = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(**wish)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(arguments: list[str], env: dict[str, str], paths: list[str]) -> None:
    from vipdesk.__main__ import launch

    signal.alarm(MOST_S)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(paths, 1):
        os.dup2(os.open(path, os.O_WRONLY), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["vipdesk", *arguments]
    sys.exit(launch())


if __name__ == "__main__":
    _fork_for_each()
