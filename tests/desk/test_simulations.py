"""Two hundred days at random: no promise is broken, no viewer believes anything wrong, nobody is left waiting."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from desk.registry import VERBS
from store import ids
from store.engine import InlineRecord
from tests.support.simulation import Simulation

SEEDS, STEPS, BATCH = 200, 30, 10
UNREHEARSED = {
    "contact link", "agent link", "agent answer_offer", "agent take_back", "agent send_again", "agent mark_arrived",
    "agent add_person", "agent remove_person",
}  # fmt: skip
"""Files, agents' offers and mail have tests of their own."""
rehearsed: set[str] = set()


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
async def test_a_random_day_breaks_no_promise(
    first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for seed in range(first, first + BATCH):
        chance = random.Random(seed)
        monkeypatch.setattr(ids, "source", lambda size, chance=chance: chance.randbytes(size).hex()[:22])
        file = tmp_path / f"{seed}.db"
        play = Simulation(seed, InlineRecord(file), f"sqlite:///{file}")
        assert await play.play(STEPS) == [], f"seed {seed}"
        rehearsed.update(play.done)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_the_random_days_rehearse_every_verb() -> None:
    named = {f"{verb.audience} {verb.name}" for verb in VERBS.values()}
    assert named - UNREHEARSED - rehearsed == set()
