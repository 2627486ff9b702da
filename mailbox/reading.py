"""What a stored mail says, as the desk takes it: read in the worker, its files on the disk, its tokens checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from desk import letters
from desk.letters import Forwarded, Invitation, Letter
from desk.mail_views import packed
from desk.returning import Returned
from desk.sealing import Sealer
from mailbox import showing, tokens
from mailbox.parsing import parsed as parsed_mail
from mailbox.parsing.parsed import Address, Attachment, Calendar, Ours, Parsed
from mailbox.parsing.trust import MANY_HOPS
from mailbox.worker import Unreadable
from store import incoming, mailboxes, messages
from store.blobs import Blobs
from store.engine import Connection, Record
from store.files import File
from store.ids import new_id
from store.incoming import Stored
from store.mailboxes import Mailbox


class Parsing(Protocol):
    """mailbox.worker.Worker. Both raise Unreadable, OSError."""

    async def parse(self, raw: Path, ours: Ours, sent: Sequence[str] = (), /) -> Parsed: ...

    async def parse_head(self, raw: Path, ours: Ours, /) -> Parsed: ...


class Reader:
    """Of every mailbox."""

    def __init__(
        self, record: Record, blobs: Blobs, sealer: Sealer, worker: Parsing, was_erased: Callable[[str], bool]
    ) -> None:
        """`was_erased`: whether a mail of this key was from somebody who asked to be forgotten."""
        self._was_erased = was_erased
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
            parsed = await self._read(raw, ours)
        except Unreadable as error:
            return await self._known(mail, raw, ours, error.reason)
        if await asyncio.to_thread(self._was_erased, parsed.key):
            return Letter(parsed.key, "human", "", erased=True)
        if parsed.hops > MANY_HOPS:
            return await self._known(mail, raw, ours, f"It went through more than {MANY_HOPS} servers, as in a circle.")
        kept = asyncio.gather(*map(self._kept, parsed.attachments))
        shown = showing.view(parsed)
        read = replace(
            letter(parsed, self._sealer, addresses, tuple(await kept)), view=None if shown is None else packed(shown)
        )
        size = await asyncio.to_thread(self._blobs.size, mail.sha256)
        if size is not None and size < mail.bytes:
            said = f"larger than is taken ({round(mail.bytes / 1e6)} MB): only its head is here"
            return replace(read, too_large_bytes=mail.bytes, defects=(said, *read.defects))
        return read

    async def _read(self, raw: Path, ours: Ours) -> Parsed:
        """An answer to a ticket is read again with what we wrote there: so its quotes are known, however they look."""
        parsed = await self._worker.parse(raw, ours)
        named, answers = tokens.tickets(self._sealer, parsed.recipients, answered(parsed)), answered(parsed)
        if not parsed.text or not (named or answers):
            return parsed

        def query(connection: Connection) -> list[str]:
            known = (*named, *incoming.tickets_of(connection, answers).values())
            return messages.sent_on(connection, known[0]) if known else []

        sent = await self._record.read(query)
        return await self._worker.parse(raw, ours, sent) if sent else parsed

    async def _known(self, mail: Stored, raw: Path, ours: Ours, reason: str) -> Letter:
        """Of a mail that cannot be read: at least whom it is from, if that can be."""
        bare = letters.unreadable(mail, reason)
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
    answers = answered(parsed)
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
        references=answers,
        others=tuple(dict.fromkeys(each for each in to if _plain(each) not in addresses)),
        urgent=bool(parsed.urgencies),
        files=files,
        to=showing.named(parsed.to),
        cc=showing.named(parsed.cc),
        quoted=bool(parsed.quote.strip()),
        html=parsed.html is not None,
        remote=len(parsed.remote_pictures),
        forwarded=None if parsed.forwarded is None else _passed_on(parsed.forwarded),
        invitation=None if parsed.calendar is None else _invitation(parsed.calendar),
        own=tokens.copied(sealer, parsed.recipients) or parsed.own_id,
        returned=tuple(_returned(parsed, sealer)),
        defects=parsed.defects,
    )


def _passed_on(mail: parsed_mail.Forwarded) -> Forwarded:
    author = mail.author
    return Forwarded(author.address.lower(), author.name, mail.subject or "", mail.text, mail.note, mail.date)


def _invitation(found: Calendar) -> Invitation:
    attendees = tuple((each.address.lower(), each.partstat) for each in found.attendees)
    return Invitation(found.method, found.uid, found.sequence, attendees, found.raw)


def _returned(parsed: Parsed, sealer: Sealer) -> Iterator[Returned]:
    """What mail servers say of mail of ours; not of the copy that we had sent to ourselves."""
    mail = tokens.bounced(sealer, parsed.recipients)
    for each in parsed.bounces:
        is_copy = each.recipient is not None and tokens.copied(sealer, [each.recipient]) is not None
        if each.action in (None, "failed", "delayed") and not is_copy:
            reason = " ".join(filter(None, (each.status, each.diagnostic)))
            yield Returned(mail, each.original_message_id, each.recipient, reason, each.action == "delayed")


def answered(parsed: Parsed) -> tuple[str, ...]:
    """Message-IDs that it answers, the newest first."""
    return tuple(dict.fromkeys(each for each in (*reversed(parsed.references), parsed.in_reply_to) if each))


def _plain(address: str) -> str:
    """Without what stands behind a plus: our own tokens make no stranger of us."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
