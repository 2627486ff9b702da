"""What is known of a mail that was read, and what the reader is told beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["human", "auto", "bounce", "receipt", "bulk", "loop", "calendar"]
Dmarc = Literal["pass", "fail", "none"]


@dataclass(frozen=True, slots=True)
class Ours:
    """What tells our own mail and servers from others'; small letters."""

    addresses: tuple[str, ...] = ()
    """Addresses we write from: mail from them is a loop."""
    bounce_prefixes: tuple[str, ...] = ()
    """Beginnings of the addresses that only bounces are sent to, as `support+b.`."""
    authservs: tuple[str, ...] = ()
    """Who may say that a sender is proven: the authserv-id of RFC 8601."""
    relays: tuple[str, ...] = ()
    """Our own receiving hosts, whose Received fields are believed."""


@dataclass(frozen=True, slots=True)
class Address:
    """`address` as written, its domain in small letters; a daemon may have no domain."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a mail server says of one recipient (RFC 3464); action is failed, delayed, delivered, relayed, expanded."""

    recipient: str | None
    status: str | None
    action: str | None
    original_message_id: str | None
    diagnostic: str | None


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody of an invitation; partstat as in RFC 5545, in capitals."""

    address: str
    partstat: str | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """An invitation or the answer to one. `raw` is the whole text/calendar part, for who reads it in earnest."""

    method: str | None
    uid: str | None
    sequence: int | None
    attendees: tuple[Attendee, ...]
    raw: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link of the HTML really leads; a host of other letters stands as it is in the DNS."""

    text: str
    url: str
    host: str


@dataclass(frozen=True, slots=True)
class Urgency:
    """A word that somebody uses of whom severity 1 or 2 should be offered."""

    severity: int
    word: str


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail that this one passes on: of whom it says that it is. `note`: what was written above it."""

    author: Address
    subject: str | None
    date: datetime | None
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text. `name` is safe as a file's name; `type` is by content, `declared` what was said."""

    name: str
    declared: str
    type: str
    size: int
    sha256: str
    content_id: str | None
    inline: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """One mail. `text` is `reply` and `quote` one behind the other, `signature` the end of `reply`."""

    key: str
    """Of this mail: by Message-ID, From, Date, Subject and body, so the same mail fetched twice is one."""
    size: int
    from_: Address | None
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    recipients: tuple[str, ...]
    """Everybody it was sent to, as said by To, Cc, Bcc, Delivered-To, X-Original-To and Envelope-To."""
    return_path: str | None
    """Empty for `<>`, None when nobody says."""
    subject: str | None
    date: datetime | None
    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    """The newest is last."""
    kind: Kind
    auto: str | None
    """Why it is taken for automatic; None: somebody wrote it."""
    own_id: str | None
    """X-Vipdesk-Id, when we sent it ourselves."""
    bounces: tuple[Bounce, ...]
    calendar: Calendar | None
    forwarded: Forwarded | None
    text: str
    html: str | None
    """Sanitized; pictures by `cid:` only, `data-remote` is the place in `remote_pictures`."""
    reply: str
    quote: str
    signature: str
    links: tuple[Link, ...]
    remote_pictures: tuple[str, ...]
    urgencies: tuple[Urgency, ...]
    attachments: tuple[Attachment, ...]
    dmarc: Dmarc
    received_at: datetime | None
    """When the first of our own hosts took it."""
    hops: int
    defects: tuple[str, ...]
