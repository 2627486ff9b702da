"""What strangers send cannot write the log: every line of it is ours, in either format, without control characters."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from server.demo.cast import CUSTOMERS
from tests.support.asking import agent, contact, nobody, raw
from tests.support.running import RunningDesk

LOGGED = {"text": re.compile(r"\d\d:\d\d:\d\d [A-Z]+ "), "json": re.compile(r'{"event": ')}
FORGED = 'x\r\n{"event":"signed_in","agent":"anna"}\x1b[2J\u2028\u202e'


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_line_of_the_log_cannot_be_forged(tmp_path: Path, format: str) -> None:
    with RunningDesk(tmp_path / "data", {"VIPDESK_LOG_LEVEL": "debug", "VIPDESK_LOG_FORMAT": format}) as desk:
        with nobody(desk) as stranger:
            stranger.post("/api/v1/sessions", json={"email": FORGED, "password": FORGED})
            stranger.post("/login", data={"email": FORGED, "password": FORGED})
            stranger.post(f"/b/{CUSTOMERS[0].key}/session", json={"email": FORGED})
            stranger.post(f"/b/{CUSTOMERS[0].key}/session", json={"jwt": FORGED})
            stranger.get("/api/v1/tickets", params={"q": FORGED})
        raw(desk, "GET", "/x%0d%0a%7b%22event%22:%22signed_in%22%7d%1b[2J")
        with agent(desk, "Anna") as anna:
            anna.get("/api/v1/tickets", params={"q": FORGED, "cursor": FORGED})
        with contact(desk, CUSTOMERS[0].key) as visitor:
            visitor.post("/x/contact", json={"type": FORGED, "rid": FORGED})
            visitor.post("/files", files={"file": (FORGED, b"x", FORGED.split("\r")[0])})
    lines = desk.log.read_text("utf-8").splitlines()
    logged = [line for line in lines if LOGGED[format].match(line)]
    assert logged and all(line.isprintable() for line in lines)
    assert not any("signed_in" in line for line in lines if line not in logged)
    assert not any(json.loads(line)["event"] == "signed_in" for line in logged if format == "json")
