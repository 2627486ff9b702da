"""Files on their way in and out: kept whole as they came, shown only as pictures that were drawn anew."""

from __future__ import annotations

import asyncio
import logging
import re
import unicodedata
from collections.abc import AsyncIterable, Callable
from typing import Any, TypeVar

import puremagic

from desk.actors import Signed
from desk.desk import Desk
from desk.drawing import draw
from desk.retiring import KIND as RETIRE
from desk.retiring import payload, retire_due
from desk.writing import PICTURES
from routing.errors import BadRequest, Unavailable
from store import files, jobs
from store.blobs import Blobs
from store.engine import Connection
from store.files import File
from store.ids import new_id
from store.times import micros

Drawn = TypeVar("Drawn")
log = logging.getLogger(__name__)

MOST_BYTES = 25 * 1024 * 1024
PREVIEW_SIDE = 1600
NO_ROOM_S = 60.0
MOST_WAITING = 8
"""Pictures that wait to be drawn, one at a time; further ones are files like any other."""
MOST_NAME_BYTES, MOST_ENDING_BYTES = 255, 20


class Files:
    """Uploads."""

    def __init__(self, desk: Desk, blobs: Blobs) -> None:
        self._desk = desk
        self._blobs = blobs
        self._pen = asyncio.Lock()
        self._waiting = 0

    async def take(self, signed: Signed, name: str, type: str, chunks: AsyncIterable[bytes]) -> dict[str, Any]:
        """Keeps a file; `{"file","name","type","bytes","picture"}`. Raises TooLarge, BadRequest, Unavailable,
        OSError."""
        if not await asyncio.to_thread(self._blobs.have_room):
            raise Unavailable("There is no room for files at this moment. Send the text alone.", retry_s=NO_ROOM_S)
        blob = await self._blobs.put(chunks, most_bytes=MOST_BYTES)
        if blob.bytes == 0:
            raise BadRequest("The file is empty.", field="file")
        found = await asyncio.to_thread(_kind, str(self._blobs.path(blob.sha256)))
        preview = await self._preview(blob.sha256)
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

    async def tidy(self) -> None:
        """Clears away what killed processes left half done: erasures, puts, removals of blobs. Raises Unavailable."""
        try:
            await retire_due(self._desk.record, self._desk.clock, self._blobs)
            await asyncio.to_thread(self._blobs.sweep)
            for blob in await asyncio.to_thread(self._blobs.interrupted):
                named = blob in await self._desk.record.read(files.named)
                await asyncio.to_thread(self._blobs.settle, blob, named)
                log.warning("files.removal_ended named=%s", named)
        except OSError:
            log.exception("files.not_tidied")

    async def draw_anew(self, data: bytes) -> bytes | None:
        """The picture that these bytes are; kept nowhere. None: they are none, or there is no time for it."""
        return await self._turn(lambda: draw(data, PREVIEW_SIDE))

    async def drawn(self, found: File) -> str | None:
        """The picture drawn anew, now at the latest: of files that came by mail, and of those there was no time for.

        None: it is none, or there is no time for it either. Raises NotFound, Unavailable, OSError.
        """
        if found.preview_sha256 is not None or found.type not in PICTURES or found.bytes > MOST_BYTES:
            return found.preview_sha256
        preview = await self._preview(found.sha256)
        if preview is not None:
            at = self._desk.clock.now()

            def keep(connection: Connection) -> None:
                if not files.drawn(connection, found.id, preview):  # erased meanwhile: nothing names the picture
                    jobs.put(connection, RETIRE, at, f"{RETIRE}:{preview}", payload((preview,)))

            await self._desk.record.write(keep, name="drawn")
        return preview

    async def find(self, id: str) -> File | None:
        """What is known of a file."""
        return await self._desk.record.read(lambda connection: files.find(connection, id))

    async def _preview(self, sha256: str) -> str | None:
        """The picture drawn anew, if it is one and there is time for it."""
        return await self._turn(lambda: self._draw(sha256))

    async def _turn(self, pen: Callable[[], Drawn | None]) -> Drawn | None:
        if self._waiting >= MOST_WAITING:
            return None
        self._waiting += 1
        try:
            async with self._pen:
                return await asyncio.to_thread(pen)
        finally:
            self._waiting -= 1

    def _draw(self, sha256: str) -> str | None:
        with self._blobs.open(sha256) as opened:
            preview = draw(opened.read(), PREVIEW_SIDE)
        return None if preview is None else self._blobs.put_bytes(preview).sha256


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
