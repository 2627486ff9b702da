"""Mailboxes and how far each folder was read. What was read: incoming.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from store.engine import Connection, Row, upsert
from store.schema import incoming_mail, mail_cursor, mail_item, mailbox


@dataclass(frozen=True)
class Mailbox:
    """An address that is read. `customer_id`: whose dedicated address; None: the pool's. `endpoint`: where and how,
    as the mailbox reads it; `secret_sealed`: its password or token, sealed. `since`: microseconds; what came before is
    left alone.
    """

    id: str
    address: str
    name: str
    customer_id: str | None
    calendar_id: str
    endpoint: Mapping[str, Any]
    secret_sealed: bytes
    active: bool
    since: int | None


@dataclass(frozen=True)
class Cursor:
    """How far a folder was read: everything up to `last_uid` of this UIDVALIDITY is stored."""

    uidvalidity: int
    last_uid: int


_ADD = insert(mailbox)
_CHANGE = update(mailbox).where(mailbox.c.id == bindparam("b_id"))
_KEEP_SECRET = update(mailbox).where(mailbox.c.id == bindparam("b_id")).values(secret_sealed=bindparam("sealed"))
_FIND = select(mailbox).where(mailbox.c.id == bindparam("id"))
_EVERY = select(mailbox).order_by(mailbox.c.address)
_BY_ADDRESS = select(mailbox).where(mailbox.c.address == func.lower(bindparam("address")))
_OF_TICKET = (
    select(incoming_mail.c.mailbox_id)
    .join(mail_item, mail_item.c.id == incoming_mail.c.item_id)
    .join(mailbox, mailbox.c.id == incoming_mail.c.mailbox_id)
    .where(mail_item.c.ticket_id == bindparam("ticket"), mailbox.c.active == 1)
    .order_by(incoming_mail.c.committed_at.desc())
    .limit(1)
)
_OF_CUSTOMER = (
    select(mailbox.c.id)
    .where(mailbox.c.customer_id == bindparam("customer"), mailbox.c.active == 1)
    .order_by(mailbox.c.address)
    .limit(1)
)
_GENERAL = (
    select(mailbox)
    .where(mailbox.c.customer_id.is_(None), mailbox.c.active == 1)
    .order_by(mailbox.c.created_at, mailbox.c.id)
    .limit(1)
)
_CURSOR = select(mail_cursor).where(
    mail_cursor.c.mailbox_id == bindparam("mailbox"), mail_cursor.c.folder == bindparam("folder")
)
_MOVE = upsert(
    mail_cursor, ("mailbox_id", "folder"), lambda new: {"uidvalidity": new.uidvalidity, "last_uid": new.last_uid}
)


def add(connection: Connection, new: Mailbox, at: int) -> None:
    """Read from now on, when it is active. Raises Violation when the address is there already."""
    connection.run(_ADD, **_columns(new), id=new.id, created_at=at)


def change(connection: Connection, changed: Mailbox) -> None:
    """All but its id."""
    connection.run(_CHANGE, b_id=changed.id, **_columns(changed))


def keep_secret(connection: Connection, id: str, sealed: bytes) -> None:
    """The token server gave another."""
    connection.run(_KEEP_SECRET, b_id=id, sealed=sealed)


def find(connection: Connection, id: str) -> Mailbox | None:
    """One of them."""
    row = connection.one(_FIND, id=id)
    return None if row is None else _mailbox(row)


def by_address(connection: Connection, address: str) -> Mailbox | None:
    """The one that reads this address, however it is written."""
    row = connection.one(_BY_ADDRESS, address=address)
    return None if row is None else _mailbox(row)


def every(connection: Connection) -> list[Mailbox]:
    """All, by address, also those that are switched off."""
    return [_mailbox(row) for row in connection.all(_EVERY)]


def speaks_for(connection: Connection, ticket: str, customer: str) -> str | None:
    """The id of the mailbox in whose name a ticket is answered: where its last mail came to, else the customer's own;
    None: the pool's general one.
    """
    id: str | None = connection.scalar(_OF_TICKET, ticket=ticket)
    return id or connection.scalar(_OF_CUSTOMER, customer=customer)


def general(connection: Connection) -> Mailbox | None:
    """The pool's general one, the first where there are several."""
    row = connection.one(_GENERAL)
    return None if row is None else _mailbox(row)


def cursor(connection: Connection, mailbox: str, folder: str) -> Cursor | None:
    """None before anything was read."""
    row = connection.one(_CURSOR, mailbox=mailbox, folder=folder)
    return None if row is None else Cursor(row.uidvalidity, row.last_uid)


def move(connection: Connection, mailbox: str, folder: str, to: Cursor) -> None:
    """In the transaction that stores what was read."""
    connection.run(_MOVE, mailbox_id=mailbox, folder=folder, uidvalidity=to.uidvalidity, last_uid=to.last_uid)


def _columns(row: Mailbox) -> dict[str, Any]:
    return {
        "address": row.address.lower(),
        "name": row.name,
        "customer_id": row.customer_id,
        "calendar_id": row.calendar_id,
        "endpoint": json.dumps(dict(row.endpoint)),
        "secret_sealed": row.secret_sealed,
        "active": int(row.active),
        "since": row.since,
    }


def _mailbox(row: Row) -> Mailbox:
    return Mailbox(
        row.id,
        row.address,
        row.name,
        row.customer_id,
        row.calendar_id,
        json.loads(row.endpoint),
        bytes(row.secret_sealed),
        bool(row.active),
        row.since,
    )
