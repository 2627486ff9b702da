"""The envelope of a mail: where bounces find back to it, who gets it, what proves that it was taken."""

from __future__ import annotations

from desk.sealing import Sealer
from mailbox import tokens
from mailbox.places import Outlet
from mailbox.smtp.session import Envelope
from store.mailboxes import Mailbox
from store.outgoing import Mail


def envelope_of(sealer: Sealer, mail: Mail, box: Mailbox, out: Outlet, waiting: tuple[str, ...]) -> Envelope:
    """Bounces come back to an address that names the mail; nothing answers what was automatic (RFC 3834)."""
    sender = tokens.bounce_address(sealer, box.address, mail.id) if out.plus else None
    copy = tokens.copy_address(sealer, box.address, mail.id) if out.copies == "plus" else None
    return Envelope("" if mail.details.get("automatic") else sender or box.address, waiting, copy)
