"""Crash points are where they say, and nowhere while nobody asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from store import crash

PASSING = """
from store import crash
for verb in ("press", "say", "say"):
    crash.at(verb, "before_commit")
    print(verb)
"""


@pytest.mark.parametrize(
    ("point", "survived"),
    [
        ("", 3),
        ("say:before_commit", 1),
        ("say:before_commit:2", 2),
        ("*:before_commit:2", 1),
        ("*:before_commit", 0),
        ("say:after_commit", 3),
        ("solve:before_commit", 3),
    ],
)
def test_the_process_dies_at_the_named_visit(point: str, survived: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-uc", PASSING],
        env=os.environ | {crash.VARIABLE: point},
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(ran.stdout.split()) == survived
    assert ran.returncode == (0 if survived == 3 else -signal.SIGKILL)


@pytest.mark.parametrize("text", ["say", "say:never", "say:before_tx:0", "say:before_tx:x"])
def test_a_point_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=crash.VARIABLE):
        crash.parse(text)
