"""What kind of mail it is, and why it is taken for automatic: RFC 3834 and what programs really send.

The signs are asked in this order; the first that is there decides. X-Auto-Response-Suppress is no sign: Exchange
writes it on what people write, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbox.parsing.fields import Fields
from mailbox.parsing.mime import Part
from mailbox.parsing.parsed import Kind, Ours

STATUS_PARTS = {"message/delivery-status", "message/global-delivery-status"}
RECEIPT_PARTS = {"message/disposition-notification", "message/global-disposition-notification"}
REPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-auto-reply-from", "x-vacation")
BULK_FIELDS = ("list-id", "list-unsubscribe", "feedback-id")
BULK_PRECEDENCE = {"bulk", "list", "junk"}
REPLY_PRECEDENCE = {"auto_reply", "auto-reply"}
_DAEMON = re.compile(r"(mailer-daemon|mail-daemon|maildaemon)(@|$)", re.I)


def kind_of(mail: Part, author: str, recipients: tuple[str, ...], ours: Ours) -> tuple[Kind, str | None]:
    """And the sign, None for what somebody wrote. `author` is the address of From, empty if there is none."""
    fields = mail.fields
    loop = _loop(fields, author, ours)
    if loop is not None:
        return "loop", loop
    types = {part.type for part in mail.leaves()}
    if _is_report(mail, types & RECEIPT_PARTS, "disposition-notification", author):
        return "receipt", "disposition-notification"
    if _is_report(mail, types & STATUS_PARTS, "delivery-status", author):
        return "bounce", "delivery-status"
    if fields.has("x-failed-recipients"):  # Exim's, before it wrote a status
        return "bounce", "X-Failed-Recipients"
    for recipient in recipients:
        if recipient.lower().startswith(ours.bounce_prefixes or ("\0",)):
            return "bounce", "sent to a bounce address"
    reply = next(_replies(fields), None)
    daemon = _daemon(fields, author)
    if daemon is not None and reply is None:
        return "bounce", daemon
    if reply is not None:
        return "auto", reply
    if "text/calendar" in types:
        return "calendar", None
    bulk = next(_bulk(fields), None)
    return ("bulk", bulk) if bulk is not None else ("human", None)


def return_path(fields: Fields) -> str | None:
    """The envelope's sender: empty for `<>`, None when no server wrote it."""
    value = fields.first("return-path")
    return None if value is None else value.strip().strip("<>").strip()


def precedence(fields: Fields) -> str:
    """Its one word."""
    return (fields.first("precedence") or "").strip().lower()


def _loop(fields: Fields, author: str, ours: Ours) -> str | None:
    """Both signs together: others put the same field on their mail, and forms of websites write in our name. Whether it
    really is a mail of ours, who keeps them knows.
    """
    is_from_us = bool(author) and author.lower() in ours.addresses
    return "X-Vipdesk-Id, and From is our own address" if is_from_us and fields.has("x-vipdesk-id") else None


def _is_report(mail: Part, parts: set[str], type: str, author: str) -> bool:
    """Whether the mail itself is the report, and not one of somebody who shows what they got: it says so as a whole,
    or a machine sent it, as OpenSMTPD does in multipart/mixed.
    """
    if mail.parameters.get("report-type", "").lower() == type:
        return True
    whole = mail.type == "multipart/report" or mail.type in parts
    by_machine = _daemon(mail.fields, author) is not None or next(_replies(mail.fields), None) is not None
    return bool(parts) and (whole or by_machine)


def _daemon(fields: Fields, author: str) -> str | None:
    if return_path(fields) == "":
        return "Return-Path: <>"
    return f"From: {author}" if _DAEMON.match(author) else None


def _replies(fields: Fields) -> Iterator[str]:
    submitted = (fields.first("auto-submitted") or "").split(";")[0].split("(")[0].strip().lower()
    if submitted and submitted != "no":
        yield f"Auto-Submitted: {submitted[:40]}"
    for name in REPLY_FIELDS:
        if (fields.first(name) or "no").lower() != "no":
            yield name.title()
    if precedence(fields) in REPLY_PRECEDENCE:
        yield f"Precedence: {precedence(fields)}"


def _bulk(fields: Fields) -> Iterator[str]:
    for name in BULK_FIELDS:
        if fields.has(name):
            yield name.title().replace("Id", "ID")
    if precedence(fields) in BULK_PRECEDENCE:
        yield f"Precedence: {precedence(fields)}"
