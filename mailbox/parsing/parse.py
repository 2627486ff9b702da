"""One mail, from its bytes to what is known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mailbox.parsing import automatic, trust
from mailbox.parsing.addresses import addresses, first_address
from mailbox.parsing.bodies import body
from mailbox.parsing.bounces import bounces
from mailbox.parsing.calendars import calendar
from mailbox.parsing.defects import Defects
from mailbox.parsing.fields import Fields, instant, message_id, references
from mailbox.parsing.forwards import forwarded
from mailbox.parsing.key import key
from mailbox.parsing.mime import read
from mailbox.parsing.parsed import Address, Ours, Parsed
from mailbox.parsing.quotes import fold
from mailbox.parsing.sent import Sent
from mailbox.parsing.severity import urgencies

ENVELOPE = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
MOST_RECIPIENTS = 1_000


def parse(raw: bytes, ours: Ours, sent: Sequence[str]) -> Parsed:
    """All of it, whatever the bytes are. `sent`: texts that went out on the ticket, to know them again as quotes.

    Costs at most some seconds and memory in the size of the mail, but a mail may be made to cost more: run it by
    mailbox.worker.
    """
    try:
        return _parsed(raw, ours, sent)
    except MemoryError:
        raise  # the process has its limit, and says so
    except Exception as error:  # a fault of ours must not keep the next mail waiting
        return _unread(raw, type(error).__name__)


def _parsed(raw: bytes, ours: Ours, sent: Sequence[str]) -> Parsed:
    defects = Defects()
    mail = read(raw, defects)
    fields = mail.fields
    authors = _people(fields, "from", defects)
    author = authors[0].address if authors else ""
    to, cc = _people(fields, "to", defects), _people(fields, "cc", defects)
    recipients = _recipients(fields, (*to, *cc), defects)
    kind, auto = automatic.kind_of(mail, author, recipients, ours)
    found = body(mail, defects)
    subject = fields.words("subject")
    answered = message_id(fields.ids("in-reply-to"))
    ancestors = references(fields.ids("references"))
    folded = fold(found.text, subject, bool(answered or ancestors), Sent(sent))
    date = instant(fields.first("date"))
    _note_missing(fields, authors, date is not None, defects)
    return Parsed(
        key=key(mail),
        size=len(raw),
        from_=authors[0] if authors else None,
        sender=first_address(fields.first("sender"), defects),
        reply_to=_people(fields, "reply-to", defects),
        to=to,
        cc=cc,
        recipients=recipients,
        return_path=automatic.return_path(fields),
        subject=subject,
        date=date,
        message_id=message_id(fields.ids("message-id")),
        in_reply_to=answered,
        references=ancestors,
        kind=kind,
        auto=auto,
        own_id=fields.first("x-vipdesk-id"),
        bounces=bounces(mail, found.text, defects) if kind == "bounce" else (),
        calendar=calendar(mail, defects),
        forwarded=forwarded(mail, found.text, subject, defects) if kind == "human" else None,
        text=found.text,
        html=found.markup.html if found.markup is not None else None,
        reply=folded.reply,
        quote=folded.quote,
        signature=folded.signature,
        links=found.markup.links if found.markup is not None else (),
        remote_pictures=found.markup.remote_pictures if found.markup is not None else (),
        urgencies=urgencies(subject, folded.reply),
        attachments=found.attachments,
        dmarc=trust.dmarc(fields, author if len(authors) == 1 else "", ours.authservs),
        received_at=trust.received_at(fields, ours.relays),
        hops=trust.hops(fields, defects),
        defects=defects.all(),
    )


def _people(fields: Fields, name: str, defects: Defects) -> tuple[Address, ...]:
    """Of all fields of that name, in their order."""
    return tuple(person for value in fields.all(name)[:20] for person in addresses(value, defects))


def _recipients(fields: Fields, shown: Sequence[Address], defects: Defects) -> tuple[str, ...]:
    hidden = [person for name in ("bcc", *ENVELOPE) for person in _people(fields, name, defects)]
    found = dict.fromkeys(person.address for person in (*shown, *hidden) if "@" in person.address)
    return tuple(found)[:MOST_RECIPIENTS]


def _note_missing(fields: Fields, authors: Sequence[Address], dated: bool, defects: Defects) -> None:
    if not authors:
        defects.note("no From" if not fields.has("from") else "From unreadable")
    elif len(authors) > 1:
        defects.note("several in From")
    if not dated:
        defects.note("no Date" if not fields.has("date") else "Date unreadable")
    if message_id(fields.first("message-id")) is None:
        defects.note("no Message-ID" if not fields.has("message-id") else "Message-ID unreadable")


def _unread(raw: bytes, fault: str) -> Parsed:
    return Parsed(
        key=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        from_=None,
        sender=None,
        reply_to=(),
        to=(),
        cc=(),
        recipients=(),
        return_path=None,
        subject=None,
        date=None,
        message_id=None,
        in_reply_to=None,
        references=(),
        kind="human",
        auto=None,
        own_id=None,
        bounces=(),
        calendar=None,
        forwarded=None,
        text="",
        html=None,
        reply="",
        quote="",
        signature="",
        links=(),
        remote_pictures=(),
        urgencies=(),
        attachments=(),
        dmarc="none",
        received_at=None,
        hops=0,
        defects=(f"{UNREAD}: {fault}",),
    )


UNREAD = "the parser failed"
"""The defect of a mail of which nothing else is known."""
