"""What a stored mail says, as the desk takes it: read in the worker, its files on the disk, its tokens checked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from desk import mailing
from desk.mailing import Letter
from desk.sealing import Sealer
from mailbox import tokens
from mailbox.parsing.parsed import Address, Attachment, Ours, Parsed
from mailbox.worker import Unreadable
from store import mailboxes
from store.blobs import Blobs
from store.engine import Record
from store.files import File
from store.ids import new_id
from store.incoming import Stored
from store.mailboxes import Mailbox


class Parsing(Protocol):
    """mailbox.worker.Worker. Both raise Unreadable, OSError."""

    async def parse(self, raw: Path, ours: Ours, /) -> Parsed: ...

    async def parse_head(self, raw: Path, ours: Ours, /) -> Parsed: ...


class Reader:
    """Of every mailbox."""

    def __init__(self, record: Record, blobs: Blobs, sealer: Sealer, worker: Parsing) -> None:
        self._record = record
        self._blobs = blobs
        self._sealer = sealer
        self._worker = worker

    async def read(self, mail: Stored, box: Mailbox) -> Letter:
        """What it says; of one that cannot be read, that it came. Raises NotFound for bytes that are gone, OSError,
        Unavailable.
        """
        assert mail.sha256 is not None
        addresses = {each.address for each in await self._record.read(mailboxes.every)}
        trusted = box.endpoint.get("trusts", ())
        ours = Ours(addresses=tuple(sorted(addresses)), authservs=tuple(trusted), relays=tuple(trusted))
        raw = self._blobs.path(mail.sha256)
        try:
            parsed = await self._worker.parse(raw, ours)
        except Unreadable as error:
            return await self._known(mail, raw, ours, error.reason)
        files = tuple([await self._kept(each) for each in parsed.attachments])
        return letter(parsed, self._sealer, addresses, files)

    async def _known(self, mail: Stored, raw: Path, ours: Ours, reason: str) -> Letter:
        """Of a mail that cannot be read: at least whom it is from, if that can be."""
        bare = mailing.unreadable(mail, reason)
        try:
            head = await self._worker.parse_head(raw, ours)
        except Unreadable:
            return bare
        named = head.from_ or Address("", "")
        return replace(
            bare,
            sender=named.address.lower(),
            sender_name=named.name,
            subject=head.subject or "",
            message_id=head.message_id,
            sent_at=head.date,
            proven=head.dmarc == "pass",
        )

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
