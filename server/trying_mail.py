"""Whether mail comes in and goes out by a mailbox: both ways are tried, and the step that fails is named."""

from __future__ import annotations

from dataclasses import dataclass

from desk.sealing import Sealer
from mailbox.oauth import Http
from mailbox.places import outlet, place
from mailbox.trying import Tried, tried, tried_sending
from server import mail_report
from server.pages.texts import _
from store.mailboxes import Mailbox


@dataclass(frozen=True)
class Way:
    """One of the two. `failed`: the step, None when all went well; `words`: the server's or the system's."""

    name: str
    failed: str | None
    words: str
    mails: int | None = None

    @property
    def fine(self) -> bool:
        return self.failed is None

    @property
    def said(self) -> str:
        """In the reader's language."""
        if self.failed is None:
            return {"imap": _("Mail can be read."), "smtp": _("Mail can be sent.")}[self.name]
        else:
            return mail_report.step_said(self.failed) + "."


async def ways(box: Mailbox, sealer: Sealer) -> list[Way]:
    """Tries them; looks and changes nothing."""
    async with Http() as http:
        try:
            found = await tried(place(box, sealer, http, _not_kept))
            sends = None
            if box.endpoint.get("smtp"):
                sends = await tried_sending(outlet(box, sealer, http, _not_kept))
        except (ValueError, KeyError):
            found = sends = Tried("secret", "It was sealed with a key that is not here.")
    into = Way("imap", found.failed, found.words, found.mails)
    return [into] if sends is None else [into, Way("smtp", sends.failed, sends.words)]


def _not_kept(sealed: bytes) -> None:
    """A secret that the token server gives anew when it is asked: who polls gets one of their own."""
