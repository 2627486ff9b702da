"""An agent's face, small enough to travel with a button's state: a picture of its own would be one more request."""

from __future__ import annotations

import asyncio
import base64
import io
from functools import lru_cache

from PIL import Image, ImageOps

from routing.errors import NotFound
from server.parts import Parts
from store import agents

SIDE = 80


async def small_face(parts: Parts, agent: str) -> str | None:
    """A WebP in base64, about 1 kB; None when there is no picture, or none that can be read."""
    found = await parts.record.read(lambda connection: agents.find(connection, agent))
    if found is None or found.photo is None:
        return None
    try:
        return await asyncio.to_thread(_drawn, str(parts.blobs.path(found.photo)))
    except (NotFound, OSError, ValueError):
        return None


@lru_cache(maxsize=500)
def _drawn(path: str) -> str:
    out = io.BytesIO()
    with Image.open(path, formats=["PNG", "JPEG", "WEBP"]) as picture:
        ImageOps.fit(picture.convert("RGB"), (SIDE, SIDE)).save(out, "WEBP", quality=75)
    return base64.b64encode(out.getvalue()).decode()
