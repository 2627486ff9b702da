"""Files in which a virus scanner found something: kept, handed to nobody, and told on their ticket."""

from __future__ import annotations

from desk.work import Work
from routing.errors import Forbidden
from store import files
from store.engine import Connection
from store.files import File


def scanned(work: Work, file: File, found: str) -> None:
    """What the scanner says; empty: nothing found. Told to agents once."""
    if not files.scanned(work.connection, file.id, found[:200]) or not found:
        return
    work.audit("file_held", file.id, {"found": found[:200]})
    kept = files.find(work.connection, file.id)
    if kept is not None and kept.ticket_id is not None:
        data = {"file": file.id, "name": file.name, "found": found[:200]}
        work.event(work.ticket(kept.ticket_id), "held", data, internal=True, by=None)


def expect_harmless(connection: Connection, file: str) -> None:
    """Raises Forbidden for a file that is held back."""
    found = files.find(connection, file)
    if found is not None and found.found:
        raise Forbidden(
            "The virus scanner found something in this file, so it is kept and handed to nobody.", field="file"
        )
