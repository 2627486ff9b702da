"""The record on PostgreSQL: one verb, one transaction, in a few threads with a connection each.

No group commit as on SQLite: one transaction over several tickets would deadlock with that of the next process.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.adapt import Buffer, Loader
from psycopg.pq import TransactionStatus

from routing.errors import Unavailable
from store import crash, migrations
from store.condition import encoding_fault
from store.record import Connection, Cursor, RecordError, RecordHealth, Violation
from store.statements import Plans, Values

log = logging.getLogger(__name__)
T = TypeVar("T")
Raw = psycopg.Connection[tuple[Any, ...]]

WRITERS, READERS = 10, 4
MOST_PENDING = 20_000
RACES = 6
"""Tries of a verb that lost a race (40001, 40P01)."""
VIOLATIONS = 3
"""Tries of a verb that met another's row (a second press, the same rid): looking again, it sees what is there."""
LOCK_WAITS = 2
"""Tries of a verb that waited LOCK_WAIT_MS for somebody's lock."""
LOCK_WAIT_MS = 2_000
STATEMENT_MS = 30_000
LOST_CONNECTIONS = 3
REFUSE_S = 0.5
"""After a failed connect the others are refused at once, instead of each waiting for the same server."""

PLANS = Plans("postgresql")
APPLICATION = "vipdesk"
"""How every connection of the desk is called in pg_stat_activity."""

_OPTIONS = (
    f"-c lock_timeout={LOCK_WAIT_MS} -c statement_timeout={STATEMENT_MS} -c TimeZone=UTC -c client_encoding=UTF8"
    " -c idle_in_transaction_session_timeout=60000 -c default_transaction_isolation=read\\ committed"
)
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
"""What is acknowledged is on the disk, however the server was set up."""
_LOST_RACE = (errors.SerializationFailure, errors.DeadlockDetected)
_REASONS = {
    "25006": "the database is read-only",
    "53100": "the database's disk is full",
    "53200": "the database's memory is used up",
    "53300": "the database has no connection free",
    "58030": "the database's disk reports errors",
    "XX001": "the database is damaged",
    "XX002": "the database is damaged",
    "57014": "the database was too slow",
}


class CommitUnknown(Exception):
    """The connection was lost while COMMIT was under way: it may have been done or not."""


class PostgresConnection(Connection):
    """A verb's or query's view of its transaction; `failed` is the error that ended it, whoever caught it."""

    __slots__ = ("_cursor", "failed")

    def __init__(self, raw: Raw) -> None:
        super().__init__(PLANS)
        self._cursor = raw.cursor()
        self.failed: Exception | None = None

    def _execute(self, text: str, values: Values) -> Cursor:
        self._must_be_open()
        try:
            return self._cursor.execute(text, values)
        except psycopg.Error as error:
            raise self._judged(error) from error

    def _execute_many(self, text: str, rows: Iterable[Values]) -> Cursor:
        self._must_be_open()
        try:
            self._cursor.executemany(text, rows)
        except psycopg.Error as error:
            raise self._judged(error) from error
        return self._cursor

    def _judged(self, error: psycopg.Error) -> Exception:
        judged: Exception = Violation(str(error)) if isinstance(error, errors.IntegrityError) else error
        self.failed = self.failed or judged
        return judged


class PostgresRecord:
    """A Record (store/record.py); made by `open`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="record-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="record-reader")
        self._local = threading.local()
        self._open: set[Raw] = set()
        self._lock = threading.Lock()  # of _open
        self._reason = ""
        self._refuse_until = 0.0
        self._pending = 0
        self._closed = False

    @classmethod
    async def open(cls, url: str) -> PostgresRecord:
        """Migrates. Raises RecordError."""
        await asyncio.to_thread(_prepare, url)
        return cls(url)

    async def write(self, verb: Callable[[Connection], T], *, name: str = "") -> T:
        """See Record.write.

        When the connection breaks during COMMIT, nobody knows whether it was done: the verb runs once more on a fresh
        connection. What makes that safe is the verb: it looks up the receipt of its rid first, or deletes the job whose
        effect it is.
        """
        crash.at(name, "before_tx")
        return await self._in_thread(self._writers, lambda: self._written(verb, name))

    async def read(self, query: Callable[[Connection], T]) -> T:
        """See Record.read."""
        return await self._in_thread(self._readers, lambda: self._persist(lambda raw: _snapshot(raw, query)))

    async def close(self) -> None:
        """See Record.close."""
        self._closed = True
        await asyncio.to_thread(self._stop)

    def health(self) -> RecordHealth:
        """See Record.health."""
        reason = "the record is closed" if self._closed else self._reason
        return RecordHealth(not reason, reason, None, self._pending)

    async def _in_thread(self, pool: ThreadPoolExecutor, run: Callable[[], T]) -> T:
        if self._closed or self._pending >= MOST_PENDING:
            raise Unavailable(retry_s=1.0)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, run)
        finally:
            self._pending -= 1

    def _stop(self) -> None:
        self._writers.shutdown()
        self._readers.shutdown()
        with self._lock:
            for raw in self._open:
                raw.close()
            self._open.clear()

    # In the threads ---------------------------------------------------------------------------------------------------

    def _written(self, verb: Callable[[Connection], T], name: str) -> T:
        try:
            return self._persist(lambda raw: _transaction(raw, verb, name))
        except CommitUnknown:
            log.warning("record.commit_unknown name=%s", name)
            self._drop()
        try:
            return self._persist(lambda raw: _transaction(raw, verb, name))
        except CommitUnknown as error:
            raise Unavailable(retry_s=1.0) from error

    def _persist(self, attempt: Callable[[Raw], T]) -> T:
        """Runs it again after lost races, locks and connections, within limits. Raises Unavailable, CommitUnknown."""
        races = locks = losses = violations = 0
        while True:
            try:
                done = attempt(self._connection())
            except _LOST_RACE as error:
                races += 1
                if races == RACES:
                    raise Unavailable(retry_s=1.0) from error
                time.sleep(random.uniform(0, 0.005 * 2**races))  # noqa: S311  (only spreads the next try)
            except errors.LockNotAvailable as error:
                locks += 1
                if locks == LOCK_WAITS:
                    raise Unavailable(retry_s=1.0) from error
            except Violation:
                violations += 1
                if violations == VIOLATIONS:
                    raise
            except psycopg.Error as error:
                losses += 1
                self._lost(error, again=losses < LOST_CONNECTIONS)
            else:
                self._reason = ""
                return done

    def _lost(self, error: psycopg.Error, *, again: bool) -> None:
        """Returns when it is worth another try on a fresh connection; else raises."""
        raw: Raw | None = getattr(self._local, "raw", None)
        if error.sqlstate in _REASONS:
            self._reason = _REASONS[error.sqlstate]
            raise Unavailable(retry_s=2.0) from error
        elif raw is not None and not raw.closed and not _server_went(error):
            raise error  # a mistake of the statement
        self._drop()
        if not again:
            self._reason = "the database closes its connections"
            raise Unavailable(retry_s=1.0) from error

    def _connection(self) -> Raw:
        """This thread's connection, opened when there is none. Raises Unavailable."""
        raw: Raw | None = getattr(self._local, "raw", None)
        if raw is None or raw.closed:
            self._drop()
            raw = self._local.raw = self._connect()
        return raw

    def _connect(self) -> Raw:
        if time.monotonic() < self._refuse_until:
            raise Unavailable(retry_s=1.0)
        try:
            raw = connect(self._url)
        except psycopg.Error as error:
            self._refuse_until = time.monotonic() + REFUSE_S
            self._reason = "the database cannot be reached"
            log.error("record.unreachable error=%r", str(error))
            raise Unavailable(retry_s=1.0) from error
        with self._lock:
            self._open.add(raw)
        return raw

    def _drop(self) -> None:
        raw: Raw | None = getattr(self._local, "raw", None)
        self._local.raw = None
        if raw is not None:
            with self._lock:
                self._open.discard(raw)
            raw.close()


def _transaction(raw: Raw, verb: Callable[[Connection], T], name: str) -> T:
    raw.execute("BEGIN")
    connection = PostgresConnection(raw)
    try:
        result = verb(connection)
        # COMMIT of a failed transaction is a ROLLBACK without an error: what a verb caught must not become an answer.
        if connection.failed is not None:
            raise connection.failed
        crash.at(name, "before_commit")
    except BaseException:
        _roll_back(raw)
        raise
    finally:
        connection.end()
    try:
        raw.execute("COMMIT")
    except psycopg.Error as error:
        if raw.closed or _server_went(error):
            raise CommitUnknown from error
        raise
    crash.at(name, "after_commit")
    return result


def _snapshot(raw: Raw, query: Callable[[Connection], T]) -> T:
    raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    connection = PostgresConnection(raw)
    try:
        return query(connection)
    except errors.ReadOnlySqlTransaction as error:
        raise RuntimeError("a query tried to write to a read-only transaction") from error
    finally:
        connection.end()
        _roll_back(raw)


def _roll_back(raw: Raw) -> None:
    if not raw.closed and raw.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        try:
            raw.execute("ROLLBACK")
        except psycopg.Error:
            raw.close()  # the error that brought us here says more


def _server_went(error: psycopg.Error) -> bool:
    """Restart, shutdown, cut wire: 57P01-57P05, 08xxx, or no code at all."""
    state = error.sqlstate
    return (state is None and isinstance(error, psycopg.OperationalError)) or (state or "").startswith(("57P", "08"))


class _Whole(Loader):
    """Sums of BIGINT are `numeric`, which would come as Decimal; the other database gives an int."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return float(text) if b"." in text else int(text)


def connect(url: str) -> Raw:
    """A connection set up as the record needs it. Raises psycopg.Error."""
    raw: Raw = psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=3,
        options=_OPTIONS,
        application_name=APPLICATION,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=15_000,
    )
    raw.adapters.register_loader("numeric", _Whole)
    raw.execute(_DURABLE)
    return raw


def _prepare(url: str) -> None:
    try:
        with connect(url) as raw:
            if fault := encoding_fault(raw):
                raise RecordError(fault)
            migrations.migrate_postgres(raw)
    except psycopg.Error as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RecordError(f"The database cannot be used: {first}") from error
