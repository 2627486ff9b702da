"""What a stored mail says, as the desk takes it: read in the worker, its files on the disk, its tokens checked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from desk import mailing
from desk.mailing import Letter
from desk.sealing import Sealer
from mailbox import tokens
from mailbox.parsing.parsed import Address, Attachment, Ours, Parsed
from store import mailboxes
from store.blobs import Blobs
from store.engine import Record
from store.files import File
from store.ids import new_id
from store.incoming import Stored
from store.mailboxes import Mailbox

Parse = Callable[[Path, Ours], Awaitable[Parsed]]
"""In a process of its own. Raises Unreadable."""


class Unreadable(Exception):
    """Reading it took too long or too much memory, or ended its reader; the text says which."""


class Reader:
    """Of every mailbox."""

    def __init__(self, record: Record, blobs: Blobs, sealer: Sealer, parse: Parse) -> None:
        self._record = record
        self._blobs = blobs
        self._sealer = sealer
        self._parse = parse

    async def read(self, mail: Stored, box: Mailbox) -> Letter:
        """What it says; of one that cannot be read, that it came. Raises NotFound for bytes that are gone, OSError,
        Unavailable.
        """
        assert mail.sha256 is not None
        addresses = {each.address for each in await self._record.read(mailboxes.every)}
        trusted = box.endpoint.get("trusts", ())
        ours = Ours(addresses=tuple(sorted(addresses)), authservs=tuple(trusted), relays=tuple(trusted))
        try:
            parsed = await self._parse(self._blobs.path(mail.sha256), ours)
        except Unreadable as error:
            return mailing.unreadable(mail, str(error))
        files = tuple([await self._kept(each) for each in parsed.attachments])
        return letter(parsed, self._sealer, addresses, files)

    async def _kept(self, attachment: Attachment) -> File:
        blob = await asyncio.to_thread(self._blobs.put_bytes, attachment.content)
        return File(new_id(), attachment.name, attachment.type, blob.bytes, blob.sha256, None, "")


def letter(parsed: Parsed, sealer: Sealer, addresses: Collection[str], files: tuple[File, ...]) -> Letter:
    """Without bytes: what the desk decides by. `addresses`: of the desk's own mailboxes, in small letters."""
    named = parsed.from_ or parsed.sender or Address("", "")
    answers = [each for each in (*reversed(parsed.references), parsed.in_reply_to) if each]
    to = [each.address for each in (*parsed.to, *parsed.cc)]
    return Letter(
        key=parsed.key,
        kind=parsed.kind,
        sender=named.address.lower(),
        subject=parsed.subject or "",
        text=parsed.reply.strip() or parsed.text.strip(),
        sender_name=named.name,
        reason=parsed.auto or "",
        message_id=parsed.message_id,
        sent_at=parsed.date,
        relayed_at=parsed.received_at,
        proven=parsed.dmarc == "pass",
        tokens=tokens.tickets(sealer, parsed.recipients, answers),
        references=tuple(dict.fromkeys(answers)),
        others=tuple(dict.fromkeys(each for each in to if _plain(each) not in addresses)),
        urgent=bool(parsed.urgencies),
        files=files,
        defects=parsed.defects,
    )


def _plain(address: str) -> str:
    """Without what stands behind a plus: our own tokens make no stranger of us."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
