"""Mail of ours that comes back: the copy that proves that a server took it, and what servers say did not arrive."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from desk import posting
from desk.work import Work
from store import incoming, mailboxes, outgoing
from store.outgoing import Mail

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Returned:
    """What a mail server says of one recipient. `mail`: of ours, by a token that is valid; else `message_id` tells
    which. `recipient` None: it does not say. `delayed`: it goes on trying.
    """

    mail: str | None
    message_id: str | None
    recipient: str | None
    reason: str
    delayed: bool


def came_back(work: Work, own: str, message_id: str | None) -> None:
    """A copy of the mail `own`, as it says of itself; only the mail itself knows its Message-ID."""
    mail = outgoing.find(work.connection, own)
    if mail is None or mail.message_id is None or mail.message_id != message_id:
        log.warning("mail.copy_of_nothing")
    else:
        posting.proven(work, mail.id)


def _named(work: Work, told: Returned) -> Mail | None:
    """By the address that only servers of ours and theirs know. A Message-ID alone everybody knows who got the mail: it
    is believed where the mailbox has no such addresses, of somebody whom the mail went to.
    """
    if told.mail is not None:
        return outgoing.find(work.connection, told.mail)
    id = outgoing.by_message_id(work.connection, told.message_id) if told.message_id else None
    mail = None if id is None else outgoing.find(work.connection, id)
    if mail is None or told.recipient is None or mail.recipient_of(told.recipient) is None:
        return None
    box = mailboxes.find(work.connection, mail.mailbox_id) if mail.mailbox_id else mailboxes.general(work.connection)
    return None if box is None or box.endpoint.get("plus") else mail


def names_ours(work: Work, told: Iterable[Returned]) -> bool:
    """Whether any of it is about a mail of ours."""
    return any(_named(work, each) is not None for each in told)


def returned(work: Work, item: str, told: Returned) -> None:
    """Shown on the message it is about. What names no mail of ours says nothing."""
    mail = _named(work, told)
    if mail is None:
        log.warning("mail.bounce_of_nothing")
        return
    posting.bounced(work, mail.id, told.recipient, told.reason, delayed=told.delayed)
    if mail.ticket_id is not None:
        incoming.place(work.connection, item, mail.ticket_id, None)
