"""Whether a server has filed a mail among those that were sent: some do so by themselves, and prove it by that."""

from __future__ import annotations

import logging

from mailbox.errors import MailError
from mailbox.imap.connection import Connection
from mailbox.places import Outlet

log = logging.getLogger(__name__)


async def is_among_sent(out: Outlet, message_id: str | None) -> bool:
    """False also where nobody can look."""
    if message_id is None:
        return False
    try:
        async with await Connection.open(out.imap) as connection:
            await connection.select(out.sent)
            return bool(await connection.search_header("Message-ID", message_id))
    except MailError as error:
        log.warning("sending.no_proof step=%s words=%r", error.step, error.words)
        return False
