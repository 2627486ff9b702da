"""`make faults` says what was done, and calls broken what is."""

from __future__ import annotations

import json
from pathlib import Path

from faults.table import Row, render, write_json


def test_a_row_holds_only_when_something_was_done_and_nothing_broke(tmp_path: Path) -> None:
    idle, sound, broken = Row("idle", 7), Row("sound", 7, seeds=2, done=220), Row("broken", 7, seeds=1, done=110)
    broken.note(7, lost=["agent say after_commit: no answer"], doubled=[], disordered=[])
    assert [row.verdict for row in (idle, sound, broken)] == ["not done", "holds", "broken"]
    shown = render([idle, sound, broken])
    assert "7-8" in shown and "broken: seed 7: agent say after_commit: no answer" in shown
    assert shown.endswith("Go on with --seed 9.")
    write_json([broken], tmp_path / "rows.jsonl")
    written = json.loads((tmp_path / "rows.jsonl").read_text())
    assert (written["verdict"], written["lost"], written["done"]) == ("broken", 1, 110)
