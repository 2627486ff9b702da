"""Bodies that are refused as soon as they are larger than they may be, whatever their header said; and forms in letters
of no use."""

from __future__ import annotations

from collections.abc import Callable

from python_multipart.multipart import parse_options_header
from starlette.requests import Request
from starlette.types import Message, Receive

from routing.errors import BadRequest, DeskError


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


def expect_utf_8(request: Request) -> None:
    """A form may name its own encoding: one of Python's many needs minutes for a megabyte, others give what is no text.

    Raises BadRequest for all but UTF-8.
    """
    _type, options = parse_options_header(request.headers.get("content-type", ""))
    if options.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
        raise BadRequest
