"""Compares a mailbox with the record when somebody asks for it: beside whoever reads it, who makes tickets of what was
missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from desk.desk import Desk
from desk.sealing import Sealer
from mailbox.errors import MailError
from mailbox.fetching import Fetching
from mailbox.imap.connection import Connection
from mailbox.oauth import Http
from mailbox.places import place
from mailbox.reconciling import Found, compare, noted
from server import mail_report
from store.blobs import Blobs
from store.mailboxes import Mailbox


@dataclass(frozen=True)
class Compared:
    """`found` None: the step `failed`, with its `words`."""

    found: Found | None
    failed: str | None = None
    words: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """For programs."""
        if self.found is None:
            return {"failed": self.failed, "said": self.words}
        return {"failed": None, **asdict(self.found)}

    @property
    def said(self) -> str:
        """In one sentence."""
        if self.found is None:
            return f"the step {self.failed} failed: {self.words}"
        return mail_report.found_in_words(asdict(self.found))


async def compared(desk: Desk, blobs: Blobs, sealer: Sealer, box: Mailbox, days: int) -> Compared:
    """What is missing is stored; the record knows what was found. Raises Unavailable, OSError."""
    now = desk.clock.now()
    async with Http() as http:
        try:
            at = place(box, sealer, http, lambda sealed: None)
            async with await Connection.open(at.endpoint) as connection:
                done = at.done and await connection.path(*at.done.split("/"))
                folders = [
                    (each, Fetching(desk.record, blobs, desk.clock, box, each, "", None, follows=False))
                    for each in (at.folder, *([done] if done else []))
                ]
                since = now - timedelta(days=days)
                found = await compare(connection, desk.record, box, folders, now, since, "asked")
        except MailError as error:
            return Compared(None, error.step, error.words)
        except (ValueError, KeyError):
            return Compared(None, "secret", "It was sealed with a key that is not here.")
    await desk.run("mail_compared", lambda work: noted(work, box, found, desk.clock.real()), decides=False)
    return Compared(found)
