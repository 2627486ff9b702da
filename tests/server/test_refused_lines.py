"""Who may not open a line is told so, and writes nothing into the log that would alarm anybody."""

from __future__ import annotations

import pytest

from tests.support.kept import PLAIN, UPGRADE, kept
from tests.support.running import RunningDesk


@pytest.mark.parametrize("audience", ["contact", "agent"])
async def test_a_foreign_origin(desk: RunningDesk, audience: str) -> None:
    before = len(desk.log.read_text())
    async with kept(desk.port) as line:
        refused = await line.ask(UPGRADE, f"/ws/{audience}", "https://elsewhere.example")
    assert refused == (403, "This origin may not connect.")
    async with kept(desk.port) as line:
        assert (await line.ask(PLAIN, "/live"))[0] == 200
    assert "ERROR" not in desk.log.read_text()[before:]
