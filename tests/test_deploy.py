"""What starts the desk elsewhere names what is there: units, container and compose file against the tree."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.fleet import PROCFILE
from tests.support.pages import ROOT

UNITS = sorted(path for path in (ROOT / "docs" / "deploy").glob("vipdesk*") if path.suffix)


def test_the_units_run_every_process_of_the_procfile() -> None:
    started = re.findall(r"-m vipdesk (\w+)$", "".join(unit.read_text() for unit in UNITS), re.M)
    assert sorted(started) == sorted(PROCFILE)


def test_the_container_holds_every_folder_that_the_product_runs_from() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.M))
    packed = set(re.findall(r'^"(\w+)" = "vipdesk/app/', (ROOT / "pyproject.toml").read_text(), re.M))
    assert copied == packed | {"vipdesk"}
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied <= kept


def test_a_stop_lasts_longer_than_a_drain_everywhere() -> None:
    texts = "".join(path.read_text() for path in (*UNITS, ROOT / "compose.yaml"))
    seconds = [int(found) for found in re.findall(r"(?:TimeoutStopSec=|stop_grace_period: )(\d+)", texts)]
    assert len(seconds) == 4 and min(seconds) > 10


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    for unit in UNITS:  # the programs of the tree stand in for those of /opt
        text = unit.read_text().replace("/opt/vipdesk/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    command = [analyze, "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_units_are_as_closed_as_systemd_can_tell(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    for unit in (path for path in UNITS if path.suffix == ".service"):
        command = [analyze, "security", "--offline=true", "--threshold=20", str(unit)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{unit.name} is exposed by more than 2.0:\n{ran.stdout[-300:]}"
