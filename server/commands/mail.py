"""`vipdesk mail …`: the mailboxes that are read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from desk.administration.mailboxes import AUTHENTICATIONS, GRANTS, SECURITIES, MailboxDraft, drafted
from routing.errors import BadRequest
from server.cli import Failed
from server.commands import naming
from server.commands.reaching import Reach, command, given, group, table
from store import calendars, mailboxes
from store.mailboxes import Mailbox

FIELDS = (
    ("host", "name of the IMAP server"),
    ("port", "its port; 993 if not told"),
    ("security", f"{', '.join(SECURITIES)}; plain for a server on this machine only"),
    ("user", "by which the mailbox is signed in to; the address if not told"),
    ("auth", f"{', '.join(AUTHENTICATIONS)}: how"),
    ("token_url", "where tokens are given, for the ways by token"),
    ("client_id", "under which the desk is known there"),
    ("scope", "what the token is for"),
    ("grant", " or ".join(GRANTS)),
    ("name", "what customers read beside the address"),
    ("customer", "whose dedicated address it is; left out: the pool's general one"),
    ("calendar", "which office hours hold, by name or id; left out: the only ones"),
    ("folder", "what is read; INBOX if not told"),
    ("done", "folder to which mail goes that was seen to; left out: it is marked as seen"),
    ("ca_file", "file with the only certificates that are trusted"),
    ("trusts", "hosts of our own whose word on a sender is believed, separated by commas"),
    ("since", "day; older mail is left alone"),
)
SECRETS = ("password", "client_secret", "refresh_token")


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "mail", "mailboxes that are read")
    new = command(inner, "add", "read a mailbox", _add)
    new.add_argument("address", help="its mail address")
    change = command(inner, "change", "change how a mailbox is read", _change)
    attempt = command(inner, "test", "sign in to a mailbox and say which step fails", _test)
    for one in (new, change):
        for name, help in FIELDS:
            one.add_argument(f"--{name.replace('_', '-')}", help=help, required=one is new and name == "host")
        for name in SECRETS:
            one.add_argument(f"--{name.replace('_', '-')}-file", help="file that holds it; - for stdin")
    change.add_argument("--active", action=argparse.BooleanOptionalAction, help="whether it is read")
    for one in (change, attempt):
        one.add_argument("mailbox", help="its address or id")
    command(inner, "list", "list all mailboxes", _list)


async def _add(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    await _read(reach, arguments)
    only = [each.id for each in await reach.read(calendars.every)]
    draft = MailboxDraft(arguments.address, only[0] if len(only) == 1 else "", user=arguments.address)
    id = await reach.admin.mailboxes.add(None, given(draft, arguments))
    return await _told(reach, id)


async def _change(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.mailbox(reach, arguments.mailbox)
    await _read(reach, arguments)
    await reach.admin.mailboxes.change(None, kept.id, given(drafted(kept), arguments))
    return await _told(reach, kept.id)


async def _read(reach: Reach, arguments: argparse.Namespace) -> None:
    if arguments.customer:
        arguments.customer = (await naming.customer(reach, arguments.customer)).id
    if arguments.calendar is not None:
        arguments.calendar = (await naming.calendar(reach, arguments.calendar)).id
    for name in SECRETS:
        path = getattr(arguments, f"{name}_file")
        setattr(arguments, name, None if path is None else _secret_of(path))


def _secret_of(path: str) -> str:
    try:
        return (sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")).strip("\r\n")
    except (OSError, ValueError) as error:
        raise BadRequest(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.") from error


async def _test(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    import httpx2  # what speaks to mail servers is loaded when one is tried

    from mailbox.places import place
    from mailbox.trying import tried

    box = await naming.mailbox(reach, arguments.mailbox)
    async with httpx2.AsyncClient() as http:
        found = await tried(place(box, reach.sealer, http, lambda sealed: None))
    row = {"address": box.address, "failed": found.failed, "said": found.words, "mails": found.mails}
    if found.failed is not None:
        raise Failed(row, f"{box.address}: the step {found.failed} failed: {found.words}")
    return row, f"{box.address}: {found.mails} mails; {found.words}"


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    rows = [_row(each) for each in await reach.read(mailboxes.every)]
    cells = [(row["address"], row["host"], row["folder"], "" if row["active"] else "off") for row in rows]
    return rows, table(cells, "No mailbox is read yet: vipdesk mail add ADDRESS --host …")


async def _told(reach: Reach, id: str) -> tuple[Any, str]:
    [found] = [each for each in await reach.read(mailboxes.every) if each.id == id]
    row = _row(found)
    return row, table([(name, value) for name, value in row.items() if value not in (None, "")], "")


def _row(box: Mailbox) -> dict[str, Any]:
    row: dict[str, Any] = {"id": box.id, "address": box.address, "name": box.name, "customer": box.customer_id}
    return row | dict(box.endpoint) | {"active": box.active}
