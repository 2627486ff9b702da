"""Work that one process at a time does, as the poller of a mailbox: a row with its holder, a fence and a beat.

No clock is compared between hosts: the holder moves the beat, and who watches the same beat for long enough by a
monotonic clock of their own takes the row, with a higher fence. What the former holder then writes is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from store.engine import Connection, upsert
from store.schema import singleton


class Superseded(Exception):
    """Somebody else does this now: nothing may be written any more under the old fence."""


@dataclass(frozen=True)
class Held:
    """What whoever watches sees; a beat that stands still is one of a process that is gone or frozen."""

    holder: str
    fence: int
    beat: int


_FIND = select(singleton).where(singleton.c.name == bindparam("name"))
_FIRST = upsert(singleton, ("name",))
_IS = (singleton.c.name == bindparam("b_name"), singleton.c.fence == bindparam("b_fence"))
_BEAT = update(singleton).where(*_IS).values(beat=singleton.c.beat + 1)
_TAKE = (
    update(singleton)
    .where(*_IS, singleton.c.beat == bindparam("b_beat"))
    .values(holder=bindparam("by"), fence=singleton.c.fence + 1, beat=singleton.c.beat + 1)
    .returning(singleton.c.fence)
)
_RELEASE = update(singleton).where(*_IS).values(holder="", beat=singleton.c.beat + 1)
_STILL = select(singleton.c.fence).where(singleton.c.name == bindparam("name")).with_for_update(read=True)


def find(connection: Connection, name: str) -> Held | None:
    """Who holds it; None when nobody ever did."""
    row = connection.one(_FIND, name=name)
    return None if row is None else Held(row.holder, row.fence, row.beat)


def begin(connection: Connection, name: str) -> Held:
    """As `find`; a row that nobody ever held is made first, held by nobody."""
    connection.run(_FIRST, name=name, holder="", fence=0, beat=0)
    found = find(connection, name)
    assert found is not None
    return found


def take(connection: Connection, name: str, seen: Held, holder: str) -> int | None:
    """Takes it, if it stands as it was seen: the new fence; None when somebody beat or was faster."""
    fence: int | None = connection.scalar(_TAKE, b_name=name, b_fence=seen.fence, b_beat=seen.beat, by=holder)
    return fence


def beat(connection: Connection, name: str, fence: int) -> None:
    """Says that its holder is alive. Raises Superseded."""
    if not connection.run(_BEAT, b_name=name, b_fence=fence):
        raise Superseded(name)


def release(connection: Connection, name: str, fence: int) -> None:
    """Given up in good order: whoever watches need not wait."""
    connection.run(_RELEASE, b_name=name, b_fence=fence)


def hold(connection: Connection, name: str, fence: int) -> None:
    """First in every transaction that writes in its name: nobody takes it until the commit. Raises Superseded."""
    if connection.scalar(_STILL, name=name) != fence:
        raise Superseded(name)
