"""Jobs: everything that falls due later, written in the transaction of the verb that wants it. Who runs them: desk/due.

A job whose effect is in the record: one transaction does `due`, the effect, `done`. A job with an effect outside (mail,
webhook): one transaction does `due` and `lease`, then comes the effect, then a transaction with `done` or `later`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from store.engine import Connection, Row, least, upsert
from store.schema import job
from store.times import instant, micros

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Job:
    """A job as it was claimed; `version` counts its wishes, `fence` its leases."""

    key: str
    kind: str
    due_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    version: int = 0
    fence: int = 0


_PUT = upsert(
    job,
    ("key",),
    lambda new: {
        "kind": new.kind,
        "due_at": least(job.c.due_at, new.due_at),
        "payload": new.payload,
        "attempts": 0,
        "version": job.c.version + 1,
    },
)

_CANCEL = delete(job).where(job.c.key == bindparam("key"))

_EXISTS = select(job.c.key).where(job.c.key == bindparam("key"))

_COLUMNS = (job.c.key, job.c.kind, job.c.due_at, job.c.payload, job.c.attempts, job.c.version, job.c.fence)
_IS_FREE = or_(job.c.lease_until.is_(None), job.c.lease_until <= bindparam("now"))
_IS_DUE = and_(job.c.due_at <= bindparam("now"), _IS_FREE)
_OF_KINDS = job.c.kind.in_(bindparam("kinds", expanding=True))

_DUE = (
    select(*_COLUMNS)
    .where(_IS_DUE)
    .order_by(job.c.due_at, job.c.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DUE_OF_KINDS = (
    select(*_COLUMNS)
    .where(_IS_DUE, _OF_KINDS)
    .order_by(job.c.due_at, job.c.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)

_DUE_KEYS = (
    select(job.c.key, job.c.kind).where(_IS_DUE, _OF_KINDS).order_by(job.c.due_at, job.c.key).limit(bindparam("most"))
)
_DUE_ONE = select(*_COLUMNS).where(_IS_DUE, job.c.key == bindparam("key"))
_ALONE = select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("key"), 0)))

_FREE_FIRST = select(func.min(job.c.due_at)).where(job.c.lease_until.is_(None))
_FREE_FIRST_OF_KINDS = _FREE_FIRST.where(_OF_KINDS)
_LEASED_FIRST = select(func.min(job.c.lease_until)).where(job.c.lease_until.is_not(None))
_LEASED_FIRST_OF_KINDS = _LEASED_FIRST.where(_OF_KINDS)

_IS_MINE = and_(job.c.key == bindparam("b_key"), job.c.fence == bindparam("b_fence"))
_IS_UNCHANGED = and_(_IS_MINE, job.c.version == bindparam("b_version"))

_DONE = delete(job).where(_IS_UNCHANGED)
_RELEASE = update(job).where(_IS_MINE).values(lease_until=None)
_LEASE = (
    update(job)
    .where(_IS_UNCHANGED)
    .values(lease_until=bindparam("until"), fence=job.c.fence + 1)
    .returning(job.c.fence)
)
_LATER = update(job).where(_IS_UNCHANGED).values(due_at=bindparam("due"), attempts=bindparam("tries"), lease_until=None)


def put(connection: Connection, kind: str, due_at: datetime, key: str, payload: Mapping[str, Any] = _NOTHING) -> None:
    """Wishes a job. One with this key already: it falls due at the earlier of both, with the new payload, and a run of
    it that is under way does not count as its end. So a wish is never lost; a run that comes too early looks again.
    """
    connection.run(_PUT, key=key, kind=kind, due_at=micros(due_at), payload=msgspec.json.encode(dict(payload)).decode())


def cancel(connection: Connection, key: str) -> bool:
    """Takes a wish back; True when there was one. An effect outside that is under way is not stopped."""
    return connection.run(_CANCEL, key=key) > 0


def exists(connection: Connection, key: str) -> bool:
    """Whether such a wish stands, due or not."""
    return connection.one(_EXISTS, key=key) is not None


def due(connection: Connection, now: datetime, limit: int, kinds: Sequence[str] = ()) -> list[Job]:
    """Claims what is due at `now`, the oldest first, of these kinds (none named: of all).

    The claim lasts as long as the transaction: other processes skip these rows.
    """
    if kinds:
        rows = connection.all(_DUE_OF_KINDS, now=micros(now), most=limit, kinds=kinds)
    else:
        rows = connection.all(_DUE, now=micros(now), most=limit)
    return [_job(row) for row in rows]


def due_keys(connection: Connection, now: datetime, limit: int, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Key and kind of what is due, the oldest first, without claiming it."""
    return [(row.key, row.kind) for row in connection.all(_DUE_KEYS, now=micros(now), most=limit, kinds=kinds)]


def claim(connection: Connection, key: str, now: datetime) -> Job | None:
    """Claims one job for this transaction; None when it is gone, not due, or claimed by somebody else.

    On PostgreSQL its key is locked, not its row: a verb may wish it again while the effect waits for that verb.
    """
    if connection.dialect == "postgresql" and not connection.scalar(_ALONE, key=key):
        return None
    row = connection.one(_DUE_ONE, now=micros(now), key=key)
    return None if row is None else _job(row)


def with_payload(claimed: Job, payload: Mapping[str, Any]) -> Job:
    """The same claim with other facts."""
    return replace(claimed, payload=payload)


def earliest(connection: Connection, kinds: Sequence[str] = ()) -> datetime | None:
    """When the next job falls due, or the next lease ends; None when there is nothing to wait for."""
    if kinds:
        firsts = [connection.scalar(each, kinds=kinds) for each in (_FREE_FIRST_OF_KINDS, _LEASED_FIRST_OF_KINDS)]
    else:
        firsts = [connection.scalar(each) for each in (_FREE_FIRST, _LEASED_FIRST)]
    found = [instant(first) for first in firsts if first is not None]
    return min(found, default=None)


def lease(connection: Connection, claimed: Job, until: datetime) -> Job | None:
    """Takes a claimed job out of the transaction, until then nobody else's; None when it was lost meanwhile.

    The job given back carries the new fence: with it alone `done` and `later` have an effect.
    """
    fence = connection.scalar(_LEASE, until=micros(until), **_unchanged(claimed))
    return None if fence is None else replace(claimed, fence=fence)


def done(connection: Connection, claimed: Job) -> bool:
    """Deletes the job, unless it was wished again since it was claimed: then it stays, free to be run. True: gone."""
    if connection.run(_DONE, **_unchanged(claimed)):
        return True
    connection.run(_RELEASE, b_key=claimed.key, b_fence=claimed.fence)
    return False


def later(connection: Connection, claimed: Job, due_at: datetime, attempts: int | None = None) -> bool:
    """Puts it off, one attempt more (or as given), unless it was wished again meanwhile: then that wish stands."""
    tries = claimed.attempts + 1 if attempts is None else attempts
    if connection.run(_LATER, due=micros(due_at), tries=tries, **_unchanged(claimed)):
        return True
    connection.run(_RELEASE, b_key=claimed.key, b_fence=claimed.fence)
    return False


def _unchanged(claimed: Job) -> dict[str, Any]:
    return {"b_key": claimed.key, "b_fence": claimed.fence, "b_version": claimed.version}


def _job(row: Row) -> Job:
    payload = msgspec.json.decode(row.payload)
    return Job(row.key, row.kind, instant(row.due_at), payload, row.attempts, row.version, row.fence)
