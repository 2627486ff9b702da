"""Whether a mailbox can be read: the steps one after the other, up to the one that fails, in the server's own words."""

from __future__ import annotations

from dataclasses import dataclass

from mailbox.imap.command import Limits
from mailbox.imap.connection import Connection
from mailbox.imap.errors import ImapError
from mailbox.places import Place


@dataclass(frozen=True)
class Tried:
    """`failed`: the step, None when all went well; `words`: the server's or the system's; `mails`: in the folder."""

    failed: str | None
    words: str
    mails: int | None = None


async def tried(place: Place, limits: Limits | None = None) -> Tried:
    """Looks and changes nothing."""
    try:
        async with await Connection.open(place.endpoint, limits) as connection:
            selected = await connection.select(place.folder)
            await connection.uids(max(0, (selected.uidnext or 1) - 2))
    except ImapError as error:
        return Tried(error.step, error.words)
    idles = "pushes new mail" if "IDLE" in connection.capabilities else "is asked every 20 seconds"
    only = ", may only be read" if selected.read_only else ""
    return Tried(None, f"{place.endpoint.host} {idles}{only}", selected.exists)
