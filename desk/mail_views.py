"""What is kept of a mail so that it can be shown: quotes, harmless HTML, where links lead. And who may look at it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from desk.actors import Signed
from desk.frames import micros_written
from routing.allow import allow
from routing.errors import NotFound
from store import attachments, incoming, tickets
from store.engine import Connection
from store.incoming import Copy

_encode = msgspec.json.Encoder(order="sorted").encode


class Named(Struct, frozen=True):
    """Somebody of a mail's head, as it is written there."""

    name: str
    address: str


class Led(Struct, frozen=True):
    """A link of the HTML and where it really leads."""

    text: str
    url: str
    host: str


class Part(Struct, frozen=True):
    """A file of the mail; `type` is by its content, `declared` what the sender says. `cid`: the HTML's name for it."""

    name: str
    type: str
    declared: str
    bytes: int
    sha256: str
    cid: str | None
    inline: bool


class View(Struct, frozen=True):
    """One mail for eyes. `remote`: pictures that would be fetched from elsewhere;
    in `html` they are numbers.
    """

    to: tuple[Named, ...] = ()
    cc: tuple[Named, ...] = ()
    reply: str = ""
    quote: str = ""
    signature: str = ""
    html: str | None = None
    links: tuple[Led, ...] = ()
    remote: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


EMPTY = View()
_DECODER = msgspec.json.Decoder(View)


def packed(view: View) -> bytes:
    """As the record keeps it."""
    return zlib.compress(_encode(view), 1)


@dataclass(frozen=True)
class Shown:
    """A mail that somebody may look at, its first copy, and the ids of its files by their hash."""

    mail: Copy
    ticket: str
    files: Mapping[str, str]


def may_see(connection: Connection, signed: Signed, id: str) -> Shown:
    """The item, for agents whom its ticket concerns. Raises NotFound for everybody else, and for what is not there."""
    mail = incoming.copy_of(connection, id)
    found = None if mail is None or mail.ticket_id is None else tickets.find(connection, mail.ticket_id)
    if mail is None or found is None or not allow(signed.actor, "see_internal", found.facts).allowed:
        raise NotFound
    files = {} if mail.seq is None else attachments.by_hash(connection, found.ticket.id, mail.seq)
    return Shown(mail, found.ticket.id, files)


def view_of(connection: Connection, mail: str) -> View:
    """What was kept of the item. An empty one when there is no more than its message says."""
    kept = incoming.shown(connection, mail)
    return EMPTY if kept is None else _DECODER.decode(zlib.decompress(kept))


def described(shown: Shown, view: View) -> dict[str, Any]:
    """For the console: all but the HTML, which stands in a frame of its own."""
    mail = shown.mail
    return {
        "mail": mail.id,
        "ticket": shown.ticket,
        "seq": mail.seq,
        "kind": mail.kind,
        "reason": mail.reason,
        "from": mail.sender,
        "to": view.to,
        "cc": view.cc,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "received_at": micros_written(mail.received_at),
        "internal_at": micros_written(mail.internal_at),
        "sent_at": micros_written(mail.sent_at),
        "relayed_at": micros_written(mail.relayed_at),
        "polled_at": micros_written(mail.polled_at),
        "committed_at": micros_written(mail.committed_at),
        "starts_at": micros_written(mail.starts_at),
        "quote": view.quote,
        "signature": view.signature,
        "html": view.html is not None,
        "links": view.links,
        "remote": len(view.remote),
        "files": _files(view.parts, shown.files),
        "bytes": mail.bytes,
        "sha256": mail.sha256,
    }


def _files(parts: Sequence[Part], known: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "file": known.get(part.sha256),
            "name": part.name,
            "type": part.type,
            "declared": part.declared,
            "bytes": part.bytes,
            "sha256": part.sha256,
            "inline": part.inline,
        }
        for part in parts
    ]
