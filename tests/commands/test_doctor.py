"""`vipdesk doctor` on installations that are really broken: it names each fault, and changes nothing."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.cli import main
from store import condition
from tests.support.running import ROOT, free_port
from tests.support.services import RedisServer

KEYS = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Doctor:
    """The command on one installation."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._environment = monkeypatch
        self._output = capsys
        self.set(DATA=str(folder), PORT=str(free_port()))

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._environment.setenv(f"VIPDESK_{name}", value)

    def setup(self) -> None:
        assert main(["setup", "--name", "Larkfield", "--admin", "ada@example.com"]) == 0

    def says(self) -> list[str]:
        """What is wrong; the exit code and the text for people must agree."""
        self._output.readouterr()
        code = main(["doctor", "--json"])
        found: dict[str, Any] = json.loads(self._output.readouterr().out)
        assert main(["doctor"]) == code == (1 if found["findings"] else 0)
        text = self._output.readouterr().out
        assert all(each["wrong"] in text and each["do"] in text for each in found["findings"])
        return [each["wrong"] for each in found["findings"]]


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(tmp_path / "data", monkeypatch, capsys)


def test_a_sound_desk_has_nothing_wrong_and_an_empty_folder_stays_empty(doctor: Doctor) -> None:
    assert doctor.says() == [f"There is no data folder {doctor.folder}.", "There is no desk here yet."]
    assert not doctor.folder.exists()
    doctor.setup()
    assert doctor.says() == []


def test_a_key_that_others_may_read_is_named(doctor: Doctor) -> None:
    doctor.setup()
    key = doctor.folder / "secret.key"
    key.chmod(0o644)
    assert doctor.says() == [f"Others may read the secret key {key}."]


def test_a_damaged_file_is_named(doctor: Doctor) -> None:
    doctor.setup()
    (doctor.folder / "vipdesk.db").write_bytes(b"nothing of a record" * 1000)
    [said] = doctor.says()
    assert said.startswith("The record's file cannot be read")


def test_a_changed_audit_row_and_a_shown_demo_are_named(doctor: Doctor) -> None:
    doctor.setup()
    with sqlite3.connect(doctor.folder / "vipdesk.db") as db:
        db.execute("DROP TRIGGER audit_keeps_rows")
        db.execute("UPDATE audit SET detail = '{}' WHERE number = 1")
        db.execute("UPDATE meta SET value = 'demo' WHERE key = 'kind'")
    doctor.set(HOST="0.0.0.0")
    demo, chain = doctor.says()
    assert demo == "This is a demo, and others can reach it." and chain.startswith("The audit was changed")


def test_a_record_that_is_behind_or_too_new_is_named_and_left_so(doctor: Doctor) -> None:
    doctor.setup()
    path = doctor.folder / "vipdesk.db"
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO migration VALUES (99, 'later', '', 99)")
    [said] = doctor.says()
    assert said.startswith("This record was written by a newer vipdesk")
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM migration WHERE number = 99")
        db.execute("UPDATE migration SET number = 98, works_from = 1")
    assert doctor.says() == ["The record lacks 1 steps of this program."]


def test_too_few_files_are_named(doctor: Doctor) -> None:
    doctor.setup()
    ran = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -n 500; exec {sys.executable} -m vipdesk doctor"], cwd=ROOT, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1 and ran.stdout.startswith("A process may have only 500 files open")


def test_half_a_pair_and_a_missing_key_are_named(doctor: Doctor, postgres_url: str) -> None:
    doctor.set(DATABASE_URL=postgres_url, SECRET_KEYS=KEYS)
    doctor.setup()
    doctor.folder.mkdir(exist_ok=True)
    fast = "The database does not wait for its disk (synchronous_commit is off)."  # as the tests' cluster is set up
    assert doctor.says() == ["VIPDESK_REDIS_URL is not set.", fast]
    doctor.set(SECRET_KEYS="", REDIS_URL="redis://127.0.0.1:1/0")
    key, redis, _ = doctor.says()
    assert key == "VIPDESK_SECRET_KEYS is not set." and redis.startswith("Redis cannot be used")


def test_a_database_that_is_away_lies_or_does_not_wait_is_named(doctor: Doctor, postgres_url: str) -> None:
    doctor.set(DATABASE_URL="postgresql://desk@127.0.0.1:1/desk", SECRET_KEYS=KEYS)
    doctor.folder.mkdir()
    assert doctor.says()[-1].startswith("The database cannot be used: ")
    with psycopg.connect(postgres_url) as raw:
        [(now,)] = raw.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
    found = condition.look(postgres_url, now + 600)
    assert -601 < found.ahead_s < -590 and not found.is_there
    assert not found.durable  # the tests' cluster does not wait for its disk


def test_a_redis_that_forgets_is_named(doctor: Doctor, redis_server: RedisServer) -> None:
    from redis import Redis

    doctor.setup()
    doctor.set(REDIS_URL=redis_server.url)
    with Redis.from_url(redis_server.url) as redis:
        redis.config_set("maxmemory", "100mb")
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            said = doctor.says()
        finally:
            redis.config_set("maxmemory", "0")
            redis.config_set("maxmemory-policy", "noeviction")
    assert "Redis forgets keys when its memory is full (maxmemory-policy allkeys-lru)." in said
