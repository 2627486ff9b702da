"""Mail that came, as its server gave it, and the items that the mails are: a mail that comes twice is one item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from store.engine import Connection, Row, upsert
from store.ids import new_id
from store.schema import incoming_mail, mail_item, mail_view, mailbox

State = Literal["stored", "landed", "quarantined", "missing", "left", "erased"]
_EVER = 2**63 - 1
PROBE = "probe"
"""As reason: the desk sent it to itself."""
IMPORTED = "import"
"""As folder: it was taken from a file, by a command."""
Kind = Literal["human", "auto", "bounce", "receipt", "bulk", "loop", "calendar", "unreadable"]


@dataclass(frozen=True)
class Fetched:
    """One mail as it was fetched; instants in microseconds. `sha256` None: it could not be fetched, but is there; or it
    is `left` alone, as older than what the mailbox takes.
    """

    uid: int
    sha256: str | None
    bytes: int
    internal_at: int | None
    received_at: int
    moved_in: bool = False
    left: bool = False


@dataclass(frozen=True)
class Stored:
    """A mail that lies in the record; instants in microseconds."""

    id: str
    mailbox_id: str
    folder: str
    uidvalidity: int
    uid: int
    sha256: str | None
    bytes: int
    received_at: int
    polled_at: int
    state: State
    attempts: int
    moved_in: int


@dataclass(frozen=True)
class Item:
    """What a mail is to the desk, whichever copies of it came; instants in microseconds."""

    id: str
    key: str
    message_id: str | None
    kind: Kind
    reason: str
    sender: str
    subject: str
    ticket_id: str | None
    seq: int | None
    sent_at: int | None
    relayed_at: int | None
    received_at: int
    starts_at: int | None
    proven: int = 0
    urgent: int = 0


@dataclass(frozen=True)
class Copy:
    """An item with the first copy of it that came; instants in microseconds. `sha256`: of the raw bytes."""

    id: str
    kind: Kind
    reason: str
    sender: str
    subject: str
    message_id: str | None
    ticket_id: str | None
    seq: int | None
    sent_at: int | None
    relayed_at: int | None
    received_at: int
    starts_at: int | None
    internal_at: int | None
    polled_at: int
    committed_at: int
    bytes: int
    sha256: str | None


_PUT = upsert(
    incoming_mail,
    ("mailbox_id", "folder", "uidvalidity", "uid"),
    # What could not be fetched at first, or was left alone, is completed; what is stored already stays as it is.
    lambda new: {"sha256": new.sha256, "bytes": new.bytes, "state": new.state, "attempts": 0},
    where=lambda new: or_(
        and_(incoming_mail.c.state == "missing", new.state != "missing"),
        and_(incoming_mail.c.state == "left", new.state == "stored"),
    ),
)
_ROW = (
    incoming_mail.c.id,
    incoming_mail.c.mailbox_id,
    incoming_mail.c.folder,
    incoming_mail.c.uidvalidity,
    incoming_mail.c.uid,
    incoming_mail.c.sha256,
    incoming_mail.c.bytes,
    incoming_mail.c.received_at,
    incoming_mail.c.polled_at,
    incoming_mail.c.state,
    incoming_mail.c.attempts,
    incoming_mail.c.moved_in,
)
_of_folder = and_(
    incoming_mail.c.mailbox_id == bindparam("mailbox"),
    incoming_mail.c.folder == bindparam("folder"),
    incoming_mail.c.uidvalidity == bindparam("uidvalidity"),
)
_ARRIVAL = (
    incoming_mail.c.received_at, incoming_mail.c.folder, incoming_mail.c.uidvalidity, incoming_mail.c.uid
)  # fmt: skip
"""Servers tell the second; of the same one the lower number came first."""
_is_old = and_(
    incoming_mail.c.state == "left",
    incoming_mail.c.internal_at < select(mailbox.c.since).where(mailbox.c.id == bindparam("mailbox")).scalar_subquery(),
)
_UIDS = select(incoming_mail.c.uid).where(_of_folder, or_(incoming_mail.c.state.not_in(("missing", "left")), _is_old))
_LEFT = select(incoming_mail.c.uid).where(_of_folder, _is_old)
_WAITING = (
    select(*_ROW)
    .where(
        incoming_mail.c.state == "stored",
        incoming_mail.c.mailbox_id == bindparam("mailbox"),
        incoming_mail.c.received_at <= bindparam("until"),
        or_(incoming_mail.c.folder != IMPORTED, incoming_mail.c.committed_at < bindparam("left_alone_since")),
    )
    .order_by(*_ARRIVAL)
    .limit(bindparam("most"))
)
_UNSAID = (
    select(incoming_mail.c.mailbox_id)
    .where(incoming_mail.c.state == "stored", incoming_mail.c.folder != IMPORTED)
    .distinct()
)
_IMPORTED = (
    select(*_ROW)
    .where(
        incoming_mail.c.state == "stored",
        incoming_mail.c.mailbox_id == bindparam("mailbox"),
        incoming_mail.c.folder == IMPORTED,
    )
    .order_by(*_ARRIVAL)
    .limit(bindparam("most"))
)
_ONE = select(*_ROW).where(incoming_mail.c.id == bindparam("id"))
_TRY = (
    update(incoming_mail)
    .where(incoming_mail.c.id.in_(bindparam("ids", expanding=True)), incoming_mail.c.state == "stored")
    .values(attempts=incoming_mail.c.attempts + 1)
)
_NOT_TRIED = (
    update(incoming_mail)
    .where(
        incoming_mail.c.id.in_(bindparam("ids", expanding=True)), incoming_mail.c.state == "stored",
        incoming_mail.c.attempts > 0,
    )
    .values(attempts=incoming_mail.c.attempts - 1)
)  # fmt: skip
_END = (
    update(incoming_mail)
    .where(incoming_mail.c.id == bindparam("b_id"), incoming_mail.c.state == "stored")
    .values(state=bindparam("now_is"), reason=bindparam("because"), item_id=bindparam("item"))
)
_UNFLAGGED = (
    select(incoming_mail.c.uid, incoming_mail.c.reason)
    .where(_of_folder, incoming_mail.c.flagged == 0, incoming_mail.c.state.in_(("landed", "quarantined")))
    .order_by(incoming_mail.c.uid)
    .limit(bindparam("most"))
)
_FLAGGED = update(incoming_mail).where(
    incoming_mail.c.mailbox_id == bindparam("of_mailbox"),
    incoming_mail.c.folder == bindparam("of_folder"),
    incoming_mail.c.uidvalidity == bindparam("of_uidvalidity"),
    incoming_mail.c.uid.in_(bindparam("uids", expanding=True)),
).values(flagged=1)  # fmt: skip
_ADD_ITEM = upsert(mail_item, ("key",))
_BY_KEY = select(mail_item).where(mail_item.c.key == bindparam("key"))
_OF_MESSAGE = (
    select(mail_item.c.ticket_id, mail_item.c.message_id)
    .where(mail_item.c.message_id.in_(bindparam("ids", expanding=True)), mail_item.c.ticket_id.is_not(None))
    # The last one counts: of several with one Message-ID the first that is proven, else the first.
    .order_by(mail_item.c.proven, mail_item.c.received_at.desc(), mail_item.c.created_at.desc(), mail_item.c.id.desc())
)
_OF_ITEM = ("internal_at", "polled_at", "committed_at", "bytes", "sha256")
_COPY = (
    select(
        *(mail_item.c[name] for name in Copy.__dataclass_fields__ if name not in _OF_ITEM),
        *(incoming_mail.c[name] for name in _OF_ITEM),
    )
    .join(incoming_mail, incoming_mail.c.item_id == mail_item.c.id)
    .where(mail_item.c.id == bindparam("id"))
    .order_by(incoming_mail.c.committed_at, incoming_mail.c.id)
    .limit(1)
)
_UNANSWERED = select(func.min(mail_item.c.starts_at).label("starts_at")).where(
    mail_item.c.ticket_id == bindparam("ticket"), mail_item.c.seq > bindparam("after")
)
_URGENT = select(mail_item.c.id).where(mail_item.c.ticket_id == bindparam("ticket"), mail_item.c.urgent == 1).limit(1)
_SIZES = (
    select(mail_item.c.message_id, incoming_mail.c.bytes)
    .join(incoming_mail, incoming_mail.c.item_id == mail_item.c.id)
    .where(mail_item.c.message_id.in_(bindparam("ids", expanding=True)))
)
_SHOW = insert(mail_view)
_SHOWN = select(mail_view.c.packed).where(mail_view.c.item_id == bindparam("id"))
_ERASED = (
    select(incoming_mail.c.id)
    .where(incoming_mail.c.item_id == bindparam("item"), incoming_mail.c.state == "erased")
    .limit(1)
)
_FORGET = (
    update(incoming_mail)
    .where(incoming_mail.c.id == bindparam("b_id"))
    .values(state="erased", sha256=None, reason="", item_id=bindparam("item"))
)
_IS_PROBE = update(incoming_mail).where(incoming_mail.c.id == bindparam("b_id")).values(sha256=None, reason=PROBE)
_PLACE = (
    update(mail_item)
    .where(mail_item.c.id == bindparam("b_id"))
    .values(ticket_id=bindparam("ticket"), seq=bindparam("at_seq"))
)


def put(
    connection: Connection,
    mailbox: str,
    folder: str,
    uidvalidity: int,
    mails: Sequence[Fetched],
    *,
    polled_at: int,
    now: int,
) -> int:
    """Stores what was fetched, once by (mailbox, folder, UIDVALIDITY, UID); how many rows are new or completed."""
    rows = [
        {
            "id": new_id(),
            "mailbox_id": mailbox,
            "folder": folder,
            "uidvalidity": uidvalidity,
            "uid": mail.uid,
            "sha256": mail.sha256,
            "bytes": mail.bytes,
            "internal_at": mail.internal_at,
            "received_at": mail.received_at,
            "polled_at": polled_at,
            "committed_at": now,
            "moved_in": int(mail.moved_in),
            "state": "left" if mail.left else "missing" if mail.sha256 is None else "stored",
            "reason": "",
            "attempts": 0,
            "flagged": 0,
            "item_id": None,
        }
        for mail in mails
    ]
    return sum(connection.run(_PUT, **row) for row in rows)


def uids(connection: Connection, mailbox: str, folder: str, uidvalidity: int) -> set[int]:
    """Every UID of this epoch that was seen to: what the gap scan leaves out. What was left alone and is not old any
    more was not.
    """
    return {row.uid for row in connection.all(_UIDS, mailbox=mailbox, folder=folder, uidvalidity=uidvalidity)}


def left_alone(connection: Connection, mailbox: str, folder: str, uidvalidity: int) -> set[int]:
    """UIDs of this epoch that are older than what the mailbox takes now."""
    return {row.uid for row in connection.all(_LEFT, mailbox=mailbox, folder=folder, uidvalidity=uidvalidity)}


def waiting(
    connection: Connection, mailbox: str, most: int = 200, *, left_alone_since: int = 0, until: int | None = None
) -> list[Stored]:
    """What was stored and is no item yet, the oldest first, of what was received until then; of imported mails those
    whose import ended without it.
    """
    rows = connection.all(
        _WAITING, mailbox=mailbox, most=most, left_alone_since=left_alone_since, until=_EVER if until is None else until
    )
    return [Stored(*row) for row in rows]


def unsaid(connection: Connection) -> set[str]:
    """The mailboxes of which something is stored that is no item yet, but what a command imports just now."""
    return {row.mailbox_id for row in connection.all(_UNSAID)}


def imported(connection: Connection, mailbox: str, most: int = 50) -> list[Stored]:
    """What was taken from files and is no item yet, the oldest first."""
    return [Stored(*row) for row in connection.all(_IMPORTED, mailbox=mailbox, most=most)]


def find(connection: Connection, id: str) -> Stored | None:
    """One of them."""
    row = connection.one(_ONE, id=id)
    return None if row is None else Stored(*row)


def try_once(connection: Connection, ids: Sequence[str]) -> None:
    """Counted before they are parsed: a mail that kills its reader is found out."""
    connection.run(_TRY, ids=list(ids))


def not_tried(connection: Connection, ids: Sequence[str]) -> None:
    """Takes a count back: what went wrong was no fault of theirs."""
    connection.run(_NOT_TRIED, ids=list(ids))


def end(connection: Connection, id: str, state: State, item: str, reason: str = "") -> bool:
    """What became of it; False when somebody else was faster."""
    return connection.run(_END, b_id=id, now_is=state, item=item, because=reason) > 0


def unflagged(
    connection: Connection, mailbox: str, folder: str, uidvalidity: int, most: int = 200
) -> tuple[list[int], list[int]]:
    """UIDs that are seen to here and not yet told to the server: of mails, and of probes, which nobody needs there."""
    rows = connection.all(_UNFLAGGED, mailbox=mailbox, folder=folder, uidvalidity=uidvalidity, most=most)
    probes = [row.uid for row in rows if row.reason == PROBE]
    return [row.uid for row in rows if row.reason != PROBE], probes


def flagged(connection: Connection, mailbox: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
    """Told to the server."""
    connection.run(_FLAGGED, of_mailbox=mailbox, of_folder=folder, of_uidvalidity=uidvalidity, uids=list(uids))


def item(connection: Connection, new: Item, now: int) -> tuple[Item, bool]:
    """The item of this key, and whether it is new: the same mail by another way joins the one it already made."""
    columns: dict[str, Any] = {name: getattr(new, name) for name in Item.__dataclass_fields__}
    if connection.run(_ADD_ITEM, **columns, created_at=now) > 0:
        return new, True
    row = connection.one(_BY_KEY, key=new.key)
    assert row is not None
    return _item(row), False


def sizes_of(connection: Connection, message_ids: Sequence[str]) -> dict[str, set[int]]:
    """Bytes of every mail that is stored, by Message-ID."""
    found: dict[str, set[int]] = {}
    if message_ids:
        for row in connection.all(_SIZES, ids=list(message_ids)):
            found.setdefault(row.message_id, set()).add(row.bytes)
    return found


def show(connection: Connection, item: str, packed: bytes) -> None:
    """What is shown of it beside its message, as desk.mail_views packs it."""
    connection.run(_SHOW, item_id=item, packed=packed)


def shown(connection: Connection, item: str) -> bytes | None:
    """What `show` kept; None: there is no more than its message says."""
    row = connection.one(_SHOWN, id=item)
    return None if row is None else bytes(row.packed)


def was_erased(connection: Connection, item: str) -> bool:
    """Whether its sender was forgotten: it is not taken in again."""
    return connection.one(_ERASED, item=item) is not None


def forget(connection: Connection, id: str, item: str) -> None:
    """A copy of what was erased: its place stays, so that it is not fetched anew, without its bytes."""
    connection.run(_FORGET, b_id=id, item=item)


def is_probe(connection: Connection, id: str) -> None:
    """A mail that is none of anybody's: that it came stays known, its bytes are dropped."""
    connection.run(_IS_PROBE, b_id=id)


def place(connection: Connection, item: str, ticket: str, seq: int | None) -> None:
    """Where the item stands."""
    connection.run(_PLACE, b_id=item, ticket=ticket, at_seq=seq)


def copy_of(connection: Connection, item: str) -> Copy | None:
    """The item and its first copy."""
    row = connection.one(_COPY, id=item)
    return None if row is None else Copy(*row)


def starts(connection: Connection, ticket: str, after_seq: int) -> int | None:
    """When the clock of the earliest mail behind this message starts; None: no mail waits for an answer."""
    row = connection.one(_UNANSWERED, ticket=ticket, after=after_seq)
    return None if row is None else row.starts_at


def speaks_of_urgency(connection: Connection, ticket: str) -> bool:
    """Whether a mail of this ticket speaks of what may be severity 1 or 2."""
    return connection.one(_URGENT, ticket=ticket) is not None


def tickets_of(connection: Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """Tickets by the Message-IDs of mails that came in: of the one that is proven, and came first, where others repeat
    it.
    """
    if not message_ids:
        return {}
    return {row.message_id: row.ticket_id for row in connection.all(_OF_MESSAGE, ids=list(message_ids))}


def _item(row: Row) -> Item:
    return Item(*(getattr(row, name) for name in Item.__dataclass_fields__))
