"""Looking again and again."""

from __future__ import annotations

import asyncio

import pytest

from desk.repeating import repeat
from routing.errors import Unavailable


async def test_a_look_that_the_record_refused_is_taken_again_after_the_pause(caplog: pytest.LogCaptureFixture) -> None:
    did: list[str] = []

    async def look() -> None:
        did.append("looked")
        if len(did) == 1:
            raise Unavailable
        elif len(did) > 4:
            raise asyncio.CancelledError

    async def pause() -> None:
        did.append("paused")

    with pytest.raises(asyncio.CancelledError):
        await repeat("clock", look, pause)
    assert did == ["looked", "paused", "looked", "paused", "looked"]
    assert caplog.messages == ["clock.record_unavailable"]
