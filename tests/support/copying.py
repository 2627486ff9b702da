"""Desks to copy: a demo's record and files, made by the product's own commands, without a process that runs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from server.cli import main

CHANGED = ("audit", "meta", "migration")
"""Tables in which a restore leaves its mark."""


@dataclass(frozen=True)
class Place:
    """A data folder, and a database unless it is the folder's own."""

    data: Path
    database_url: str = ""

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """`vipdesk …` here: exit code, what it printed, what it complained of."""
        env = {"VIPDESK_DATA": str(self.data), "VIPDESK_DATABASE_URL": self.database_url}
        out, err = io.StringIO(), io.StringIO()
        with mock.patch.dict(os.environ, env), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
        return code, out.getvalue(), err.getvalue()

    def told(self, *arguments: str) -> Any:
        """What it tells programs, when it could be done."""
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    def refused(self, *arguments: str) -> str:
        """The one sentence."""
        code, out, err = self.run(*arguments)
        [line] = err.strip().splitlines()
        assert code == 1 and out == "", (code, out)
        return line.removeprefix("vipdesk: ")


def dump(record: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a restore leaves alone."""
    with closing(sqlite3.connect(f"{record.absolute().as_uri()}?immutable=1", uri=True)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: sorted(db.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names if name not in CHANGED}


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, by its path there."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


@contextlib.contextmanager
def changed(path: Path, data: bytes) -> Iterator[None]:
    """Something else is in a file for a while."""
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(before)
