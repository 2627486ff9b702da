"""`vipdesk answer mail FILE…`: one JSON object a line, whatever is in the files, without a desk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.running import ROOT

DSN = b"""From: MAILER-DAEMON@mx.example
To: desk@desk.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn@mx.example>
Date: Fri, 27 Nov 2026 10:00:00 +0100
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

I am sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; nobody@brightwater.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: <m.1@desk.example>

--b--
"""
ANSWER = """From: Jana Malá <jana@Brightwater.Example>
To: Desk <desk@desk.example>, anna@desk.example
Subject: =?utf-8?q?Re=3A_Tla=C4=8Diarne?=
Message-ID: <2@brightwater.example>
In-Reply-To: <m.1@desk.example>
References: <m.0@desk.example> <m.1@desk.example>
Date: Fri, 27 Nov 2026 10:00:00 +0100
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Ďakujem.

pi 27. 11. 2026 o 9:00 Anna <anna@desk.example> napísal(a):
> Už to ide?
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="../../etc/pl\u202ean.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQg
--b
Content-Type: text/calendar; method=REPLY

BEGIN:VCALENDAR
--b--
""".encode()


def answer(*files: Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run where there is no desk, with a shell that knows no letters but ASCII."""
    environment = os.environ | {"VIPDESK_DATA": str(folder / "none"), "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "vipdesk", "answer", "mail", *map(str, files)]
    return subprocess.run(command, capture_output=True, cwd=ROOT, env=environment, check=False)


def lines(*files: Path, folder: Path) -> list[dict[str, Any]]:
    ran = answer(*files, folder=folder)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert not (folder / "none").exists()
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_a_mail_is_a_line_of_what_is_read(tmp_path: Path) -> None:
    file = tmp_path / "tlačiarne.eml"
    file.write_bytes(ANSWER)
    assert lines(file, folder=tmp_path) == [
        {
            "file": str(file),
            "from": "jana@brightwater.example",
            "to": ["desk@desk.example", "anna@desk.example"],
            "subject": "Re: Tlačiarne",
            "date": "2026-11-27T09:00:00Z",
            "message_id": "<2@brightwater.example>",
            "in_reply_to": "<m.1@desk.example>",
            "references": ["<m.0@desk.example>", "<m.1@desk.example>"],
            "auto": None,
            "bounce": None,
            "calendar": "REPLY",
            "text": "Ďakujem.\n\npi 27. 11. 2026 o 9:00 Anna <anna@desk.example> napísal(a):\n> Už to ide?",
            "reply": "Ďakujem.\n\n",
            "attachments": [
                {"name": "plan.pdf", "type": "application/pdf", "bytes": 9},
                {"name": "part-2.ics", "type": "text/calendar", "bytes": 15},
            ],
            "defects": [],
        }
    ]


def test_a_bounce_names_recipient_status_and_mail(tmp_path: Path) -> None:
    (tmp_path / "dsn.eml").write_bytes(DSN)
    (found,) = lines(tmp_path / "dsn.eml", folder=tmp_path)
    assert found["auto"] == "delivery-status"
    assert found["bounce"] == {
        "recipient": "nobody@brightwater.example",
        "status": "5.1.1",
        "original_message_id": "<m.1@desk.example>",
    }


def test_what_cannot_be_read_is_null_and_the_others_are_read(tmp_path: Path) -> None:
    huge, empty, noise, good = (tmp_path / name for name in ("huge", "empty", "noise", "good"))
    huge.write_bytes(DSN)
    os.truncate(huge, 51 * 1024 * 1024)
    empty.write_bytes(b"")
    noise.write_bytes(bytes(range(256)) * 1_000)
    good.write_bytes(DSN)
    found = lines(huge, empty, noise, good, folder=tmp_path)
    assert [line["file"] for line in found] == [str(huge), str(empty), str(noise), str(good)]
    assert found[0] == dict.fromkeys(found[3]) | {"file": str(huge), "defects": ["unreadable: larger than 50 MB"]}
    assert [line["message_id"] for line in found[1:]] == [None, None, "<dsn@mx.example>"]
    assert "no From" in found[1]["defects"]
    assert found[2]["defects"]


def test_a_file_that_is_not_there_has_its_line_and_takes_no_other_along(tmp_path: Path) -> None:
    good = tmp_path / "good.eml"
    good.write_bytes(DSN)
    found = lines(tmp_path / "none.eml", good, tmp_path, folder=tmp_path)
    nothing = dict.fromkeys(found[1])
    assert found[1]["message_id"] == "<dsn@mx.example>"
    for line, file, why in (
        (found[0], tmp_path / "none.eml", "No such file or directory"), (found[2], tmp_path, "Is a directory"),
    ):  # fmt: skip
        assert line == nothing | {"file": str(file), "defects": [f"unreadable: {why}"]}


def test_a_file_whose_name_is_no_text_is_read(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.eml"))
    file.write_bytes(DSN)
    (found,) = lines(file, folder=tmp_path)
    assert found["message_id"] == "<dsn@mx.example>"
