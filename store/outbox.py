"""Outgoing mail as verbs queue it; who hands it on: the mailbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert, select

from store.engine import Connection
from store.ids import new_id
from store.schema import outgoing_mail
from store.times import micros

_ADD = insert(outgoing_mail)
_OF_KIND = (
    select(outgoing_mail.c.id)
    .where(outgoing_mail.c.ticket_id == bindparam("ticket_id"), outgoing_mail.c.kind == bindparam("kind"))
    .limit(1)
)


def add(
    connection: Connection,
    now: datetime,
    *,
    kind: str,
    recipient: str,
    subject: str,
    body: str,
    ticket_id: str | None = None,
) -> str:
    """Queues a mail in the verb's own transaction; its id, which is also its Message-ID's local part."""
    id = new_id()
    connection.run(
        _ADD,
        id=id,
        kind=kind,
        recipient=recipient,
        subject=subject,
        body=body,
        ticket_id=ticket_id,
        message_id=id,
        state="queued",
        attempts=0,
        created_at=micros(now),
        handed_at=None,
    )
    return id


def was_added(connection: Connection, kind: str, ticket_id: str) -> bool:
    """Whether a mail of this kind was queued about this ticket."""
    return connection.one(_OF_KIND, kind=kind, ticket_id=ticket_id) is not None
