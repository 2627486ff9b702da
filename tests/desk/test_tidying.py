"""What killed processes left half done among the files is ended: nothing that a row names goes, nothing else stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from desk.files import Files
from store import files
from store.blobs import INTERRUPTED_S, LEFT_OVER_S, Blobs
from store.files import File
from tests.support.world import World


class Killed(BaseException):
    """As if by SIGKILL."""


def killed() -> bool:
    raise Killed


async def test_what_killed_processes_left_among_the_files_is_ended(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(tmp_path / "files")
    kept, gone = (blobs.put_bytes(data).sha256 for data in (b"named again", b"of nobody"))
    for each in (kept, gone):
        with pytest.raises(Killed):
            blobs.retire(each, killed)
    named = File("f", "kept.txt", "text/plain", 11, kept, None, "anna")
    await world.record.write(lambda connection: files.add(connection, named, 0), name="file")
    half = tmp_path / "files/incoming/half"
    half.touch()
    past = half.stat().st_mtime - LEFT_OVER_S - 10
    os.utime(half, (past, past))
    later = time.time() + INTERRUPTED_S + 1
    monkeypatch.setattr("store.blobs.time.time", lambda: later)
    await Files(world.desk, blobs).tidy()
    assert blobs.exists(kept) and not blobs.exists(gone)
    assert list((tmp_path / "files/incoming").iterdir()) == []
