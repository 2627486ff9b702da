"""Imports mails from files into a mailbox, telling how far it is."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from desk.desk import Desk
from desk.sealing import Sealer
from mailbox.importing import Counts, Importing
from mailbox.reading import Reader
from mailbox.worker import Worker
from store.blobs import Blobs
from store.ledger import Ledger
from store.mailboxes import Mailbox

EVERY_S = 2.0


async def imported(desk: Desk, blobs: Blobs, sealer: Sealer, ledger: Ledger, box: Mailbox, path: Path) -> Counts:
    """What became of them. Raises OSError, Unavailable."""
    said = time.monotonic()

    def told(counts: Counts) -> None:
        nonlocal said
        if time.monotonic() - said >= EVERY_S:
            said = time.monotonic()
            print(f"{counts.found} mails read, {counts.new} taken …", file=sys.stderr, flush=True)

    async with Worker() as worker:
        reader = Reader(desk.record, blobs, sealer, worker, ledger.of)
        return await Importing(desk, blobs, reader, box, told).run(path)
