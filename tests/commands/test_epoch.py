"""After a backup was put back, clients must not take new events for old ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from server.cli import main
from server.opening import opened
from server.settings import load
from store import meta


def epoch() -> str | None:
    async def look() -> str | None:
        async with opened(load()) as base:
            return await base.record.read(meta.epoch)

    return asyncio.run(look())


def test_a_new_epoch_makes_every_cursor_worthless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIPDESK_DATA", str(tmp_path / "desk"))
    assert main(["new-epoch"]) == 1
    assert capsys.readouterr().err == "vipdesk: There is no desk in this folder.\n"
    assert main(["setup", "--name", "Larkfield", "--admin", "ada@example.com"]) == 0
    before = epoch()
    assert main(["new-epoch"]) == 0
    assert epoch() not in (None, before)
    assert str(epoch()) in capsys.readouterr().out
