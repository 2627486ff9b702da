"""Files on their way in and out: kept whole as they came, shown only as pictures that were drawn anew."""

from __future__ import annotations

import asyncio
import io
import re
import unicodedata
from collections.abc import AsyncIterable
from typing import Any

import puremagic
from PIL import Image, ImageOps, UnidentifiedImageError

from desk.actors import Signed
from desk.desk import Desk
from routing.errors import BadRequest
from store import files
from store.blobs import Blobs
from store.files import File
from store.ids import new_id
from store.times import micros

MOST_BYTES = 25 * 1024 * 1024
MOST_PIXELS = 50_000_000
PREVIEW_SIDE = 1600
MOST_NAME_BYTES, MOST_ENDING_BYTES = 255, 20
PICTURES = {"PNG", "JPEG", "GIF", "WEBP"}

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class Files:
    """Uploads."""

    def __init__(self, desk: Desk, blobs: Blobs) -> None:
        self._desk = desk
        self._blobs = blobs

    async def take(self, signed: Signed, name: str, type: str, chunks: AsyncIterable[bytes]) -> dict[str, Any]:
        """Keeps a file; `{"file","name","type","bytes","picture"}`. Raises TooLarge, BadRequest, OSError."""
        blob = await self._blobs.put(chunks, most_bytes=MOST_BYTES)
        if blob.bytes == 0:
            raise BadRequest("The file is empty.", field="file")
        preview, found = await asyncio.to_thread(self._look, blob.sha256)
        kept = File(
            new_id(), clean_name(name), found or clean_type(type), blob.bytes, blob.sha256, preview, signed.actor.id
        )
        at = micros(self._desk.clock.now())
        await self._desk.record.write(lambda connection: files.add(connection, kept, at), name="file")
        if not await asyncio.to_thread(self._blobs.exists, blob.sha256):
            raise OSError("the same bytes were erased meanwhile")  # sent again, they are new ones
        return {
            "file": kept.id, "name": kept.name, "type": kept.type, "bytes": kept.bytes, "picture": preview is not None,
        }  # fmt: skip

    async def find(self, id: str) -> File | None:
        """What is known of a file."""
        return await self._desk.record.read(lambda connection: files.find(connection, id))

    def _look(self, sha256: str) -> tuple[str | None, str | None]:
        """The picture drawn anew, if it is one; the type its bytes speak of."""
        with self._blobs.open(sha256) as opened:
            preview = draw(opened.read(), PREVIEW_SIDE)
        kind = _kind(str(self._blobs.path(sha256)))
        return (None if preview is None else self._blobs.put_bytes(preview).sha256), kind


def draw(data: bytes, side: int) -> bytes | None:
    """The picture drawn anew as PNG or JPEG, at most `side` wide and high, with nothing else in it; None: none."""
    try:
        with Image.open(io.BytesIO(data), formats=sorted(PICTURES)) as picture:
            if picture.width * picture.height > MOST_PIXELS:  # Pillow itself takes twice as many, with a warning
                return None
            picture.load()
            drawn = ImageOps.exif_transpose(picture)
            drawn.thumbnail((side, side))
            out = io.BytesIO()
            if drawn.mode in ("RGBA", "LA", "PA", "P"):
                _bare(drawn.convert("RGBA")).save(out, "PNG", optimize=True)
            else:
                _bare(drawn.convert("RGB")).save(out, "JPEG", quality=85)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, *_BOMBS):
        return None


def draw_square(data: bytes, side: int) -> bytes | None:
    """The middle of a picture as a PNG of `side` each way, with nothing else in it; None: none."""
    drawn = draw(data, side * 4)
    if drawn is None:
        return None
    out = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as picture:
        _bare(ImageOps.fit(picture.convert("RGB"), (side, side))).save(out, "PNG", optimize=True)
    return out.getvalue()


def _bare(picture: Image.Image) -> Image.Image:
    """Pixels alone: comments and profiles would be written again."""
    picture.info = {}
    return picture


def clean_name(name: str) -> str:
    """A name without folders and characters that do not print, as long as file systems take it; the ending is kept."""
    last = re.split(r"[\\/]", name)[-1]
    shown = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip(" .") or "file"
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(ending.encode()) > MOST_ENDING_BYTES:
        return _within(shown, MOST_NAME_BYTES)
    return _within(stem, MOST_NAME_BYTES - len(ending.encode()) - 1) + dot + ending


def _within(text: str, most_bytes: int) -> str:
    """Its beginning, without half a character at the end."""
    return text.encode()[:most_bytes].decode(errors="ignore")


def clean_type(type: str) -> str:
    """What the sender calls it, if that is a media type."""
    plain = type.split(";")[0].strip().lower()
    return plain if re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", plain) else "application/octet-stream"


def _kind(path: str) -> str | None:
    try:
        return puremagic.from_file(path, mime=True) or None
    except (puremagic.PureError, ValueError, OSError):
        return None
