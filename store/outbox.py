"""Outgoing mail as verbs queue it, take it back and tell of it; how it leaves: outgoing.py."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, func, insert, select, update

from store.engine import Connection
from store.ids import new_id
from store.schema import mail_item, outgoing_mail, outgoing_recipient
from store.times import micros

Role = Literal["to", "cc", "copy"]
MOST_REFERENCES = 20


@dataclass(frozen=True)
class To:
    """Somebody it goes to. `copy`: an address of the desk's own, to prove that the server took it."""

    address: str
    name: str = ""
    role: Role = "to"


_ADD = insert(outgoing_mail)
_ADD_RECIPIENT = insert(outgoing_recipient)
_OF_KIND = (
    select(outgoing_mail.c.id)
    .where(outgoing_mail.c.ticket_id == bindparam("ticket_id"), outgoing_mail.c.kind == bindparam("kind"))
    .limit(1)
)
_WITHDRAW = (
    update(outgoing_mail)
    .where(
        outgoing_mail.c.id == bindparam("b_id"),
        outgoing_mail.c.state.in_(("queued", "bounced")),
        outgoing_mail.c.sha256.is_(None),
    )
    .values(state="withdrawn")
)
_WITHDRAW_RECIPIENTS = (
    update(outgoing_recipient)
    .where(outgoing_recipient.c.mail_id == bindparam("b_id"))
    .values(state="withdrawn", at=bindparam("now"))
)
_SENT_TO = (
    select(func.count())
    .select_from(outgoing_recipient)
    .join(outgoing_mail, outgoing_mail.c.id == outgoing_recipient.c.mail_id)
    .where(
        outgoing_recipient.c.address == bindparam("address"),
        outgoing_recipient.c.at >= bindparam("since"),
        outgoing_mail.c.kind == bindparam("kind"),
    )
)
_CAME = (
    select(mail_item.c.message_id)
    .where(
        mail_item.c.ticket_id == bindparam("ticket"),
        mail_item.c.message_id.is_not(None),
        mail_item.c.kind.not_in(("auto", "bulk", "bounce", "receipt", "loop")),
    )
    .order_by(mail_item.c.created_at.desc())
    .limit(MOST_REFERENCES)
)
_LEFT = (
    select(outgoing_mail.c.message_id)
    .where(outgoing_mail.c.ticket_id == bindparam("ticket"), outgoing_mail.c.message_id.is_not(None),
           outgoing_mail.c.kind.in_(("reply", "unread", "ack")))
    .order_by(outgoing_mail.c.created_at.desc())
    .limit(MOST_REFERENCES)
)  # fmt: skip


def add(
    connection: Connection,
    now: datetime,
    *,
    kind: str,
    to: Sequence[To],
    subject: str,
    body: str,
    ticket_id: str | None = None,
    seq: int | None = None,
    mailbox_id: str | None = None,
    by_id: str | None = None,
    name: str = "",
    details: Mapping[str, Any] | None = None,
    send_at: datetime | None = None,
) -> str:
    """Queues a mail in the verb's own transaction; its id. Who calls wishes the job that sends it."""
    id, at = new_id(), micros(now)
    connection.run(
        _ADD,
        id=id,
        kind=kind,
        mailbox_id=mailbox_id,
        ticket_id=ticket_id,
        seq=seq,
        by_id=by_id,
        name=name,
        subject=subject,
        body=body,
        details=json.dumps(dict(details or {}), ensure_ascii=False),
        message_id=None,
        sha256=None,
        state="queued",
        attempts=0,
        created_at=at,
        send_at=at if send_at is None else micros(send_at),
        accepted_at=None,
        alarmed_at=None,
        asked_at=None,
        vouched_by=None,
    )
    for each in {one.address.lower(): one for one in reversed(to)}.values():
        connection.run(
            _ADD_RECIPIENT, mail_id=id, address=each.address.lower(), name=each.name, role=each.role, state="queued",
            reason="", at=at,
        )  # fmt: skip
    return id


def was_added(connection: Connection, kind: str, ticket_id: str) -> bool:
    """Whether a mail of this kind was queued about this ticket."""
    return connection.one(_OF_KIND, kind=kind, ticket_id=ticket_id) is not None


def withdraw(connection: Connection, id: str, now: int) -> bool:
    """Takes it back; False when it is on its way already, has left, or was taken back before."""
    if not connection.run(_WITHDRAW, b_id=id):
        return False
    connection.run(_WITHDRAW_RECIPIENTS, b_id=id, now=now)
    return True


def sent_to(connection: Connection, address: str, kind: str, since: int) -> int:
    """How many mails of this kind went to an address since."""
    return int(connection.scalar(_SENT_TO, address=address.lower(), kind=kind, since=since) or 0)


def thread(connection: Connection, ticket: str) -> tuple[str | None, tuple[str, ...]]:
    """The Message-ID that an answer on this ticket answers, and those before it (RFC 5322 §3.6.4), the newest last."""
    came = [row.message_id for row in connection.all(_CAME, ticket=ticket)]
    left = [row.message_id for row in connection.all(_LEFT, ticket=ticket)]
    answers = came[0] if came else left[0] if left else None
    before = [*reversed(left), *reversed(came)]
    return answers, tuple(dict.fromkeys(before))[-MOST_REFERENCES:]
