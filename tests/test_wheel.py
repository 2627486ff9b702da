"""A wheel, installed elsewhere, runs; and the standard `mailbox` is still there under its name."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_standard_mailbox_keeps_its_names() -> None:
    import mailbox

    assert mailbox.__dict__["Maildir"] is not None
    assert Path(mailbox.__file__).parent == ROOT / "mailbox"


def test_a_wheel_installed_in_an_empty_environment_starts_elsewhere(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    expect_everything_in(wheel)
    home = tmp_path / "elsewhere"
    venv.create(home, with_pip=False, symlinks=True)
    site = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--target",
            str(site),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    # The packages it depends on are those that are pinned here already; the product itself is not among them.
    (site / "pinned.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"VIPDESK_DATA": str(tmp_path / "data"), "VIPDESK_PORT": str(port)}
    log = tmp_path / "log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [home / "bin" / "python", "-m", "vipdesk"], cwd=tmp_path, env=env, stdout=output, stderr=output
        )
    try:
        assert alive(port, child), log.read_text()
    finally:
        child.terminate()
        child.wait(20)


def expect_everything_in(wheel: Path) -> None:
    """Code, pages, scripts, texts and licences: what the tree has, the wheel has."""
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    folders = ("routing", "store", "live", "desk", "mailbox", "server", "widget")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {f"vipdesk/app/{path.relative_to(ROOT)}" for path in files if path.suffix != ".pyc"}
    assert wanted - packed == set()
    assert {"LICENSE", "widget/LICENSE"} <= {name.split("/licenses/")[-1] for name in packed}


def alive(port: int, child: subprocess.Popen[bytes]) -> bool:
    """True when `/live` answers 200 before the process ends or a minute is over."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends and child.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/live", timeout=2) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(0.1)
    return False
