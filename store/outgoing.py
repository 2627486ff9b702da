"""Outgoing mail as the mailbox hands it on and the demo shows it; as verbs queue it: outbox.py."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from store.engine import Connection
from store.schema import outgoing_mail


@dataclass(frozen=True)
class Mail:
    """One mail; instants in microseconds."""

    id: str
    kind: str
    recipient: str
    subject: str
    body: str
    ticket_id: str | None
    state: str
    created_at: int


_QUEUED = (
    select(outgoing_mail.c.id)
    .where(outgoing_mail.c.state == "queued")
    .order_by(outgoing_mail.c.created_at)
    .limit(bindparam("most"))
)
_LATEST = select(outgoing_mail).order_by(outgoing_mail.c.created_at.desc(), outgoing_mail.c.id).limit(bindparam("most"))
_HANDED = (
    update(outgoing_mail)
    .where(outgoing_mail.c.id == bindparam("b_id"), outgoing_mail.c.state == "queued")
    .values(state="handed", handed_at=bindparam("at"))
)


def queued(connection: Connection, most: int = 100) -> list[str]:
    """Ids of what nobody took yet, the oldest first."""
    return [row.id for row in connection.all(_QUEUED, most=most)]


def handed(connection: Connection, id: str, at: int) -> None:
    """It was handed to the mail view."""
    connection.run(_HANDED, b_id=id, at=at)


def latest(connection: Connection, most: int = 50) -> list[Mail]:
    """The newest mails."""
    return [
        Mail(row.id, row.kind, row.recipient, row.subject, row.body, row.ticket_id, row.state, row.created_at)
        for row in connection.all(_LATEST, most=most)
    ]
