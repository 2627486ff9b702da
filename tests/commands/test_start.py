"""`make run` on machines that lack something, and the desk on ports and addresses that it cannot have."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def vipdesk(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vipdesk", *arguments],
        cwd=ROOT,
        env=os.environ | {"VIPDESK_DATA": str(folder)} | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def sentence(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line in which it refused."""
    [line] = ran.stderr.strip().splitlines()
    assert ran.returncode in (1, 2)
    return line


def test_a_chosen_port_that_is_taken_is_said_with_a_way_around(tmp_path: Path, taken: int) -> None:
    said = sentence(vipdesk(tmp_path / "data", VIPDESK_PORT=str(taken)))
    assert said == f"vipdesk: Port {taken} is in use. Choose another: VIPDESK_PORT={taken + 1} make run"


def test_a_desk_whose_key_is_gone_makes_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert vipdesk(folder, "setup", "--name=Larkfield", "--admin=jonas@larkfield.example").returncode == 0
    (folder / "secret.key").unlink()
    assert vipdesk(folder, "customer", "add", "--name", "Acme").returncode == 0, "nothing was sealed yet"
    page = vipdesk(folder, "button", "add", "--customer", "Acme", "--origins", "https://acme.example", "--json")
    assert vipdesk(folder, "button", "add-key", json.loads(page.stdout)["key"]).returncode == 0
    (folder / "secret.key").unlink()
    refused = sentence(vipdesk(folder))
    said = f"The key {folder}/secret.key is gone; what it sealed is not. Put it back, or one of vipdesk new-key."
    assert refused == f"vipdesk: {said}"
    assert vipdesk(folder, "backup", str(tmp_path / "target")).returncode == 0, "a copy needs no key"
    assert not (folder / "secret.key").exists()


def test_a_port_that_nobody_chose_makes_way(tmp_path: Path) -> None:
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # then somebody else has it, which serves as well
            held.enter_context(socket.create_server(("127.0.0.1", 8000)))
        child = subprocess.Popen(
            [sys.executable, "-m", "vipdesk"],
            cwd=ROOT,
            env=os.environ | {"VIPDESK_DATA": str(tmp_path / "data"), "VIPDESK_PORT": ""},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        first = child.stdout.readline()
        child.terminate()
        child.communicate(timeout=30)
    found = re.fullmatch(r"Vipdesk's demo is at http://127.0.0.1:(\d+)/demo\n", first)
    assert found is not None and 8000 < int(found[1]) < 8020


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("VIPDESK_PORT", "0", "VIPDESK_PORT cannot be '0'"),
        ("VIPDESK_PORT", "http", "VIPDESK_PORT cannot be 'http'"),
        ("VIPDESK_HOST", "desk.example", "VIPDESK_HOST must be an address"),
        ("VIPDESK_CLOCK", "2026-03-04T09:00:00", "VIPDESK_CLOCK cannot be"),
        ("VIPDESK_PUBLIC_URL", "desk.example/a", "VIPDESK_PUBLIC_URL must be scheme and host"),
        ("VIPDESK_DATABASE_URL", "mysql://x", "VIPDESK_DATABASE_URL must be an address that begins with postgresql://"),
        ("VIPDESK_DATABASE_URL", "postgresql://desk@127.0.0.1:1/desk?connect_timeout=2", "127.0.0.1"),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_one_sentence(tmp_path: Path, name: str, value: str, part: str) -> None:
    assert part in sentence(vipdesk(tmp_path / "data", **{name: value}))


def test_a_demo_is_not_shown_to_the_network(tmp_path: Path) -> None:
    said = sentence(vipdesk(tmp_path / "data", VIPDESK_HOST="0.0.0.0", VIPDESK_PORT=str(free_port())))
    assert "VIPDESK_PUBLIC_DEMO=1" in said


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be made" in sentence(vipdesk(tmp_path / "file" / "data"))


def test_processes_of_their_own_need_what_they_share(tmp_path: Path) -> None:
    for role in ("web", "mailbox", "clock"):
        said = sentence(vipdesk(tmp_path / "data", role))
        assert "VIPDESK_DATABASE_URL and VIPDESK_REDIS_URL" in said


def test_an_unknown_command_is_told_in_one_sentence(tmp_path: Path) -> None:
    assert "invalid choice: 'fly'" in sentence(vipdesk(tmp_path / "data", "fly"))


def test_a_command_does_not_wait_for_the_web_to_be_loaded() -> None:
    heavy = {"server.wiring", "uvicorn", "redis", "holidays", "jinja2", "httpx2"}
    asks = f"import sys; from server.cli import parser; parser(); print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", asks], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


# bin/setup --------------------------------------------------------------------------------------------------------


def setup(tmp_path: Path, *programs: tuple[str, str]) -> subprocess.CompletedProcess[str]:
    """bin/setup in a folder of its own, with nothing on its path but a shell's basics and these programs."""
    shutil.copytree(ROOT / "bin", tmp_path / "tree" / "bin")
    (tmp_path / "tree" / "requirements.lock").write_text("")
    path = tmp_path / "path"
    path.mkdir()
    for name in ("bash", "env", "dirname", "echo", "rm", "touch", "mktemp", "mkdir", "chmod"):
        (path / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    for name, text in programs:
        (path / name).write_text(f"#!/bin/bash\n{text}\n")
        (path / name).chmod(0o755)
    return subprocess.run(
        [str(tmp_path / "tree" / "bin" / "setup")],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    ran = setup(tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.strip() == "Vipdesk needs python3, 3.11 or newer: apt-get install python3"


def test_an_old_python_is_told(tmp_path: Path) -> None:
    ran = setup(tmp_path, ("python3", 'if [ "$1" = -V ]; then echo Python 3.9.2; fi; exit 1'))
    assert ran.returncode == 1
    assert ran.stderr.strip() == "Vipdesk needs Python 3.11 or newer; this is Python 3.9.2."


def test_a_newer_python_beside_an_old_one_is_taken(tmp_path: Path) -> None:
    old = 'if [ "$1" = -V ]; then echo Python 3.9.2; fi; exit 1'
    new = 'if [ "$2" = venv ]; then echo venv by 3.12 >&2; exit 1; fi; exit 0'
    ran = setup(tmp_path, ("python3", old), ("python3.12", new))
    assert "this is Python 3.9.2" not in ran.stderr


def test_no_venv_no_apt_and_no_uv_is_told_in_one_sentence(tmp_path: Path) -> None:
    ran = setup(tmp_path, ("python3", 'if [ "$2" = venv ]; then exit 1; fi; exit 0'))
    assert ran.returncode == 1
    assert ran.stderr.strip().splitlines()[-1] == (
        "Vipdesk could not set up its packages. On Debian or Ubuntu this helps: apt-get install python3-venv"
    )


def with_pip(does: str) -> tuple[str, str]:
    """A python3 that makes an environment whose own python does this when it is to install."""
    made = f"printf '#!/bin/bash\\n%s\\n' {shlex.quote(does)} > .venv/bin/python; echo > .venv/bin/pip"
    ready = f"mkdir -p .venv/bin; {made}; chmod +x .venv/bin/python .venv/bin/pip"
    return "python3", f'if [ "$2" = venv ]; then {ready}; fi'


def test_what_pip_warns_of_is_not_shown_when_all_went_well(tmp_path: Path) -> None:
    ran = setup(tmp_path, with_pip("echo WARNING: no such folder >&2"))
    assert (ran.returncode, ran.stdout, ran.stderr.strip()) == (0, "", "Setting up .venv …")


def test_why_pip_failed_is_shown_with_all_that_it_said(tmp_path: Path) -> None:
    ran = setup(tmp_path, with_pip("echo WARNING: no answer >&2; echo ERROR: no such package >&2; exit 1"))
    assert ran.returncode == 1
    assert "WARNING: no answer\nERROR: no such package\n" in ran.stderr
