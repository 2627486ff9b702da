"""Every verb is killed at every stage, again and again: asked for once more, it stands once, in order, as answered."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from desk.registry import VERBS
from store import crash
from tests.support.rehearsals import REHEARSALS

EVERY = {(verb.audience, verb.name, stage) for verb in VERBS.values() for stage in crash.STAGES}


def test_every_verb_of_the_registry_has_its_rehearsal() -> None:
    assert set(REHEARSALS) == {(verb.audience, verb.name) for verb in VERBS.values()}


@pytest.mark.parametrize(("rounds", "record_url"), [(4, "sqlite"), (1, "postgresql")], indirect=["record_url"])
def test_a_kill_at_any_stage_of_any_verb_loses_and_doubles_nothing(rounds: int, record_url: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.killing", record_url, str(rounds), "1"],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    report = json.loads(ran.stdout)
    assert [report[fault] for fault in ("lost", "doubled", "disordered", "broken")] == [[], [], [], []]
    assert {tuple(name.split()) for name in report["reached"]} == EVERY
    assert set(report["reached"].values()) == {rounds}
