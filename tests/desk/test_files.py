"""Files as people give them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk.files import Files
from routing.errors import Unavailable
from store import blobs
from store.blobs import Blobs
from tests.support.world import World


async def test_where_the_disk_is_nearly_full_files_wait_and_talk_goes_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"hello"

    files, priya = Files(world.desk, Blobs(tmp_path)), await world.signed("priya")
    assert (await files.take(priya, "a.txt", "text/plain", chunks()))["bytes"] == 5
    monkeypatch.setattr(blobs, "LEAST_FREE", 2**62)
    with pytest.raises(Unavailable, match="no room for files"):
        await files.take(priya, "a.txt", "text/plain", chunks())
