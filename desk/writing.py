"""The one way in which a message comes to stand in a ticket, with a press or with a word."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from desk.actors import Signed
from desk.work import Work
from routing.errors import NotFound
from store import attachments, events, messages
from store.receipts import Said, canonical
from store.tickets import Found

PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
"""What may be drawn anew. Of a mail that is done when somebody looks: mail is not to wait for it."""
NONE: frozenset[str] = frozenset()
_sorted = msgspec.json.Encoder(order="sorted")


def write_message(
    work: Work,
    found: Found,
    signed: Signed,
    body: str,
    files: list[str],
    *,
    rid: str,
    internal: bool = False,
    channel: str | None = None,
) -> Said:
    """The message's row and event; where it stands. `channel`: by which it came, None for the one the ticket is on.

    Raises NotFound for a file that is not the author's to give.
    """
    undrawn = PICTURES if channel == "mail" else NONE
    carried = attachments.take(work.connection, files, signed.actor.id, found.ticket.id, undrawn=undrawn)
    if carried is None:
        raise NotFound("A file is not there any more.", field="files")
    channel = channel or ("chat" if found.has_chat else found.ticket.channel)
    data: dict[str, Any] = {"body": body, "files": carried, "channel": channel, "rid": rid}
    seq, at = work.event(found, "message", data, internal=internal, by=signed.by)
    stream = found.ticket.id + (events.INTERNAL if internal else "")
    messages.add(
        work.connection,
        ticket_id=found.ticket.id,
        stream=stream,
        seq=seq,
        author_role=signed.actor.kind,
        author_id=signed.actor.id,
        rid=canonical(rid),
        digest=work.digest,
        channel=channel,
        body=body,
        files=_sorted.encode(carried).decode(),
        at=at,
        mailed=None,
    )
    if not internal:
        found.ticket.said_at = at
    return Said(found.ticket.id, stream, seq, at)


def digest_of(request: Any) -> str:
    """What a repeated rid is compared by: the request without its rid."""
    return hashlib.sha256(_sorted.encode(msgspec.structs.replace(request, rid=""))).hexdigest()
