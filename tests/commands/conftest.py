"""A real desk from nothing, made by commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import RunningDesk
from tests.support.shell import Shell


@pytest.fixture
def desk(tmp_path: Path) -> RunningDesk:
    return RunningDesk(tmp_path / "data")


@pytest.fixture
def shell(desk: RunningDesk) -> Shell:
    made = Shell(desk.folder, {"VIPDESK_PORT": str(desk.port)})
    made("setup", "--name", "Larkfield Support", "--admin", "jonas@larkfield.example")
    return made


@pytest.fixture
def running(desk: RunningDesk, shell: Shell) -> Iterator[RunningDesk]:
    with desk:
        yield desk
