"""The record without threads: each verb runs at once on the caller. For simulations in virtual time, and for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from routing.errors import Unavailable
from store import crash, migrations
from store.record import Connection, RecordHealth
from store.sqlite_file import SqliteConnection, connect, trouble_of

T = TypeVar("T")


class InlineRecord:
    """A Record (store/record.py) in memory, or in a file; nothing in it ever waits, so no task runs in between."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        if path != ":memory:":
            Path(path).touch(mode=0o600)
        self._db = connect(path)
        self._db.execute("PRAGMA synchronous=OFF")  # no machine loses its power in a simulation
        migrations.migrate_sqlite(self._db)

    async def write(self, verb: Callable[[Connection], T], *, name: str = "") -> T:
        """See Record.write."""
        crash.at(name, "before_tx")
        self._db.execute("BEGIN IMMEDIATE")
        result = self._run(verb)
        crash.at(name, "before_commit")
        self._db.execute("COMMIT")
        crash.at(name, "after_commit")
        return result

    async def read(self, query: Callable[[Connection], T]) -> T:
        """See Record.read."""
        self._db.execute("PRAGMA query_only=ON")
        self._db.execute("BEGIN")
        try:
            result = self._run(query)
            self._db.execute("ROLLBACK")
        finally:
            self._db.execute("PRAGMA query_only=OFF")
        return result

    async def close(self) -> None:
        """See Record.close."""
        self._db.close()

    def health(self) -> RecordHealth:
        """See Record.health; always well."""
        return RecordHealth(True, "", None, 0)

    def _run(self, run: Callable[[Connection], T]) -> T:
        connection = SqliteConnection(self._db)
        try:
            result = run(connection)
            self._must_stand(connection)
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        finally:
            connection.end()
        return result

    def _must_stand(self, connection: SqliteConnection) -> None:
        """What a verb caught must not become an answer when it took the transaction with it."""
        if connection.lost is not None and trouble_of(connection.lost) is not None:
            raise Unavailable(retry_s=1.0) from connection.lost
        elif not self._db.in_transaction:
            raise RuntimeError("the verb ended the transaction itself")
