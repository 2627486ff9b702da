"""Receipts: what was answered to a `rid`, so that a repeated request gets the same answer and no second effect.

An answer is kept for 7 days. After that the row stays without it for as long as a client might still hold the rid: it
tells an old request (`expired`, never run again) from one never seen, which a random id cannot. What was said needs no
row here: a message is the receipt of its own rid, for ever.

A rid is a UUID: in capitals it is the same one (RFC 9562, section 4), so the record keeps and seeks `canonical`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, literal, null, select, tuple_, union_all, update

from store.engine import Connection
from store.schema import message, receipt
from store.times import instant, micros

ANSWER_KEPT = timedelta(days=7)
RID_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Said:
    """Where a message stands; `at` in microseconds."""

    ticket_id: str
    stream: str
    seq: int
    at: int


@dataclass(frozen=True)
class Receipt:
    """`digest` is of the request, `answer` its JSON; None once it is too old to be given again. `said`: of a message,
    which needs no answer beside it; its digest is empty when the request did more than say it.
    """

    actor_id: str
    rid: str
    verb: str
    digest: str
    answer: str | None
    at: datetime
    said: Said | None = None

    @property
    def expired(self) -> bool:
        """True: known, done, but not to be answered any more."""
        return self.answer is None and (self.said is None or not self.digest)


_FIND = union_all(
    select(
        receipt.c.verb,
        receipt.c.digest,
        receipt.c.answer,
        receipt.c.at,
        *(null().label(name) for name in ("ticket_id", "stream")),
        literal(0).label("seq"),
    ).where(receipt.c.actor_id == bindparam("actor_id"), receipt.c.rid == bindparam("rid")),
    select(
        literal("say"), message.c.digest, null(), message.c.at, message.c.ticket_id, message.c.stream, message.c.seq
    ).where(message.c.author_id == bindparam("actor_id"), message.c.rid == bindparam("rid")),
)
_KEEP = insert(receipt)

_KEY = tuple_(receipt.c.actor_id, receipt.c.rid)
_OLD = (
    select(receipt.c.actor_id, receipt.c.rid)
    .where(receipt.c.at < bindparam("before"), receipt.c.answer.is_not(None))
    .order_by(receipt.c.at)
    .limit(bindparam("most"))
)
_ANCIENT = (
    select(receipt.c.actor_id, receipt.c.rid)
    .where(receipt.c.at < bindparam("before"))
    .order_by(receipt.c.at)
    .limit(bindparam("most"))
)
_EMPTY = update(receipt).where(_KEY.in_(_OLD)).values(answer=None)
_FORGET = delete(receipt).where(_KEY.in_(_ANCIENT))


def canonical(rid: str) -> str:
    """The one spelling of a UUID."""
    return rid.lower()


def find(connection: Connection, actor_id: str, rid: str) -> Receipt | None:
    """The receipt of this person's request; None: never seen."""
    rid = canonical(rid)
    rows = connection.all(_FIND, actor_id=actor_id, rid=rid)
    if not rows:
        return None
    row = min(rows, key=lambda each: each.seq)  # who did more than say something has both: the receipt's own goes first
    said = Said(row.ticket_id, row.stream, row.seq, row.at) if row.seq else None
    return Receipt(actor_id, rid, row.verb, row.digest, row.answer, instant(row.at), said)


def keep(connection: Connection, actor_id: str, rid: str, verb: str, digest: str, answer: str, at: datetime) -> None:
    """Writes the receipt, in the transaction of the verb. Raises Violation when the rid has one already."""
    connection.run(_KEEP, actor_id=actor_id, rid=canonical(rid), verb=verb, digest=digest, answer=answer, at=micros(at))


def expire(connection: Connection, now: datetime, limit: int = 500) -> bool:
    """Empties answers older than 7 days and forgets rids older than 90, at most `limit` of each. True: call again."""
    forgotten = connection.run(_FORGET, before=micros(now - RID_KEPT), most=limit)
    emptied = connection.run(_EMPTY, before=micros(now - ANSWER_KEPT), most=limit)
    return limit in (forgotten, emptied)
