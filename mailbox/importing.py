"""Takes mails from files as if they had come: stored as they are first, then items and tickets, of days long gone.

Each has its place by the hash of its bytes: whoever was stopped goes on, and nothing is taken twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from desk import letters, mailing
from desk.desk import Desk
from desk.work import Work
from mailbox.archives import Piece, came_at, pieces
from mailbox.reading import Reader
from store import incoming
from store.blobs import Blobs
from store.engine import Connection
from store.incoming import IMPORTED, Fetched, Stored
from store.mailboxes import Mailbox
from store.times import micros

TOGETHER = 50
TRIES = 3
MOST_NAMED = 20
"""Files whose trouble is told by name; all are counted."""


@dataclass
class Counts:
    """What became of the mails: `found` in files; `new`, taken now; `known`, there already; of what was taken:
    `landed`, `unreadable` (kept, each with a ticket that says so) and `erased`, of somebody who was forgotten.
    `refused`: could not be taken at all, with `why` for the first of them.
    """

    found: int = 0
    new: int = 0
    known: int = 0
    landed: int = 0
    unreadable: int = 0
    erased: int = 0
    refused: int = 0
    why: list[str] = field(default_factory=list)


class Importing:
    """Into one mailbox."""

    def __init__(self, desk: Desk, blobs: Blobs, reader: Reader, box: Mailbox, told: Callable[[Counts], None]) -> None:
        """`told` hears of every step."""
        self._desk = desk
        self._blobs = blobs
        self._reader = reader
        self._box = box
        self._told = told
        self.counts = Counts()

    async def run(self, path: Path) -> Counts:
        """All of it. Stopped anywhere, it is run again. Raises OSError, Unavailable."""
        known = await self._desk.record.read(lambda opened: incoming.uids(opened, self._box.id, IMPORTED, 0))
        mails = pieces(path)
        while batch := await asyncio.to_thread(_some, mails):
            await self._store(batch, known)
            self._told(self.counts)
        await self._land()  # when all are there, the oldest first: what was answered comes before its answer
        return self.counts

    async def _store(self, batch: list[Piece], known: set[int]) -> None:
        rows = [row for piece in batch if (row := await self._row(piece, known)) is not None]
        now = micros(self._desk.clock.now())

        def verb(opened: Connection) -> None:
            incoming.put(opened, self._box.id, IMPORTED, 0, rows, polled_at=now, now=now)

        if rows:
            await self._desk.record.write(verb, name="import_mail")
            self.counts.new += len(rows)

    async def _row(self, piece: Piece, known: set[int]) -> Fetched | None:
        counts = self.counts
        counts.found += 1
        if piece.raw is None:
            counts.refused += 1
            counts.why += [f"{piece.name}: {piece.why}"] if len(counts.why) < MOST_NAMED else []
            return None
        uid = int(hashlib.sha256(piece.raw).hexdigest()[:15], 16)
        if uid in known:
            counts.known += 1
            return None
        known.add(uid)
        at = micros(came_at(piece, self._desk.clock.now()))
        blob = await asyncio.to_thread(self._blobs.put_bytes, piece.raw)
        return Fetched(uid, blob.sha256, blob.bytes, at, at, moved_in=True)

    async def _land(self) -> None:
        """What is stored, also by a run that was stopped, unless somebody who reads the mailbox was faster."""
        while waiting := await self._desk.record.read(lambda opened: incoming.imported(opened, self._box.id)):
            for mail in waiting:
                await self._land_one(mail)
            self._told(self.counts)

    async def _land_one(self, mail: Stored) -> None:
        await self._desk.record.write(lambda opened: incoming.try_once(opened, [mail.id]), name="try_mail")
        if mail.attempts < TRIES:
            [letter] = await self._reader.read([mail], self._box)
        else:
            letter = letters.unreadable(mail, f"Reading it failed {mail.attempts} times.")

        def land(work: Work) -> None:
            mailing.land(work, self._box, mail, letter)

        await self._desk.run("land_mail", land, decides=False)
        became = await self._desk.record.read(lambda opened: incoming.find(opened, mail.id))
        state = "" if became is None else became.state
        self.counts.landed += state == "landed"
        self.counts.unreadable += state == "quarantined"
        self.counts.erased += state == "erased"


def _some(mails: Iterator[Piece]) -> list[Piece]:
    """The next ones, not too many bytes of them."""
    found: list[Piece] = []
    size = 0
    for piece in islice(mails, TOGETHER):
        found.append(piece)
        size += len(piece.raw or b"")
        if size > 8 * 1024 * 1024:
            break
    return found
