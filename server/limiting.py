"""Bodies that are refused as soon as they are larger than they may be, whatever their header said."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Message, Receive

from routing.errors import DeskError


def limited(receive: Receive, most_bytes: int, refusal: Callable[[], DeskError]) -> Receive:
    """The same body; raises the refusal within it."""
    left = most_bytes

    async def receiving() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise refusal()
        return message

    return receiving
