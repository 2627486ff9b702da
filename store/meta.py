"""What the desk knows of itself: the epoch of its cursors, how far its clock was moved, what kind of folder this is."""

import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, select

from store.engine import Connection, upsert
from store.schema import meta
from store.times import instant, micros

Kind = Literal["demo", "real"]

_GET = select(meta.c.value).where(meta.c.key == bindparam("key"))
_BEGIN_WITH = select(meta.c.key, meta.c.value).where(meta.c.key.startswith(bindparam("begin"), autoescape=False))
_ALONE = _GET.with_for_update(key_share=True)
_PUT = upsert(meta, ("key",), lambda new: {"value": new.value})
_PUT_FIRST = upsert(meta, ("key",))


def get(connection: Connection, key: str) -> str | None:
    """The value; None when it was never set."""
    value: str | None = connection.scalar(_GET, key=key)
    return value


def put(connection: Connection, key: str, value: str) -> None:
    """Sets the value, or changes it."""
    connection.run(_PUT, key=key, value=value)


def instant_of(connection: Connection, key: str) -> datetime | None:
    """The value, where it is an instant; None when it was never set."""
    value = get(connection, key)
    return None if value is None else instant(int(value))


def instants(connection: Connection, begin: str) -> dict[str, datetime]:
    """All that are kept under names that begin so."""
    rows = connection.all(_BEGIN_WITH, begin=begin)
    return {row.key: instant(int(row.value)) for row in rows if row.key.startswith(begin)}


def put_instant(connection: Connection, key: str, at: datetime) -> None:
    """Sets it, or changes it."""
    put(connection, key, str(micros(at)))


def configure_alone(connection: Connection) -> None:
    """Until the end of the transaction nobody else changes what the desk is set up with: what was looked at holds."""
    connection.one(_ALONE, key="epoch")


def epoch(connection: Connection) -> str | None:
    """Names this life of the record: a cursor of another epoch is worth nothing. None before the first."""
    return get(connection, "epoch")


def begin_epoch(connection: Connection, name: str | None = None) -> str:
    """A new life, after a restore or a reset; its name is random unless given."""
    begun = secrets.token_urlsafe(16) if name is None else name
    put(connection, "epoch", begun)
    return begun


def ensure_epoch(connection: Connection) -> str:
    """The epoch, begun when there is none; two processes that start at once agree on one."""
    connection.run(_PUT_FIRST, key="epoch", value=secrets.token_urlsafe(16))
    present = epoch(connection)
    assert present is not None
    return present


def clock_offset(connection: Connection) -> timedelta:
    """How far the demo's clock is ahead of the real one; zero for a real desk."""
    return timedelta(microseconds=int(get(connection, "clock_offset_us") or 0))


def set_clock_offset(connection: Connection, offset: timedelta) -> None:
    """Moves the clock of every process on this record."""
    put(connection, "clock_offset_us", str(offset // timedelta(microseconds=1)))


def kind(connection: Connection) -> Kind | None:
    """What this record was made as; None while it is empty."""
    value = get(connection, "kind")
    if value is None:
        return None
    elif value == "demo":
        return "demo"
    else:
        return "real"


def set_kind(connection: Connection, value: Kind) -> None:
    """Said once, when the record is made."""
    put(connection, "kind", value)


def backed_up(connection: Connection) -> datetime | None:
    """When the newest backup was taken, by the real time; None when there was never one."""
    return instant_of(connection, "backup_at")


def set_backed_up(connection: Connection, at: datetime) -> None:
    """Said by the command that took it, once it is whole."""
    put_instant(connection, "backup_at", at)


def mail_asked_again(connection: Connection) -> datetime | None:
    """After a restore: mail since this instant is to be read again, whatever its flags say. None: none is."""
    return instant_of(connection, "mail_again_since")


def ask_for_mail_again(connection: Connection, since: datetime) -> None:
    """Handled mail stays on its server; what the restored record has is known by its Message-ID."""
    put_instant(connection, "mail_again_since", since)
