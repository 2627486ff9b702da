"""Every file is looked at by the virus scanner, where there is one, before anybody gets it."""

from __future__ import annotations

import logging

from desk import holding_back
from desk.desk import Desk
from server.clamd import Clamd, ScannerAway, Unscannable
from store import files
from store.blobs import Blobs
from store.files import File

log = logging.getLogger(__name__)

BATCH = 20


class Scanning:
    """Of one process; two that scan the same file say the same of it."""

    def __init__(self, desk: Desk, blobs: Blobs, scanner: Clamd) -> None:
        self._desk = desk
        self._blobs = blobs
        self._scanner = scanner

    async def look(self) -> None:
        """All that nobody looked at. Raises Unavailable; while the scanner is away, files wait."""
        try:
            while waiting := await self._desk.record.read(lambda connection: files.unscanned(connection, BATCH)):
                for each in waiting:
                    await self._look_at(each)
        except ScannerAway as error:
            log.warning("scanner.away %s", error)
        except OSError as error:
            log.warning("scanner.unread %s", error.strerror)

    async def _look_at(self, file: File) -> None:
        try:
            found = await self._scanner.scan(self._blobs.path(file.sha256))
        except FileNotFoundError:
            found = ""  # there is nothing to be had
        except Unscannable as error:
            found = f"not scanned: {error}"
        await self._desk.run("scanned", lambda work: holding_back.scanned(work, file, found), decides=False)
