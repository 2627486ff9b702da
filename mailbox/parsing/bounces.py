"""What a mail server says became of a mail: delivery status (RFC 3464) wherever it stands, else by older ways."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbox.parsing.addresses import first_address
from mailbox.parsing.automatic import STATUS_PARTS
from mailbox.parsing.defects import Defects
from mailbox.parsing.fields import Fields, message_id, references
from mailbox.parsing.mime import Part, head
from mailbox.parsing.parsed import Bounce

MOST = 200
RETURNED = {
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
}
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ID_LINE = re.compile(r"^[ \t>]*Message-ID:\s*(<[^<>\s]{1,900}>)", re.I | re.M)
_QMAIL = re.compile(r"^<([^<>\s]+@[^<>\s]+)>:\s*$", re.M)
_RANKS = {"failed": 0, "delayed": 1}


def bounces(mail: Part, text: str, defects: Defects) -> tuple[Bounce, ...]:
    """One for each recipient that is spoken of, failures first; one that knows little where nothing can be read."""
    original = _original(mail, text, defects)
    found = [
        _told(fields, original, defects)
        for part in mail.leaves()
        if part.type in STATUS_PARTS
        for fields in _blocks(part.content(defects)[:1_000_000], defects)
        if fields.has("final-recipient") or fields.has("original-recipient") or fields.has("action")
    ]
    if not found:
        found = list(_by_words(mail, text, original, defects))
    return tuple(sorted(found[:MOST], key=lambda bounce: _RANKS.get(bounce.action or "failed", 2)))


def _blocks(content: bytes, defects: Defects) -> Iterator[Fields]:
    """The groups of fields, one for the message and one for each recipient."""
    place = 0
    for _ in range(MOST + 1):
        if place >= len(content):
            return
        pairs, stop = head(content, place, len(content), defects)
        if pairs:
            yield Fields(pairs, defects)
        place = max(stop, place + 1)


def _told(fields: Fields, original: str | None, defects: Defects) -> Bounce:
    action = (fields.first("action") or "").split("(")[0].strip().lower() or None
    status = _STATUS.search(fields.first("status") or "") or _STATUS.search(fields.first("diagnostic-code") or "")
    return Bounce(
        _recipient(fields, defects),
        status[1] if status else None,
        action,
        original,
        _short((fields.first("diagnostic-code") or "").partition(";")[2]),
    )


def _recipient(fields: Fields, defects: Defects) -> str | None:
    """Whom we wrote to: the original one, else the one it was forwarded to."""
    for name in ("original-recipient", "final-recipient"):
        value = fields.first(name)
        if value:
            found = first_address(value.rpartition(";")[2], defects)
            if found is not None:
                return found.address
    return None


def _by_words(mail: Part, text: str, original: str | None, defects: Defects) -> Iterator[Bounce]:
    """What Exim's field and qmail's sentences say; else one of an unknown recipient."""
    named = [first_address(each, defects) for each in (mail.fields.first("x-failed-recipients") or "").split(",")]
    recipients = [each.address for each in named if each] or list(dict.fromkeys(_QMAIL.findall(text[:100_000])))
    status = _STATUS.search(text[:100_000])
    known: list[str | None] = [*recipients[:MOST]]
    for recipient in known or [None]:
        yield Bounce(recipient, status[1] if status else None, None, original, None)


def _original(mail: Part, text: str, defects: Defects) -> str | None:
    """The Message-ID of the mail that came back."""
    for part in mail.leaves():
        if part.type in RETURNED:
            content = part.content(defects)
            fields = Fields(head(content, 0, min(len(content), 256_000), defects)[0], defects)
            if fields.has("message-id"):
                return message_id(fields.ids("message-id"))
    written = _ID_LINE.search(text[:200_000])
    if written:
        return written[1]
    answered = message_id(mail.fields.ids("in-reply-to")) or next(
        iter(references(mail.fields.ids("references"))[-1:]), None
    )
    return answered


def _short(text: str) -> str | None:
    return re.sub(r"\s+", " ", text).strip()[:500] or None
