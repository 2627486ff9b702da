"""Every module of the rules is covered whole, branches included, by its own test file alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "routing").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_covered_whole_by_its_own_test_file(module: str, tmp_path: Path) -> None:
    """In a process of its own, without the project's settings and plugins, so that nothing else covers a line."""
    settings = tmp_path / "pytest.ini"
    settings.write_text(f"[pytest]\npythonpath = {ROOT}\ncache_dir = {tmp_path}\n")
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-c", str(settings), "--rootdir", str(ROOT), "-p", "pytest_cov"),
        *(f"--cov=routing.{module}", "--cov-branch", "--cov-report=term-missing", "--cov-fail-under=100"),
        str(ROOT / "tests" / "routing" / f"test_{module}.py"),
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE", "PYTEST"))},
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "COVERAGE_FILE": str(tmp_path / "coverage"),
    }
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"routing/{module}.py" in run.stdout
