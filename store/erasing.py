"""Forgets a contact: who they were, what they said and sent. Rows that others count on stay, without their content, so
that streams have no gap and the audit's chain holds: it names ids alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, func, or_, select, update

from routing.outgoing import UNDER_WAY
from store.engine import Connection
from store.schema import (
    button,
    chat,
    contact,
    contact_session,
    event,
    file,
    incoming_mail,
    mail_item,
    mail_view,
    mailed_code,
    message,
    outgoing_mail,
    outgoing_recipient,
    participant,
    rating,
    receipt,
    ticket,
    token_use,
)  # fmt: skip

_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_ALL = select(contact.c.id)
_SAME = select(contact.c.id).where(or_(contact.c.id == bindparam("id"), contact.c.became_id == bindparam("id")))
_OPEN = select(chat.c.id).where(chat.c.contact_id.in_(_IDS), chat.c.ended_at.is_(None)).limit(1)
_WHO = select(contact.c.customer_id, contact.c.email, contact.c.subject).where(contact.c.id.in_(_IDS))
_COUNTS = select(
    select(func.count()).select_from(ticket).where(ticket.c.contact_id.in_(_IDS)).scalar_subquery().label("tickets"),
    select(func.count()).select_from(message).where(message.c.author_id.in_(_IDS)).scalar_subquery().label("messages"),
    select(func.count()).select_from(file).where(file.c.by_id.in_(_IDS)).scalar_subquery().label("files"),
)
_FILES = select(file.c.sha256, file.c.preview_sha256).where(file.c.by_id.in_(_IDS))
_TICKETS = select(ticket.c.id).where(
    or_(
        ticket.c.contact_id.in_(_IDS),
        ticket.c.id.in_(select(participant.c.ticket_id).where(participant.c.contact_id.in_(_IDS))),
    )
)
_EVENTS = select(event.c.stream, event.c.seq, event.c.kind, event.c.frame).where(
    event.c.ticket_id == bindparam("ticket")
)
_REWRITE = (
    update(event)
    .where(event.c.stream == bindparam("b_stream"), event.c.seq == bindparam("b_seq"))
    .values(frame=bindparam("frame"))
)
_EMPTY = (
    update(contact).where(contact.c.id.in_(_IDS)).values(
        name="", email=None, subject=None, title=None, sought="", verified=0, coordinator=0),
    update(message).where(message.c.author_id.in_(_IDS)).values(body="", files="[]", digest=""),
    update(rating).where(rating.c.contact_id.in_(_IDS)).values(text=""),
    update(ticket).where(ticket.c.contact_id.in_(_IDS)).values(subject=""),
    update(receipt).where(receipt.c.actor_id.in_(_IDS)).values(answer=None),
    delete(contact_session).where(contact_session.c.contact_id.in_(_IDS)),
    delete(file).where(file.c.by_id.in_(_IDS)),
)  # fmt: skip
_TO_THEM = select(outgoing_recipient.c.mail_id).where(outgoing_recipient.c.address == bindparam("email"))
_SENT_RAW = select(outgoing_mail.c.sha256).where(outgoing_mail.c.id.in_(_TO_THEM), outgoing_mail.c.sha256.is_not(None))
_OF_ADDRESS = (
    delete(mailed_code).where(mailed_code.c.email == bindparam("email")),
    update(outgoing_mail).where(outgoing_mail.c.id.in_(_TO_THEM), outgoing_mail.c.state.in_(sorted(UNDER_WAY))).values(
        state="withdrawn"),
    update(outgoing_mail).where(outgoing_mail.c.id.in_(_TO_THEM)).values(
        subject="", body="", details="{}", name="", sha256=None),
    delete(outgoing_recipient).where(outgoing_recipient.c.address == bindparam("email")),
)  # fmt: skip
"""What is under way to them does not leave any more; the rows of mails stay, of which tickets tell."""
_THEIR_MAIL = select(mail_item.c.id).where(mail_item.c.sender == bindparam("email"))
_KEYS = select(mail_item.c.key).where(mail_item.c.sender == bindparam("email"))
_RAW = select(incoming_mail.c.sha256).where(
    incoming_mail.c.item_id.in_(_THEIR_MAIL), incoming_mail.c.sha256.is_not(None)
)
_OF_SENDER = (
    delete(mail_view).where(mail_view.c.item_id.in_(_THEIR_MAIL)),
    update(incoming_mail).where(incoming_mail.c.item_id.in_(_THEIR_MAIL)).values(sha256=None, state="erased"),
    update(mail_item).where(mail_item.c.sender == bindparam("email")).values(
        sender="", subject="", message_id=None, reason=""),
)  # fmt: skip
"""The rows stay: what lies on the mail server still is not read anew."""
_OF_SUBJECT = delete(token_use).where(
    token_use.c.subject == bindparam("subject"),
    token_use.c.button_id.in_(select(button.c.id).where(button.c.customer_id == bindparam("customer"))),
)
_TOLD = ("body", "text", "note")
"""What people write themselves, in the data of an event."""


@dataclass(frozen=True)
class Held:
    """What the record holds of somebody: tickets that they opened, messages and files that are theirs."""

    tickets: int
    messages: int
    files: int


def held(connection: Connection, ids: Sequence[str]) -> Held:
    """Of all of them."""
    row = connection.one(_COUNTS, ids=list(ids))
    assert row is not None, "counts are a row"
    return Held(row.tickets, row.messages, row.files)


def every(connection: Connection) -> list[str]:
    """The ids of all contacts."""
    return [row.id for row in connection.all(_ALL)]


def same(connection: Connection, id: str) -> list[str]:
    """They, and the visitors who turned out to be them."""
    return [row.id for row in connection.all(_SAME, id=id)]


def mail_keys(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Of all mails from their addresses: what makes a copy that turns up later the same mail."""
    emails = [row.email.lower() for row in connection.all(_WHO, ids=list(ids)) if row.email]
    return {row.key for email in emails for row in connection.all(_KEYS, email=email)}


def in_a_chat(connection: Connection, ids: Sequence[str]) -> bool:
    """Whether one of them is in a chat that has not ended."""
    return connection.one(_OPEN, ids=list(ids)) is not None


def erase(connection: Connection, ids: Sequence[str]) -> set[str]:
    """All of them; the blobs that their rows named. Who names these still: `files.named`."""
    if not ids:
        return set()
    emails: set[str] = set()
    found = {name for row in connection.all(_FILES, ids=list(ids)) for name in row if name}
    for row in connection.all(_WHO, ids=list(ids)):
        if row.email:
            emails.add(row.email.lower())
            found |= {mail.sha256 for mail in connection.all(_RAW, email=row.email.lower())}
            found |= {mail.sha256 for mail in connection.all(_SENT_RAW, email=row.email.lower())}
            for emptied in _OF_SENDER:
                connection.run(emptied, email=row.email.lower())
            for statement in _OF_ADDRESS:
                connection.run(statement, email=row.email.lower())
        if row.subject:
            connection.run(_OF_SUBJECT, subject=row.subject, customer=row.customer_id)
    for row in connection.all(_TICKETS, ids=list(ids)):
        _silence(connection, row.id, frozenset(ids), emails)
    for change in _EMPTY:
        connection.run(change, ids=list(ids))
    return found


def _silence(connection: Connection, ticket: str, ids: frozenset[str], emails: set[str]) -> None:
    """The frames of a ticket without what they said, and without their names wherever these stand."""
    for row in connection.all(_EVENTS, ticket=ticket):
        frame = json.loads(row.frame)
        told = frame["data"]
        if (frame["by"] or {}).get("id") in ids:
            told |= {name: "" for name in _TOLD if told.get(name)}
            if row.kind == "message":
                told["files"] = []
        if row.kind == "received":
            told["from"] = "" if told["from"] in emails else told["from"]
            for line in ("others", "strangers"):
                told[line] = [each for each in told.get(line, []) if each.lower() not in emails]
            for line in ("to", "cc"):
                told[line] = [each for each in told.get(line, []) if each["address"].lower() not in emails]
        for each in told.get("recipients", ()) if row.kind == "mail" else ():
            if each["address"] in emails:
                each |= {"address": "", "name": "", "reason": ""}
        _unname(frame, ids)
        written = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
        if written != row.frame:
            connection.run(_REWRITE, b_stream=row.stream, b_seq=row.seq, frame=written)


def _unname(value: Any, ids: frozenset[str]) -> None:
    if isinstance(value, dict):
        if value.get("id") in ids and "name" in value:
            value["name"] = ""
        for each in value.values():
            _unname(each, ids)
    elif isinstance(value, list):
        for each in value:
            _unname(each, ids)
