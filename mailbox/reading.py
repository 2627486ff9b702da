"""What a stored mail says, as the desk takes it: read in the worker, its files on the disk, its tokens checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
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
from store.blobs import Blob, Blobs
from store.engine import Connection, Record
from store.files import File
from store.ids import new_id
from store.incoming import Stored
from store.mailboxes import Mailbox


class Parsing(Protocol):
    """mailbox.worker.Worker. Both raise Unreadable, OSError."""

    async def parse(self, raw: Path, ours: Ours, sent: Sequence[str] = (), /) -> Parsed: ...

    async def parse_head(self, raw: Path, ours: Ours, /) -> Parsed: ...


Erased = Callable[[Collection[str]], Collection[str]]
"""Those of the keys whose mails were from somebody who asked to be forgotten."""


@dataclass
class _Reading:
    """A mail on its way to a letter; one of `parsed` and `reason`, why it cannot be read."""

    mail: Stored
    raw: Path
    parsed: Parsed | None = None
    reason: str = ""


class Reader:
    """Of every mailbox."""

    def __init__(self, record: Record, blobs: Blobs, sealer: Sealer, worker: Parsing, erased: Erased) -> None:
        self._erased = erased
        self._record = record
        self._blobs = blobs
        self._sealer = sealer
        self._worker = worker

    async def read(self, mails: Sequence[Stored], box: Mailbox) -> list[Letter]:
        """What they say, in their order; of one that cannot be read, that it came. What all of them need is asked for
        once. Raises NotFound for bytes that are gone, OSError, Unavailable.
        """
        addresses = {each.address for each in await self._record.read(mailboxes.every)}
        trusted = box.endpoint.get("trusts", ())
        ours = Ours(addresses=tuple(sorted(addresses)), authservs=tuple(trusted), relays=tuple(trusted))
        readings = [_Reading(mail, self._blobs.path(mail.sha256 or "")) for mail in mails]
        await asyncio.gather(*(self._parse(each, ours) for each in readings))
        await self._parse_answers(readings, ours)
        keys = [each.parsed.key for each in readings if each.parsed is not None]
        erased = await asyncio.to_thread(self._erased, keys)
        files = await self._files([None if each.reason else each.parsed for each in readings], erased)
        return list(
            await asyncio.gather(
                *(self._letter(each, ours, addresses, erased, kept) for each, kept in zip(readings, files, strict=True))
            )
        )

    async def _parse(self, reading: _Reading, ours: Ours, sent: Sequence[str] = ()) -> None:
        try:
            parsed = await self._worker.parse(reading.raw, ours, sent)
        except Unreadable as error:
            reading.parsed, reading.reason = None, error.reason
        except OSError:
            if await asyncio.to_thread(reading.raw.exists):
                raise
            reading.parsed, reading.reason = None, "Its bytes are not among the files of the desk."
        else:
            reading.parsed = parsed
            if parsed.hops > MANY_HOPS:
                reading.reason = f"It went through more than {MANY_HOPS} servers, as in a circle."

    async def _parse_answers(self, readings: Sequence[_Reading], ours: Ours) -> None:
        """An answer to a ticket is read again with what we wrote there: so its quotes are known, however they look."""
        answers = [each for each in readings if each.parsed is not None and self._answers(each.parsed)]

        def query(connection: Connection) -> list[list[str]]:
            return [self._sent(connection, each.parsed) for each in answers if each.parsed is not None]

        if answers:
            found = zip(answers, await self._record.read(query), strict=True)
            await asyncio.gather(*(self._parse(each, ours, sent) for each, sent in found if sent))

    def _answers(self, parsed: Parsed) -> bool:
        return bool(parsed.text and (answered(parsed) or self._named(parsed)))

    def _named(self, parsed: Parsed) -> tuple[str, ...]:
        return tokens.tickets(self._sealer, parsed.recipients, answered(parsed))

    def _sent(self, connection: Connection, parsed: Parsed) -> list[str]:
        known = (*self._named(parsed), *incoming.tickets_of(connection, answered(parsed)).values())
        return messages.sent_on(connection, known[0]) if known else []

    async def _letter(
        self,
        reading: _Reading,
        ours: Ours,
        addresses: Collection[str],
        erased: Collection[str],
        files: tuple[File, ...],
    ) -> Letter:
        mail, parsed = reading.mail, reading.parsed
        if parsed is not None and parsed.key in erased:
            return Letter(parsed.key, "human", "", erased=True)
        if parsed is None or reading.reason:
            return await self._known(mail, reading.raw, ours, reading.reason)
        shown = showing.view(parsed)
        said = replace(letter(parsed, self._sealer, addresses, files), view=None if shown is None else packed(shown))
        if parsed.size < mail.bytes:
            head = f"larger than is taken ({round(mail.bytes / 1e6)} MB): only its head is here"
            return replace(said, too_large_bytes=mail.bytes, defects=(head, *said.defects))
        return said

    async def _known(self, mail: Stored, raw: Path, ours: Ours, reason: str) -> Letter:
        """Of a mail that cannot be read: at least whom it is from, if that can be."""
        bare = letters.unreadable(mail, reason)
        try:
            head = await self._worker.parse_head(raw, ours)
        except Unreadable:
            return bare
        except OSError:
            if await asyncio.to_thread(raw.exists):
                raise
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

    async def _files(self, mails: Sequence[Parsed | None], erased: Collection[str]) -> list[tuple[File, ...]]:
        """What is attached to each."""
        attached = [() if each is None or each.key in erased else each.attachments for each in mails]
        blobs = iter(await self._blobs.put_all([one.content for some in attached for one in some]))
        return [tuple(_file(one, next(blobs)) for one in some) for some in attached]


def _file(attachment: Attachment, blob: Blob) -> File:
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
