"""Compares folders with the record, mail by mail, and fetches what is missing: each night, after a restore, when asked.

What was moved into the folder of done mail has other UIDs there: it is known by its Message-ID and its size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

from desk.work import Work
from mailbox.fetching import Fetching
from mailbox.imap.batches import HEADERS_ABOVE
from mailbox.imap.connection import Connection, Facts, Selected
from mailbox.imap.errors import Refused
from mailbox.parsing.fields import message_id
from store import incoming, mailbox_health
from store.engine import Record
from store.mailboxes import Mailbox
from store.times import micros

DAYS = 30
"""So far back the nightly comparison looks."""
BEFORE_BACKUP = timedelta(days=2)
"""Added to what is read again after a restore: servers search by their own days."""
HOUR = 2
"""Of the night, by the office's clock, when nobody waits for mail; the minutes differ by mailbox."""
TOGETHER = 500

Why = Literal["night", "restore", "asked"]


@dataclass(frozen=True)
class Found:
    """What a comparison found: `mails` of the last `days` days on the server, `missing` in the record, `lost`: those of
    them that the server shows and does not give. `left`: beside them, older than what the mailbox takes.
    """

    mails: int
    missing: int
    lost: int
    days: int
    why: Why
    left: int = 0


async def compare(
    connection: Connection, record: Record, box: Mailbox, folders: Iterable[tuple[str, Fetching]], now: datetime,
    since: datetime, why: Why,
) -> Found:  # fmt: skip
    """Every folder, the one that is read first; the connection ends in the last one. A folder of done mail that is not
    there yet has nothing.

    Raises MailError, Superseded, Unavailable, OSError.
    """
    mails = missing = lost = left = 0
    for number, (folder, fetching) in enumerate(folders):
        try:
            selected = await connection.select(folder)
        except Refused:
            if number == 0:
                raise
            continue
        there = await connection.uids_since(since)
        absent = await _absent(connection, record, box, folder, selected, there)
        old = len(await _left(record, box, folder, selected) & set(there))
        mails, missing, left = mails + len(there) - old, missing + len(absent), left + old
        lost += await fetching.take_these(connection, selected, absent)
    return Found(mails, missing, lost, max(1, (now - since).days), why, left)


async def _left(record: Record, box: Mailbox, folder: str, selected: Selected) -> set[int]:
    return await record.read(lambda opened: incoming.left_alone(opened, box.id, folder, selected.uidvalidity))


async def _absent(
    connection: Connection, record: Record, box: Mailbox, folder: str, selected: Selected, there: list[int]
) -> list[int]:
    """Of these UIDs, what the record has neither by UID nor as the same message."""
    stored = await record.read(lambda opened: incoming.uids(opened, box.id, folder, selected.uidvalidity))
    rest = [uid for uid in there if uid not in stored]
    absent: list[int] = []
    for at in range(0, len(rest), TOGETHER):
        piece = rest[at : at + TOGETHER]
        heads, facts = await connection.message_id_fields(piece), await connection.facts(piece)
        ids = {uid: message_id(field) for uid, field in heads.items()}
        named = [each for each in ids.values() if each is not None]
        known = await record.read(partial(incoming.sizes_of, message_ids=named))
        absent += [uid for uid in piece if not _is_known(ids.get(uid), facts.get(uid), known)]
    return absent


def _is_known(id: str | None, facts: Facts | None, known: dict[str, set[int]]) -> bool:
    """The same Message-ID with another size may be another mail; of one that is too large only the head is kept."""
    if id is None or facts is None or id not in known:
        return False
    return facts.size in known[id] or facts.size > HEADERS_ABOVE


def noted(work: Work, box: Mailbox, found: Found, real: datetime) -> None:
    """What was found, for every process to show, and in the audit."""
    mailbox_health.reconciled(work.connection, box.id, micros(real), asdict(found))
    work.audit("mailbox_compared", box.id, asdict(found))


def is_due(last: datetime | None, now: datetime, zone: str, id: str) -> bool:
    """Whether a night has come since the last time; at once where there was none."""
    if last is None:
        return True
    local = last.astimezone(ZoneInfo(zone))
    night = local.replace(hour=HOUR, minute=sum(id.encode()) % 60, second=0, microsecond=0)
    if night <= local:
        night += timedelta(days=1)
    return now >= night
