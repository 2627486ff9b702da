"""Opens what a process works on, the record and the present moment, for one command or for the whole desk.

Every command reads this, so it asks for nothing of the web, and for Redis only where there is one.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from desk.clock import SystemClock
from desk.sealing import Sealer
from live.base import Live
from live.memory import MemoryLive
from server.settings import Settings
from store import meta, sealed
from store.engine import Connection, Record, open_record

KEY_FILE = "secret.key"


class StartError(Exception):
    """The desk cannot start like this; the text is one sentence that says what to do."""


@dataclass
class Opened:
    """Record and live, for commands and for the whole desk alike."""

    settings: Settings
    record: Record
    live: Live
    clock: SystemClock
    kind: meta.Kind | None
    holds_sealed: bool

    @property
    def is_demo(self) -> bool:
        return self.kind == "demo"

    @functools.cached_property
    def sealer(self) -> Sealer:
        """The keys of the environment; for a folder of its own, one made once in it. Raises StartError."""
        return _sealer(self.settings, self.kind, self.holds_sealed)


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Opened]:
    """Opens what commands need; closes it. Raises StartError, RecordError."""
    record = await open_record(_record_url(settings))
    try:
        kind, offset, holds = await record.read(_look)
        live = _live(settings)
        await live.start()
        try:
            yield Opened(settings, record, live, SystemClock(offset), kind, holds)
        finally:
            await live.close()
    finally:
        await record.close()


def _record_url(settings: Settings) -> str:
    if not settings.database_url:
        try:
            settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StartError(f"The data folder {settings.data} cannot be made: {error.strerror}.") from error
    return settings.record_url


def _live(settings: Settings) -> Live:
    if settings.redis_url:
        from live.redis import RedisLive  # its library alone takes a command longer to load than all of its work

        return RedisLive(settings.redis_url, settings.redis_prefix)
    else:
        return MemoryLive()


def _look(connection: Connection) -> tuple[meta.Kind | None, timedelta, bool]:
    return meta.kind(connection), meta.clock_offset(connection), bool(sealed.every(connection))


def _sealer(settings: Settings, kind: meta.Kind | None, holds_sealed: bool) -> Sealer:
    if settings.secret_keys:
        try:
            return Sealer(settings.secret_keys)
        except ValueError as error:
            raise StartError(
                "VIPDESK_SECRET_KEYS holds something that is no key: vipdesk new-key makes one."
            ) from error
    if settings.database_url and kind == "real":
        raise StartError("Set VIPDESK_SECRET_KEYS: with PostgreSQL the key must be the same in every process.")
    own = settings.data / KEY_FILE
    if holds_sealed and not own.exists():
        raise StartError(f"The key {own} is gone; what it sealed is not. Put it back, or one of vipdesk new-key.")
    return Sealer([_own_key(own)])


def sealer_here(settings: Settings) -> Sealer | None:
    """With the keys of this place; None when there are none yet, and none is made. Raises StartError."""
    own = settings.data / KEY_FILE
    try:
        keys = settings.secret_keys or ((own.read_text().strip(),) if own.is_file() else ())
        return Sealer(keys) if keys else None
    except OSError as error:
        raise StartError(f"The key file {own} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise StartError("The keys of this place hold something that is no key: vipdesk new-key makes one.") from error


def closed_to(sealer: Sealer | None, kept: Iterable[bytes]) -> int:
    """How many of these its keys do not open; without keys none is opened."""
    return sum(sealer is None or not sealer.opens(each) for each in kept)


def _own_key(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError), open(path, "x", opener=_private) as new:
        new.write(Sealer.new_key())
    try:
        return path.read_text().strip()
    except OSError as error:
        raise StartError(f"The key file {path} cannot be read: {error.strerror}.") from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def check_split(settings: Settings) -> None:
    """Several processes need a record and a live that they can share. Raises StartError."""
    needed = {"VIPDESK_DATABASE_URL": settings.database_url, "VIPDESK_REDIS_URL": settings.redis_url}
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise StartError(f"web, mailbox and clock as processes of their own need {' and '.join(missing)}.")
