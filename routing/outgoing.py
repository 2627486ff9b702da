"""Mail that leaves: which words go by mail, when it is tried again, what its recipients' states say of it together."""

from collections.abc import Collection
from datetime import timedelta
from typing import Literal

State = Literal["queued", "sending", "accepted", "ambiguous", "deferred", "bounced", "withdrawn", "handed"]
"""Of a recipient, and of a mail. `ambiguous`: it was handed over, and the server's last word was not heard. `handed`:
shown where it would have gone, because there is no server.
"""
UNDER_WAY: frozenset[State] = frozenset(("queued", "sending", "deferred", "ambiguous"))
_FIRST: tuple[State, ...] = (
    "bounced", "ambiguous", "deferred", "sending", "queued", "accepted", "handed", "withdrawn",
)  # fmt: skip

UNDO = timedelta(seconds=5)
"""So long a reply can be taken back."""
LATE = timedelta(minutes=15)
"""A reply that no server took for so long is told to who answers for it."""
PROOF = timedelta(minutes=10)
"""So long a mail whose outcome is not known waits for a proof that it was taken."""
MOST_DOUBTS = 2
"""So often it is handed over without a last word and without anybody being asked."""
WRITTEN: frozenset[str] = frozenset(("reply", "unread"))
"""Kinds of mail that carry what a person wrote: a second copy of what the desk itself writes harms nobody."""
GIVES_UP = timedelta(days=5)
"""RFC 5321 §4.5.4.1: at least four to five days."""
_FIRST_PAUSE = timedelta(seconds=30)
_LAST_PAUSE = timedelta(hours=1)


def goes_by_mail(*, in_chat: bool, came_by: str | None) -> bool:
    """Whether an answer leaves as a mail: outside a chat, where the contact's last words came (`came_by`) as one."""
    return not in_chat and came_by == "mail"


def asks_first(kind: str, severity: int | None, asked_severity: int | None, *, urgent: bool) -> bool:
    """Whether a person decides if a mail goes once more of which nobody knows whether it arrived: what people wrote
    where the severity is 1 or 2. While it is unset, what the contact asks for counts, and what their mails speak of
    (`urgent`): who may be in trouble is rather called than written to twice.
    """
    if kind not in WRITTEN:
        return False
    elif severity is not None:
        return severity <= 2
    else:
        return urgent or (asked_severity is not None and asked_severity <= 2)


def pause(attempts: int) -> timedelta:
    """How long a mail rests that could not be handed over, after so many tries (1 and up): doubled up to an hour."""
    doubled: timedelta = _FIRST_PAUSE * 2 ** min(max(attempts, 1) - 1, 10)
    return min(doubled, _LAST_PAUSE)


def overall(to: Collection[State], copied: Collection[State] = ()) -> State:
    """What a mail is, of all its recipients: what most needs to be known of those it is to; when all of these have it,
    what is still under way to those who get a copy. That a copy bounced makes the answer no less of one.

    Raises ValueError for no recipients.
    """
    first = min(to or copied, key=_FIRST.index)
    under_way = [state for state in copied if state in UNDER_WAY]
    return min(under_way, key=_FIRST.index) if first == "accepted" and under_way else first
