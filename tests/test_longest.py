"""The list of the longest files is about files that there are."""

from __future__ import annotations

from pathlib import Path

from tests.longest import LONGEST

ROOT = Path(__file__).resolve().parent.parent


def test_each_of_the_longest_files_is_there_and_named_once() -> None:
    assert [file for file in LONGEST if not (ROOT / file).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)
