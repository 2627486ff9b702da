"""A backup that is killed is never taken for a whole one; a restore that is killed is simply run again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.copying import Place
from tests.support.running import ROOT


def test_what_was_killed_halfway_is_no_backup_and_no_desk(tmp_path: Path, postgres_url: str) -> None:
    Place(tmp_path / "data").run("demo")
    command = [sys.executable, "-m", "tests.support.killed_copies", str(tmp_path / "data"), str(tmp_path)]
    ran = subprocess.run([*command, "7", postgres_url], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert report["broken"] == [] and report["kills"] > 9
