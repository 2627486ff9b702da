"""What a queued mail is made of becomes its bytes, once: every later try sends the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from desk.sealing import Sealer
from mailbox import tokens
from mailbox.composing.compose import Draft, Quote, compose
from mailbox.composing.fields import OddAddress, Person
from mailbox.composing.parts import Enclosed
from routing.errors import NotFound
from store import calendars, files
from store.blobs import Blobs
from store.engine import Connection, Record
from store.files import File
from store.mailboxes import Mailbox
from store.outbox import Role
from store.outgoing import Mail
from store.times import instant

ZONE = "UTC"
"""Where the mailbox has no office hours."""


@dataclass(frozen=True)
class Frozen:
    """The bytes of a mail; the blob is on the disk."""

    message_id: str
    sha256: str
    raw: bytes = field(repr=False)


class HeldBack(Exception):
    """A virus scanner found something in a file of it; the file's name."""


class CannotBeMade(Exception):
    """There is something in it of which no mail can be made; in words for whoever wrote it."""


class Freezing:
    """Of every mailbox."""

    def __init__(self, record: Record, blobs: Blobs, sealer: Sealer) -> None:
        self._record = record
        self._blobs = blobs
        self._sealer = sealer

    async def frozen(self, mail: Mail, box: Mailbox, *, plus: bool) -> Frozen:
        """`plus`: the mailbox takes plus addresses. Raises NotFound for bytes that are gone, HeldBack,
        CannotBeMade, Unavailable, OSError.
        """
        if mail.sha256 is not None and mail.message_id is not None:
            return Frozen(mail.message_id, mail.sha256, await asyncio.to_thread(self._content, mail.sha256))
        enclosed, zone = await self._record.read(lambda connection: _rows(connection, mail, box))
        contents = [await asyncio.to_thread(self._content, each.sha256) for each in enclosed]
        files = list(zip(enclosed, contents, strict=True))
        message_id, raw = await asyncio.to_thread(_made, mail, box, self._sealer, files, zone=zone, plus=plus)
        blob = await asyncio.to_thread(self._blobs.put_bytes, raw)
        return Frozen(message_id, blob.sha256, raw)

    def _content(self, sha256: str) -> bytes:
        with self._blobs.open(sha256) as file:
            return file.read()


def _made(
    mail: Mail, box: Mailbox, sealer: Sealer, enclosed: list[tuple[File, bytes]], *, zone: str, plus: bool
) -> tuple[str, bytes]:
    try:
        draft = draft_of(mail, box, sealer, enclosed, zone=zone, plus=plus)
        return draft.message_id, compose(draft)
    except OddAddress as error:
        raise CannotBeMade(str(error)) from error
    except Exception as error:  # it would fail at each try, and nobody would hear of it: who wrote it is told
        raise CannotBeMade(
            f"The desk could not make a mail of it ({type(error).__name__}); its log says more."
        ) from error


def draft_of(
    mail: Mail, box: Mailbox, sealer: Sealer, enclosed: list[tuple[File, bytes]], *, zone: str, plus: bool
) -> Draft:
    """As the row has it; who sends it is the agent, in the name of the mailbox."""
    details = mail.details
    domain = box.address.rpartition("@")[2]
    reply_to = tokens.address(sealer, box.address, mail.ticket_id) if plus and mail.ticket_id is not None else None
    return Draft(
        id=mail.id,
        message_id=mail.message_id or tokens.message_id(sealer, mail.id, mail.ticket_id, domain),
        sender=Person(", ".join(filter(None, (mail.name, box.name))), box.address),
        to=_people(mail, "to"),
        cc=_people(mail, "cc"),
        reply_to=reply_to,
        subject=mail.subject,
        text=mail.body,
        created_at=instant(mail.created_at),
        in_reply_to=details.get("in_reply_to"),
        references=tuple(details.get("references", ())),
        quote=_quote(details),
        signature=details.get("signature", ""),
        files=tuple(Enclosed(row.name, row.type, content) for row, content in enclosed),
        automatic=bool(details.get("automatic")),
        language=details.get("language", "en"),
        zone=zone,
    )


def _rows(connection: Connection, mail: Mail, box: Mailbox) -> tuple[list[File], str]:
    found = [files.find(connection, id) for id in mail.details.get("files", ())]
    if None in found:
        raise NotFound
    held = next((each for each in found if each is not None and each.found), None)
    if held is not None:
        raise HeldBack(held.name)
    hours = calendars.at(connection, box.calendar_id, instant(mail.created_at))
    return [each for each in found if each is not None], ZONE if hours is None else hours.zone


def _people(mail: Mail, role: Role) -> tuple[Person, ...]:
    return tuple(Person(each.name, each.address) for each in mail.recipients if each.role == role)


def _quote(details: Mapping[str, Any]) -> Quote | None:
    quoted = details.get("quote")
    return None if not quoted else Quote(quoted["name"], instant(quoted["at"]), quoted["text"])
