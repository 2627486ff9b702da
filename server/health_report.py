"""How the desk is, part by part: a sentence for each, and what to do about each fault."""

from __future__ import annotations

import asyncio
import platform
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any, Literal

from desk.clock import Clock
from desk.due import KINDS
from desk.posting import KIND as MAIL
from live.base import Live
from routing.errors import DeskError
from server import mail_report
from server.clamd import Clamd, ScannerAway
from server.mail_report import BoxReport, span
from server.pages.texts import _
from server.settings import Settings
from store import beats, jobs, meta
from store.engine import Connection, Record

LATE = timedelta(seconds=30)
BACKUP_OLD = timedelta(days=2)
LOW_DISK_BYTES = 1_000_000_000
LARGE_WAL_BYTES = 256_000_000
Grade = Literal["ok", "care", "bad"]


@dataclass(frozen=True)
class Part:
    """One part. `grade`: `bad` for a fault, `care` for what becomes one; `todo` is empty when it is fine."""

    name: str
    title: str
    grade: Grade
    said: str
    todo: str = ""


@dataclass(frozen=True)
class Facts:
    """What the record knows; instants."""

    due: datetime | None
    mail_due: datetime | None
    beats: dict[str, datetime | None]
    backup: datetime | None
    mailboxes: list[BoxReport]


async def report(settings: Settings, record: Record, live: Live, clock: Clock) -> list[Part]:
    """Every part, as this process sees it."""
    now, real = clock.now(), clock.real()
    disk = await asyncio.to_thread(_disk, settings)
    parts = [_record(record), _live(live), disk, *_wal(record), *await _scanner(settings)]
    try:
        facts = await record.read(lambda connection: _facts(connection, clock))
    except DeskError:
        unknown = _("Unknown while the record is away.")
        return [*parts, *(Part(name, title, "care", unknown) for name, title in _of_the_record())]
    titles = dict(_of_the_record())
    return [
        *parts,
        *(_beat(role, titles[role], facts.beats[role], real) for role in beats.ROLES),
        _due("due", titles["due"], facts.due, now, "clock"),
        *_mailboxes(titles["mailboxes"], facts.mailboxes),
        _due("mail", titles["mail"], facts.mail_due, now, "mailbox"),
        _backup(titles["backup"], facts.backup, real),
    ]


def versions(record_kind: str) -> dict[str, str]:
    """Of what runs here."""
    names = ("starlette", "uvicorn", "websockets", "sqlalchemy", "redis", "psycopg")
    found = {"vipdesk": _version("vipdesk"), "python": platform.python_version(), "record": record_kind}
    return found | {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return _("from its sources")


def _of_the_record() -> list[tuple[str, str]]:
    return [
        ("web", _("Web")), ("mailbox", _("Mailbox")), ("clock", _("Clock")), ("due", _("What falls due")),
        ("mailboxes", _("Mailboxes")), ("mail", _("Outgoing mail")), ("backup", _("Backup")),
    ]  # fmt: skip


def _facts(connection: Connection, clock: Clock) -> Facts:
    return Facts(
        jobs.earliest(connection, KINDS), jobs.earliest(connection, (MAIL,)),
        {role: beats.last(connection, role) for role in beats.ROLES}, meta.backed_up(connection),
        mail_report.reports(connection, clock),
    )  # fmt: skip


def _record(record: Record) -> Part:
    state = record.health()
    if state.ok:
        return Part("record", _("Record"), "ok", _("It is read and written."))
    return Part(
        "record", _("Record"), "bad", _(state.reason), _("Look at its disk and the database; work goes on by itself.")
    )


def _live(live: Live) -> Part:
    state = live.health()
    if state.ok:
        return Part("live", _("Live"), "ok", _("Presence and pushes reach every process."))
    return Part(
        "live", _("Live"), "bad", _(state.reason), _("Start Redis, or look at VIPDESK_REDIS_URL. Nothing is lost.")
    )


def _disk(settings: Settings) -> Part:
    try:
        free = shutil.disk_usage(settings.data).free
    except OSError as error:
        return Part("disk", _("Disk"), "bad", _("The data folder cannot be read: {reason}.", reason=error.strerror),
                    _("Mount it, or look at VIPDESK_DATA."))  # fmt: skip
    said = _("{size} are free.", size=_size(free))
    if free < LOW_DISK_BYTES:
        todo = _("Free some space: when the disk is full, nothing new is taken.")
        return Part("disk", _("Disk"), "bad" if free < LOW_DISK_BYTES // 10 else "care", said, todo)
    return Part("disk", _("Disk"), "ok", said)


def _wal(record: Record) -> list[Part]:
    size = record.health().wal_bytes
    if size is None:
        return []
    said = _("{size} wait to be moved into the record's file.", size=_size(size))
    if size > LARGE_WAL_BYTES:
        return [Part("wal", _("WAL"), "care", said, _("Something reads for very long: end it, or start anew."))]
    return [Part("wal", _("WAL"), "ok", said)]


async def _scanner(settings: Settings) -> list[Part]:
    if not settings.clamd:
        return []
    try:
        await Clamd(settings.clamd).ping()
    except ScannerAway as error:
        todo = _("Start clamd, or look at VIPDESK_CLAMD. Files are held until it has looked at them.")
        return [Part("scanner", _("Virus scanner"), "bad", _("It cannot be asked: {reason}", reason=str(error)), todo)]
    return [Part("scanner", _("Virus scanner"), "ok", _("It looks at every file."))]


def _beat(role: str, title: str, at: datetime | None, real: datetime) -> Part:
    todo = _("Start one: vipdesk {role}, or vipdesk for all in one.", role=role)
    if at is None:
        return Part(role, title, "bad", _("No such process was ever seen."), todo)
    ago = max(real - at, timedelta())
    if ago > beats.LATE:
        return Part(role, title, "bad", _("The last sign of life was {ago} ago.", ago=span(ago)), todo)
    return Part(role, title, "ok", _("It was seen {ago} ago.", ago=span(ago)))


def _mailboxes(title: str, found: list[BoxReport]) -> list[Part]:
    """One for each with which something is, one for all others."""
    troubled = [each for each in found if each.grade in ("care", "bad")]
    parts = [
        Part(f"mailbox {each.box.id}", each.box.address, "bad" if each.grade == "bad" else "care",
             mail_report.said(each), mail_report.todo(each))
        for each in troubled
    ]  # fmt: skip
    fine = sum(each.grade == "ok" for each in found)
    if fine:
        parts.append(Part("mailboxes", title, "ok", _("{count} are read, and nothing is behind.", count=fine)))
    elif not troubled:
        parts.append(Part("mailboxes", title, "ok", _("No mailbox is read.")))
    return parts


def _due(name: str, title: str, first: datetime | None, now: datetime, role: str) -> Part:
    late = timedelta() if first is None else now - first
    if late >= LATE:
        todo = _("Is a process {role} running? Its log says what keeps it.", role=role)
        return Part(name, title, "bad", _("It is {late} late.", late=span(late)), todo)
    return Part(name, title, "ok", _("Nothing is late."))


def _backup(title: str, at: datetime | None, real: datetime) -> Part:
    todo = _("Take one each day, and keep it elsewhere: docs/operate.md.")
    if at is None:
        return Part("backup", title, "care", _("No backup is known to the record."), todo)
    ago = max(real - at, timedelta())
    if ago > BACKUP_OLD:
        return Part("backup", title, "care", _("The last one is {ago} old.", ago=span(ago)), todo)
    return Part("backup", title, "ok", _("The last one is {ago} old.", ago=span(ago)))


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def as_rows(parts: list[Part]) -> list[dict[str, Any]]:
    """For programs."""
    return [{"part": each.name, "grade": each.grade, "said": each.said, "todo": each.todo} for each in parts]
