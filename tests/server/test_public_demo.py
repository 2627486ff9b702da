"""A demo lets anybody in: it keeps to this machine unless it was told otherwise, also as processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.running import ROOT, RunningDesk, free_port


def started(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A desk that is expected to end by itself."""
    given = os.environ | {"VIPDESK_DATA": str(folder), "VIPDESK_PORT": str(free_port())} | env
    return subprocess.run(
        [sys.executable, "-m", "vipdesk", *arguments],
        cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_demo_that_is_told_to_listens_for_others(tmp_path: Path) -> None:
    env = {"VIPDESK_HOST": "0.0.0.0", "VIPDESK_PUBLIC_DEMO": "1"}
    with RunningDesk(tmp_path / "data", env) as desk:
        assert desk.origin


def test_a_demo_refuses_as_processes_of_its_own_too(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    env = {"VIPDESK_DATABASE_URL": postgres_url, "VIPDESK_REDIS_URL": redis_url}
    with RunningDesk(tmp_path / "data", env):
        pass  # seeded
    ended = started(tmp_path / "data", "web", **env, VIPDESK_HOST="0.0.0.0")
    assert ended.returncode != 0 and "Traceback" not in ended.stderr, ended.stderr
    [line] = ended.stderr.strip().splitlines()[-1:]
    assert "VIPDESK_PUBLIC_DEMO=1" in line
