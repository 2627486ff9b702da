"""Pictures that a mail names elsewhere, once somebody asked for them: fetched by the desk, drawn anew, kept nowhere.

Who sent the mail learns that it was opened, and from the desk's address alone.
"""

from __future__ import annotations

import asyncio

import httpx2

from desk.files import Files
from server import guarded
from server.guarded import Judge

MOST_BYTES = 5 * 1024 * 1024
WHOLE_S = 10.0
"""Until it is there: a server that gives a byte a second is left alone."""


class RemotePictures:
    """Of one process."""

    def __init__(self, files: Files, judge: Judge = guarded.is_public) -> None:
        self._files = files
        self._judge = judge

    async def fetch(self, url: str) -> bytes | None:
        """PNG or JPEG; None: it is not to be had, or is no picture."""
        try:
            async with asyncio.timeout(WHOLE_S), guarded.client(self._judge) as http:
                found = await _read(http, url)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.CookieConflict, OSError, ValueError):
            return None
        return None if found is None else await self._files.draw_anew(found)


async def _read(http: httpx2.AsyncClient, url: str) -> bytes | None:
    """None: no success, or more than a picture has."""
    found = bytearray()
    async with http.stream("GET", url) as answer:
        if answer.status_code != 200:
            return None
        async for chunk in answer.aiter_bytes():
            found += chunk
            if len(found) > MOST_BYTES:
                return None
    return bytes(found)
