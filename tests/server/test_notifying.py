"""What a manager of processes hears: ready only when the desk is, and a sign of life for as long as its loop turns."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.support.running import RunningDesk


def test_the_manager_hears_that_it_is_ready_and_lives_until_it_stands_still(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "ear"))
        ear.settimeout(20)
        told = {"NOTIFY_SOCKET": str(tmp_path / "ear"), "WATCHDOG_USEC": "300000"}
        with RunningDesk(tmp_path / "data", told) as desk:
            heard = [ear.recv(100)]
            while heard[-1] != b"READY=1":
                heard.append(ear.recv(100))
            assert ear.recv(100) == ear.recv(100) == b"WATCHDOG=1"
            os.kill(desk.pid, signal.SIGSTOP)
            ear.settimeout(0.4)
            with pytest.raises(TimeoutError):
                while True:
                    ear.recv(100)
            os.kill(desk.pid, signal.SIGCONT)
            ear.settimeout(20)
            assert ear.recv(100) == b"WATCHDOG=1"


def test_a_manager_that_is_gone_is_no_reason_to_end(tmp_path: Path) -> None:
    with RunningDesk(tmp_path / "data", {"NOTIFY_SOCKET": str(tmp_path / "nobody"), "WATCHDOG_USEC": "300000"}) as desk:
        assert desk.stop() == 0
