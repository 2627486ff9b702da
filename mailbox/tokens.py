"""What a mail is about, signed: in addresses and in Message-IDs of ours. A token says which, never who: it lets nobody
in.

support+c.<ticket>-<mac>@…   the ticket: Reply-To of what we write
support+b.<mail>-<mac>@…     the mail of ours that bounced: sender of its envelope
support+s.<mail>-<mac>@…     the mail of ours whose copy comes back: its server has it
<m.<mail>.<ticket>-<mac>@…>  both, as Message-ID; <n.<mail>-<mac>@…> of mail that is about no ticket

Small letters and digits only: some servers on the way change the case of addresses.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Literal

from desk.sealing import Sealer

Kind = Literal["ticket", "bounce", "copy", "mail"]
LONGEST_LOCAL = 64
"""Signs before the @ (RFC 5321, 4.5.3.1.1)."""
_TOKEN = re.compile(r"(?:^|[+.<])c\.([a-z2-7]{1,80})-([a-z2-7]{16})@", re.IGNORECASE)
_BOUNCE = re.compile(r"(?:^|[+.<])b\.([a-z2-7]{1,80})-([a-z2-7]{16})@", re.IGNORECASE)
_COPY = re.compile(r"(?:^|[+.<])s\.([a-z2-7]{1,80})-([a-z2-7]{16})@", re.IGNORECASE)
_IN_MESSAGE_ID = re.compile(r"^<?m\.[a-z0-9]+\.([a-z2-7]{1,80})-([a-z2-7]{16})@", re.IGNORECASE)


def address(sealer: Sealer, base: str, ticket: str) -> str | None:
    """`base` with the token of the ticket, for a mailbox whose server takes plus addresses; None: too long."""
    return _plus(sealer, base, "c", "ticket", ticket)


def bounce_address(sealer: Sealer, base: str, mail: str) -> str | None:
    """Where bounces of this mail come back; None: too long."""
    return _plus(sealer, base, "b", "bounce", mail)


def copy_address(sealer: Sealer, base: str, mail: str) -> str | None:
    """Where its copy comes back; None: too long."""
    return _plus(sealer, base, "s", "copy", mail)


def message_id(sealer: Sealer, mail: str, ticket: str | None, domain: str) -> str:
    """Of a mail of ours; the same for the same mail."""
    if ticket is None:
        return f"<n.{_signed(sealer, 'mail', mail)}@{domain}>"
    else:
        return f"<m.{_written(mail)}.{_signed(sealer, 'ticket', ticket)}@{domain}>"


def tickets(sealer: Sealer, addresses: Iterable[str], message_ids: Iterable[str]) -> tuple[str, ...]:
    """The tickets that valid tokens name, in this order, each once; anything else is passed over."""
    found = [match for each in addresses if (match := _TOKEN.search(each))]
    found += [match for each in message_ids if (match := _IN_MESSAGE_ID.match(each))]
    named = (_named(sealer, "ticket", match[1], match[2]) for match in found)
    return tuple(dict.fromkeys(ticket for ticket in named if ticket is not None))


def bounced(sealer: Sealer, addresses: Iterable[str]) -> str | None:
    """The mail that a valid bounce address names."""
    return _first(sealer, "bounce", _BOUNCE, addresses)


def copied(sealer: Sealer, addresses: Iterable[str]) -> str | None:
    """The mail that a valid address of a copy names."""
    return _first(sealer, "copy", _COPY, addresses)


def _plus(sealer: Sealer, base: str, sign: str, kind: Kind, id: str) -> str | None:
    local, _, domain = base.rpartition("@")
    made = f"{local}+{sign}.{_signed(sealer, kind, id)}"
    return f"{made}@{domain}" if len(made) <= LONGEST_LOCAL else None


def _first(sealer: Sealer, kind: Kind, pattern: re.Pattern[str], addresses: Iterable[str]) -> str | None:
    found = [match for each in addresses if (match := pattern.search(each))]
    named = (_named(sealer, kind, match[1], match[2]) for match in found)
    return next((each for each in named if each is not None), None)


def _signed(sealer: Sealer, kind: Kind, id: str) -> str:
    return f"{_written(id)}-{sealer.short(f'{kind} {id}')}"


def _written(id: str) -> str:
    """An id of ours is 128 bits, and shorter so; any other is its letters."""
    bits = _bits(id)
    return base64.b32encode(id.encode() if bits is None else bits).decode().lower().rstrip("=")


def _bits(id: str) -> bytes | None:
    if len(id) != 22 or not id.isascii():
        return None
    try:
        bits = base64.urlsafe_b64decode(f"{id}==")
    except ValueError:
        return None
    return bits if _id(bits) == id else None


def _id(bits: bytes) -> str:
    return base64.urlsafe_b64encode(bits).decode().rstrip("=")


def _named(sealer: Sealer, kind: Kind, written: str, mac: str) -> str | None:
    padded = written.upper() + "=" * (-len(written) % 8)
    try:
        bits = base64.b32decode(padded)
    except ValueError:
        return None
    meant = [_id(bits), bits.decode("ascii", "replace")]  # the signature tells which of both it is
    return next((id for id in meant if sealer.fits(f"{kind} {id}", mac)), None)
