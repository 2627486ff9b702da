"""Receipts: what was answered to a `rid`, so that a repeated request gets the same answer and no second effect.

An answer is kept for 7 days. After that the row stays without it for as long as a client might still hold the rid: it
tells an old request (`expired`, never run again) from one never seen, which a random id cannot.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, tuple_, update

from store.engine import Connection
from store.schema import receipt
from store.times import instant, micros

ANSWER_KEPT = timedelta(days=7)
RID_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Receipt:
    """`digest` is of the request, `answer` its JSON; None once it is too old to be given again."""

    actor_id: str
    rid: str
    verb: str
    digest: str
    answer: str | None
    at: datetime

    @property
    def expired(self) -> bool:
        """True: known, done, but not to be answered any more."""
        return self.answer is None


_FIND = select(receipt).where(receipt.c.actor_id == bindparam("actor_id"), receipt.c.rid == bindparam("rid"))
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


def find(connection: Connection, actor_id: str, rid: str) -> Receipt | None:
    """The receipt of this person's request; None: never seen."""
    row = connection.one(_FIND, actor_id=actor_id, rid=rid)
    if row is None:
        return None
    else:
        return Receipt(row.actor_id, row.rid, row.verb, row.digest, row.answer, instant(row.at))


def keep(connection: Connection, actor_id: str, rid: str, verb: str, digest: str, answer: str, at: datetime) -> None:
    """Writes the receipt, in the transaction of the verb. Raises Violation when the rid has one already."""
    connection.run(_KEEP, actor_id=actor_id, rid=rid, verb=verb, digest=digest, answer=answer, at=micros(at))


def expire(connection: Connection, now: datetime, limit: int = 500) -> bool:
    """Empties answers older than 7 days and forgets rids older than 90, at most `limit` of each. True: call again."""
    forgotten = connection.run(_FORGET, before=micros(now - RID_KEPT), most=limit)
    emptied = connection.run(_EMPTY, before=micros(now - ANSWER_KEPT), most=limit)
    return limit in (forgotten, emptied)
