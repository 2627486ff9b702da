"""Which ticket a mail is about, signed: in addresses (`support+c.<ticket>-<mac>@…`) and in Message-IDs
(`<m.<mail>.<ticket>-<mac>@…>`). It says which, never who: it lets nobody in.

Small letters and digits only: some servers on the way change the case of addresses.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

from desk.sealing import Sealer

_TOKEN = re.compile(r"(?:^|[+.<])c\.([a-z2-7]{1,80})-([a-z2-7]{16})@", re.IGNORECASE)
_IN_MESSAGE_ID = re.compile(r"^<?m\.[a-z0-9]+\.([a-z2-7]{1,80})-([a-z2-7]{16})@", re.IGNORECASE)


def address(sealer: Sealer, base: str, ticket: str) -> str:
    """`base` with the token of the ticket, for a mailbox whose server takes plus addresses."""
    local, _, domain = base.rpartition("@")
    return f"{local}+c.{_signed(sealer, ticket)}@{domain}"


def message_id(sealer: Sealer, mail: str, ticket: str, domain: str) -> str:
    """Of a mail of ours about a ticket; the same for the same mail."""
    name = base64.b32encode(mail.encode()).decode().lower().rstrip("=")
    return f"<m.{name}.{_signed(sealer, ticket)}@{domain}>"


def tickets(sealer: Sealer, addresses: Iterable[str], message_ids: Iterable[str]) -> tuple[str, ...]:
    """The tickets that valid tokens name, in this order, each once; anything else is passed over."""
    found = [match for each in addresses if (match := _TOKEN.search(each))]
    found += [match for each in message_ids if (match := _IN_MESSAGE_ID.match(each))]
    named = (_named(sealer, match[1], match[2]) for match in found)
    return tuple(dict.fromkeys(ticket for ticket in named if ticket is not None))


def _signed(sealer: Sealer, ticket: str) -> str:
    return f"{base64.b32encode(ticket.encode()).decode().lower().rstrip('=')}-{sealer.short(f'ticket {ticket}')}"


def _named(sealer: Sealer, written: str, mac: str) -> str | None:
    padded = written.upper() + "=" * (-len(written) % 8)
    try:
        ticket = base64.b32decode(padded).decode()
    except ValueError:
        return None
    return ticket if sealer.fits(f"ticket {ticket}", mac) else None
