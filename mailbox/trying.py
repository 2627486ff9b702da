"""Whether a mailbox can be read: the steps one after the other, up to the one that fails, in the server's own words."""

from __future__ import annotations

from dataclasses import dataclass

from mailbox.errors import MailError
from mailbox.imap.command import Limits
from mailbox.imap.connection import Connection
from mailbox.places import Outlet, Place
from mailbox.smtp.endpoint import Limits as SmtpLimits
from mailbox.smtp.session import Session


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
    except MailError as error:
        return Tried(error.step, error.words)
    idles = "pushes new mail" if "IDLE" in connection.capabilities else "is asked every 20 seconds"
    only = ", may only be read" if selected.read_only else ""
    return Tried(None, f"{place.endpoint.host} {idles}{only}", selected.exists)


async def tried_sending(out: Outlet, limits: SmtpLimits | None = None) -> Tried:
    """The same for the server that takes mail; sends none."""
    try:
        async with await Session.open(out.endpoint, limits) as session:
            most = session.most_bytes
    except MailError as error:
        return Tried(error.step, error.words)
    return Tried(None, f"{out.endpoint.host} takes mails" + ("" if most is None else f" of up to {most} bytes"))
