"""`vipdesk doctor` on installations that are really broken: it names each fault, and changes nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from live import condition as live_condition
from server.cli import main
from server.doctor import front, machine
from server.program import VERSION
from store import condition
from store.times import micros
from tests.support import fronts
from tests.support.running import ROOT, RunningDesk, free_port
from tests.support.services import NotToBeHad, RedisServer

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


def test_a_key_that_is_missing_another_or_none_is_named_and_none_is_made(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor.setup()
    assert main(["customer", "add", "--name", "Lumen"]) == 0
    assert main(["button", "add", "--customer", "Lumen", "--name", "Portal", "--origins", "https://lumen.example"]) == 0
    with sqlite3.connect(doctor.folder / "vipdesk.db") as db:
        [(button,)] = db.execute("SELECT key FROM button")
    assert main(["button", "add-key", button]) == 0
    assert doctor.says() == []
    closed = "1 of 1 signing keys, passwords of mailboxes and second steps cannot be opened with the keys here."
    key = doctor.folder / "secret.key"
    kept = key.rename(doctor.folder.parent / "kept.key")
    assert doctor.says() == [closed] and not key.exists()
    doctor.set(SECRET_KEYS=KEYS)
    assert doctor.says() == [closed]
    doctor.set(SECRET_KEYS="abc")
    [said] = doctor.says()
    assert said.startswith("The keys of this place hold something that is no key")
    doctor.set(SECRET_KEYS=f"{KEYS},{kept.read_text().strip()}")
    assert doctor.says() == []


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
    doctor.folder.mkdir(exist_ok=True, mode=0o700)
    fast = "The database does not wait for its disk (synchronous_commit is off)."  # as the tests' cluster is set up
    assert doctor.says() == ["VIPDESK_REDIS_URL is not set.", fast]
    doctor.set(SECRET_KEYS="", REDIS_URL="redis://127.0.0.1:1/0")
    key, redis, _ = doctor.says()
    assert key == "VIPDESK_SECRET_KEYS is not set." and redis.startswith("Redis cannot be used")


def test_a_database_that_is_away_lies_or_does_not_wait_is_named(doctor: Doctor, postgres_url: str) -> None:
    doctor.set(DATABASE_URL="postgresql://desk@127.0.0.1:1/desk", SECRET_KEYS=KEYS)
    doctor.folder.mkdir(mode=0o700)
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


# The program and its folder -------------------------------------------------------------------------------------------


def test_packages_that_the_lock_does_not_pin_are_named(
    doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor.setup()
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "redis[hiredis]==1.0 \\\n    --hash=sha256:0\nnowhere==2.0 \\\nelsewhere==3 ; sys_platform == 'emscripten'\n",
        "utf-8",
    )
    monkeypatch.setattr(machine, "LOCK", lock)
    [said] = doctor.says()
    assert said.startswith("Packages are others than requirements.lock pins: nowhere is missing, redis ")
    assert "elsewhere" not in said


def test_a_folder_that_others_may_look_into_is_named(doctor: Doctor) -> None:
    doctor.setup()
    doctor.folder.chmod(0o755)
    assert doctor.says() == [f"Everybody on this machine may look into the data folder {doctor.folder}."]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_folder_and_files_of_somebody_else_are_named(doctor: Doctor) -> None:
    doctor.setup()
    given = doctor.folder / "vipdesk.db"
    os.chown(given, 65534, 65534)
    assert doctor.says() == [f"{given} belongs to another user than the data folder."]
    for each in (doctor.folder, *doctor.folder.rglob("*")):
        os.chown(each, 65534, 65534)
    assert doctor.says() == [f"The data folder {doctor.folder} belongs to nobody, and this is root."]


def test_attachments_that_are_not_there_are_named(doctor: Doctor) -> None:
    doctor.setup()
    with sqlite3.connect(doctor.folder / "vipdesk.db") as db:
        db.execute("UPDATE agent SET photo = ?", ("ab" * 32,))
    [said] = doctor.says()
    assert said == f"1 of 1 attachments and pictures are not in {doctor.folder / 'files'}: {'ab' * 32} …"


# Servers and processes ------------------------------------------------------------------------------------------------


def test_servers_that_are_too_old_are_named(
    doctor: Doctor, postgres_url: str, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No old ones are to be had here, so the least is set above those that are."""
    doctor.set(DATABASE_URL=postgres_url, SECRET_KEYS=KEYS, REDIS_URL=redis_server.url)
    doctor.setup()
    doctor.folder.mkdir(exist_ok=True, mode=0o700)
    fast = "The database does not wait for its disk (synchronous_commit is off)."
    assert doctor.says() == [fast]
    monkeypatch.setattr(condition, "LEAST_POSTGRES", 90)
    monkeypatch.setattr(live_condition, "LEAST", (90, 1))
    redis, postgres, _ = doctor.says()
    assert redis.startswith("Redis must be 90.1 or newer; this is ")
    assert postgres.startswith("PostgreSQL must be 90 or newer; this is ")


def test_processes_of_an_older_program_are_named(doctor: Doctor) -> None:
    doctor.setup()
    now = micros(datetime.now(UTC))
    with sqlite3.connect(doctor.folder / "vipdesk.db") as db:
        put = "INSERT INTO meta (key, value) VALUES (?, ?)"
        for role in ("web", "mailbox", "clock"):
            db.execute(put, (f"beat_{role}_0.0.7", str(now)))
        db.execute(put, ("beat_clock_0.0.6", str(now - 3_600_000_000)))  # long gone
    assert doctor.says() == [f"The running processes are of 0.0.7, and this is {VERSION}."]
    with sqlite3.connect(doctor.folder / "vipdesk.db") as db:
        db.execute(put, (f"beat_clock_{VERSION}", str(now)))
    [said] = doctor.says()
    assert said.startswith("Processes of 2 programs run on this record: 0.0.7 (") and f"{VERSION} (clock)." in said


def test_a_role_that_no_process_plays_while_others_run_is_named(doctor: Doctor) -> None:
    doctor.setup()
    assert doctor.says() == []  # nothing runs: it may be meant
    now = micros(datetime.now(UTC))
    with sqlite3.connect(doctor.folder / "vipdesk.db") as db:
        put = "INSERT INTO meta (key, value) VALUES (?, ?)"
        db.execute(put, (f"beat_web_{VERSION}", str(now)))
        db.execute(put, (f"beat_clock_{VERSION}", str(now - 3_600_000_000)))
    said = doctor.says()
    assert [each.split(",")[0] for each in said] == ["No process mailbox runs", "No process clock runs"]


def test_a_command_prints_its_answer_and_no_news_of_redis(
    doctor: Doctor, postgres_url: str, redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor.set(DATABASE_URL=postgres_url, SECRET_KEYS=KEYS, REDIS_URL=redis_server.url)
    doctor.setup()
    assert main(["agent", "list"]) == 0
    assert capsys.readouterr().err == ""


# The front ------------------------------------------------------------------------------------------------------------


def test_an_address_that_leads_nowhere_or_elsewhere_is_named(doctor: Doctor) -> None:
    doctor.setup()
    url = f"http://127.0.0.1:{free_port()}"
    doctor.set(PUBLIC_URL=url)
    assert doctor.says() == [f"{url} cannot be reached from here: Connection refused."]
    with RunningDesk(
        doctor.folder, {"VIPDESK_PUBLIC_URL": "http://desk.example.com", "VIPDESK_HOST": "0.0.0.0"}
    ) as desk:
        doctor.set(PUBLIC_URL=f"http://127.0.0.1:{desk.port}")
        assert doctor.says() == [f"http://127.0.0.1:{desk.port} leads to the desk under another name."]


def test_a_front_is_looked_at_as_browsers_do(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificate, days left, the web behind it, sockets: through a real haproxy, set up wrong again and again."""
    doctor.setup()
    port = free_port()
    doctor.set(PUBLIC_URL=(url := f"https://127.0.0.1:{port}"))
    try:
        fronts.haproxy_program()
    except NotToBeHad:
        pytest.skip("no haproxy here")
    with ExitStack() as stack:
        desk = stack.enter_context(RunningDesk(doctor.folder, {"VIPDESK_PUBLIC_URL": url}))
        with fronts.haproxy(tmp_path, port, desk.port) as shown:
            proxy, trust = doctor.says()
            assert proxy == "VIPDESK_TRUSTED_PROXIES is not set, so every visitor counts as the proxy."
            assert trust.startswith(f"Browsers will not trust the certificate of {url}: self-signed certificate")
            doctor.set(TRUSTED_PROXIES="127.0.0.1")
            monkeypatch.setenv("SSL_CERT_FILE", str(shown.certificate))
            assert doctor.says() == []
            monkeypatch.setattr(front, "LEAST_DAYS", 40)
            assert doctor.says() == [f"The certificate of {url} ends in 29 days."]
            monkeypatch.setattr(front, "LEAST_DAYS", 14)
            desk.stop()
            assert doctor.says() == [f"{url}/login answers 503, not the desk's page."]
            desk.start()
        deaf = tmp_path / "deaf"
        deaf.mkdir()
        with fronts.haproxy(deaf, port, desk.port, "http-request del-header Upgrade") as shown:
            monkeypatch.setenv("SSL_CERT_FILE", str(shown.certificate))
            assert doctor.says() == ["WebSockets do not come through to the desk: 404 instead of 101."]


def test_a_mailbox_that_cannot_be_read_is_named_with_the_step_that_fails(doctor: Doctor) -> None:
    doctor.setup()
    password = doctor.folder.parent / "password"
    password.write_text("secret")
    given = ("--host", "imap.example.com", "--password-file", str(password))
    assert main(["mail", "add", "support@larkfield.example", *given]) == 0
    assert [each for each in doctor.says() if "larkfield" in each] == []
    with closing(sqlite3.connect(doctor.folder / "vipdesk.db")) as db:
        [(id,)] = db.execute("SELECT id FROM mailbox").fetchall()
        db.execute(
            "INSERT INTO mailbox_health (mailbox_id, begun_at, step, words) VALUES (?, 0, 'login', 'no such user')",
            (id,),
        )
        db.commit()
    [said] = [each for each in doctor.says() if "larkfield" in each]
    assert said == "support@larkfield.example: It has not been read yet. Signing in is refused: no such user"
