"""Office hours, keys, settings, health and the audit from a shell, for programs."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.cli import main


class Shell:
    """`vipdesk …` within this process: what a command prints, and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def ran(self, *arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = self._capsys.readouterr()
        return code, out, err

    def __call__(self, *arguments: str) -> Any:
        """What the command answers to programs."""
        code, out, err = self.ran(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    def failed(self, *arguments: str) -> Any:
        """What it answers when what it found is bad."""
        code, out, _err = self.ran(*arguments, "--json")
        assert code == 1
        return json.loads(out)

    def refused(self, *arguments: str) -> str:
        """The one sentence."""
        code, out, err = self.ran(*arguments)
        [line] = err.strip().splitlines()
        assert code in (1, 2) and out == ""
        return line


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setenv("VIPDESK_DATA", str(tmp_path / "data"))
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    made = Shell(capsys)
    made("setup", "--name", "Larkfield Support", "--admin", "jonas@larkfield.example")
    yield made
    root.handlers[:], root.level = kept


def test_office_hours_are_looked_at_changed_and_compared(shell: Shell) -> None:
    office = "Office, Mon-Fri 9-17"
    seen = shell("calendar", "change", office, "--fri", "09:00-12:00", "--since", "2034-01-02", "--dry-run")
    assert (seen["saved"], seen["new_version"], seen["since"]) == (False, 2, "2034-01-01T23:00:00+00:00")
    assert seen["days"][0] == {
        "day": "2034-01-06", "name": "", "before": [["09:00", "17:00"]], "after": [["09:00", "12:00"]],
    }  # fmt: skip
    assert shell("calendar", "show", office)["version"] == 1
    assert shell("calendar", "change", office, "--fri", "09:00-12:00", "--since", "2034-01-02")["version"] == 2
    proposed = shell("calendar", "holidays", office, "--country", "SK", "--year", "2041")
    assert {"day": "2041-01-06", "known": False} | {"name": proposed[1]["name"]} == proposed[1]
    kept = shell("calendar", "holidays", office, "--country", "SK", "--year", "2041", "--confirm", "2041-01-06")
    assert kept["document"]["holidays"] == ["2041-01-06"] and kept["version"] == 3
    assert "is not among the holidays" in shell.refused(
        "calendar", "holidays", office, "--country", "SK", "--year", "2041", "--confirm", "2041-01-07"
    )
    assert [row["field"] for row in shell("calendar", "compare", office, "1", "3")] == ["fri", "holidays"]
    assert [row["version"] for row in shell("calendar", "versions", office)] == [3, 2, 1]
    assert "has no version" in shell.refused("calendar", "compare", office, "1", "9" * 23)
    assert "too far ahead" in shell.refused("calendar", "change", office, "--since", "9999-12-31", "--dry-run")
    assert "has no version 9" in shell.refused("calendar", "compare", office, "1", "9")


def test_a_public_key_is_added_from_a_file_and_a_button_is_tried(shell: Shell, tmp_path: Path) -> None:
    shell("customer", "add", "--name", "Brightwater")
    key = shell("button", "add", "--customer", "Brightwater", "--origins", "https://portal.example.com")["key"]
    pem = tmp_path / "key.pem"
    pem.write_bytes(
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    assert shell("button", "add-key", key, "--kid", "site", "--pem", str(pem)) == {"kid": "site", "algorithm": "EdDSA"}
    assert "cannot be read" in shell.refused("button", "add-key", key, "--pem", str(tmp_path / "none"))
    tried = shell("button", "try", key, "--address", "https://portal.example.com/orders")
    assert tried["page"]["fine"] is True and tried["token"] is None
    assert shell.failed("button", "try", key, "--token", "x.y.z")["token"]["fine"] is False


def test_settings_and_health_are_told(shell: Shell) -> None:
    assert shell("settings", "change", "--name", "Larkfield Care")["desk"] == {"name": "Larkfield Care"}
    assert shell("settings", "show")["environment"]["VIPDESK_PORT"] == "8000"
    assert "Enter what the desk is called" in shell.refused("settings", "change", "--name", "")
    told = shell.failed("health")
    assert told["ok"] is False
    assert {row["part"]: row["grade"] for row in told["parts"]}["clock"] == "bad"


def test_the_audit_is_listed_exported_and_verified(shell: Shell, tmp_path: Path) -> None:
    shell("customer", "add", "--name", "=Brightwater")
    rows = shell("audit", "list", "--action", "customer_added")
    assert [(row["object_name"], row["actor_id"]) for row in rows] == [("=Brightwater", None)]
    assert "'=Brightwater" in shell.ran("audit", "export", "--format", "csv")[1]
    lines = [json.loads(line) for line in shell.ran("audit", "export", "--actor", "desk")[1].splitlines()]
    assert lines[0]["action"] == "audit_exported"
    head = shell("audit", "head")["head"]
    assert shell("audit", "verify", "--head", head)["ok"] is True
    assert "is not a day" in shell.refused("audit", "list", "--since", "today")
    assert "A head is a number" in shell.refused("audit", "verify", "--head", "12")
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "vipdesk.db")) as record, record:
        record.execute("DROP TRIGGER audit_keeps_rows")
        record.execute("UPDATE audit SET detail = '{}' WHERE number = 2")
    assert shell.failed("audit", "verify")["fault"] == "Row 2 was changed or put in another's place."


def test_what_is_wrong_is_said_with_each_option_that_it_is_about(shell: Shell) -> None:
    said = shell.refused("agent", "add", "--name", "Eva", "--email", "eva@", "--capacity", "a", "--reserved", "-1")
    parts = ("example.com. (email)", "0 to 20. (capacity)", "from 0 to 20. (reserved)")
    assert [part for part in parts if part in said] == list(parts)


def test_who_made_a_version_is_told_by_name(shell: Shell) -> None:
    code, out, _err = shell.ran("calendar", "versions", "office")
    assert code == 0 and out.rstrip().endswith("Jonas")


def test_a_desk_is_set_up_with_a_name_and_an_address_or_not_at_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIPDESK_DATA", str(tmp_path / "new"))
    said = Shell(capsys).refused("setup", "--name", "  ", "--admin", "ada@localhost")
    assert said == (
        "vipdesk: Enter what the desk is called, such as Larkfield Support. (name) "
        "Enter a mail address such as anna@example.com. (admin)"
    )
    assert not (tmp_path / "new").exists()
