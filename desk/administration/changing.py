"""One change of the configuration: permission, transaction, audit row, and what the desk decides anew because of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from desk.actors import SYSTEM, Signed
from desk.deciding import freed
from desk.desk import TRIES, Desk
from desk.retiring import retire
from desk.work import Done, LostRace, Work
from routing.allow import Facts, allow
from routing.errors import NotFound, Unavailable
from store import meta, people
from store.blobs import Blobs
from store.engine import Connection, Violation
from store.times import micros

T = TypeVar("T")


class Change(Work):
    """A verb at work on what the desk is set up with."""

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        real: datetime,
        signed: Signed | None,
        present: frozenset[str] | None,
    ) -> None:
        """`real`: for what expires by real time."""
        super().__init__(connection, now, signed, present)
        self.real = real

    @property
    def at(self) -> int:
        """Now, as the record holds it."""
        return micros(self.now)

    @property
    def by(self) -> str | None:
        """Who performs it."""
        return self.signed.actor.id if self.signed else None


class Changing:
    """Performs changes, for all nouns alike."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def change(self, signed: Signed | None, name: str, function: Callable[[Change], T]) -> T:
        """One transaction; afterwards who waits is decided anew and what buttons promise is told.

        Raises NotFound for who is no admin, what `function` raises, Unavailable.
        """
        expect_admin(signed)
        present = await self._desk.present()

        def transaction(connection: Connection) -> tuple[T, Done]:
            meta.configure_alone(connection)
            _expect_still(connection, signed)
            change = Change(connection, self._desk.clock.now(), self._desk.clock.real(), signed, present)
            result = function(change)
            freed(change)
            change.job("people", "people")
            change.job("edges", "edges")
            return result, change.finish({})

        for _ in range(TRIES):
            try:
                result, done = await self._desk.record.write(transaction, name=name)
            except (LostRace, Violation):
                continue  # somebody was faster with the same name or chat: judged again on what is there now
            self._desk.publish(done, name)
            return result
        raise Unavailable(retry_s=1.0)

    async def retire(self, key: str, blobs: Blobs) -> int:
        """Removes what a change wished to be removed, at once; how many went. Raises Unavailable, OSError."""
        return await retire(self._desk.record, self._desk.clock, blobs, key)

    async def look(self, signed: Signed | None, function: Callable[[Connection, datetime], T]) -> T:
        """One look at the record, as of now. Raises NotFound for who is no admin, what `function` raises."""
        expect_admin(signed)
        now = self._desk.clock.now()
        return await self._desk.record.read(lambda connection: function(connection, now))


def expect_admin(signed: Signed | None) -> None:
    """Raises NotFound for everybody else: the administration is not there for them."""
    actor = SYSTEM if signed is None else signed.actor
    if not allow(actor, "configure", Facts("configuration")).allowed:
        raise NotFound


def _expect_still(connection: Connection, signed: Signed | None) -> None:
    """Whoever was an admin when they asked may be none any more. Raises NotFound."""
    if signed is not None:
        now = people.find_agent(connection, signed.actor.id)
        if now is None or not now.active:
            raise NotFound
        expect_admin(Signed(now.actor, now.name))
