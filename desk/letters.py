"""Mail that came as the desk takes it: what was read of it, and what there is around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from desk.mail_views import Named
from desk.returning import Returned
from desk.work import Work
from store.files import File
from store.incoming import Kind, Stored

SILENT: frozenset[Kind] = frozenset(("bounce", "receipt", "loop"))
"""What says nothing on a ticket by itself."""
SPOKEN: frozenset[Kind] = frozenset(("human", "calendar"))
"""What a person wrote: it starts a clock, opens again, and is answered."""


@dataclass(frozen=True)
class Forwarded:
    """The mail that another one passes on: of whom it was, and what they wrote. `note`: what stands above it."""

    sender: str
    sender_name: str
    subject: str
    text: str
    note: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Invitation:
    """What an iCalendar part says (RFC 5546). `attendees`: address and PARTSTAT."""

    method: str | None
    uid: str | None
    sequence: int | None
    attendees: tuple[tuple[str, str | None], ...]
    raw: str


@dataclass(frozen=True)
class Letter:
    """A mail as it was read. `key`: what makes two copies the same mail. `sender`: address in lower case. `proven`: our
    own server saw that it comes from there. `text`: what they wrote, without quotes. `tokens`: tickets that valid
    tokens of ours name, `references`: Message-IDs it answers; the newest first, both. `others`: whom else it went to,
    without addresses of the desk. `urgent`: words of severity 1 or 2. `files`: their bytes are blobs already, and so is
    what is kept for showing it, if there is more than text. `quoted`: it ends with what was said before. `remote`: so
    many pictures would be fetched from elsewhere. `erased`: its sender was forgotten; it holds nothing else.
    `too_large_bytes`: its size, where only its head was taken; else 0. `own`: the mail of ours that this is, by its own
    words; `returned`: what a mail server says became of mail of ours.
    """

    key: str
    kind: Kind
    sender: str
    subject: str = ""
    text: str = ""
    sender_name: str = ""
    reason: str = ""
    message_id: str | None = None
    sent_at: datetime | None = None
    relayed_at: datetime | None = None
    proven: bool = False
    tokens: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    urgent: bool = False
    files: tuple[File, ...] = ()
    to: tuple[Named, ...] = ()
    cc: tuple[Named, ...] = ()
    quoted: bool = False
    html: bool = False
    remote: int = 0
    view: bytes | None = None
    erased: bool = False
    too_large_bytes: int = 0
    forwarded: Forwarded | None = None
    invitation: Invitation | None = None
    own: str | None = None
    returned: tuple[Returned, ...] = ()
    defects: tuple[str, ...] = ()


def nobody_invited(work: Work, invitation: Invitation, sender: str) -> bool:
    """Of a desk that keeps no calls."""
    return False


@dataclass(frozen=True)
class Around:
    """`home`: the desk's own address, where customers find it; empty: it is not told. `answered(work, invitation,
    sender)`: whether a reply to an invitation was one to a call of ours, and has been dealt with; else it is a mail
    like any other. Whoever keeps calls gives it.
    """

    home: str = ""
    answered: Callable[[Work, Invitation, str], bool] = nobody_invited


ALONE = Around()
"""Neither an address nor calls."""


def unreadable(mail: Stored, reason: str) -> Letter:
    """What is known of a mail that could not be read: that it came, when, and why it is not shown."""
    return Letter(f"unreadable:{mail.sha256}", "unreadable", "", reason=reason)
