"""`vipdesk mail …`: the mailboxes that are read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from desk.administration.mailboxes import AUTHENTICATIONS, COPIES, GRANTS, SECURITIES, MailboxDraft, drafted
from routing.errors import BadRequest
from server import mail_report
from server.cli import Failed
from server.commands import naming
from server.commands.reaching import Reach, command, given, group, table
from server.mail_report import BoxReport
from store import calendars, mailboxes
from store.ledger import Ledger
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
    ("smtp_host", "name of the SMTP server by which mail leaves; left out: none does"),
    ("smtp_port", "its port; 587 if not told"),
    ("smtp_security", f"{', '.join(SECURITIES)}; starttls if not told"),
    ("smtp_auth", "password, same (the mailbox's token) or none"),
    ("smtp_user", "by which mail is sent; the mailbox's if not told"),
    ("copies", f"{', '.join(COPIES)}: how it is proven that a mail was taken whose answer got lost"),
    ("sent", "folder in which its server files what was sent; Sent if not told"),
)
SECRETS = ("password", "client_secret", "refresh_token", "smtp_password")


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
        one.add_argument("--active", action=argparse.BooleanOptionalAction, help="whether it is read and sent from")
        one.add_argument("--plus", action=argparse.BooleanOptionalAction, help="its server takes plus addresses")
    for one in (change, attempt):
        one.add_argument("mailbox", help="its address or id")
    taken = command(inner, "import", "take mails from files as if they had come", _import)
    taken.add_argument("path", type=Path, help="a folder of .eml files, a Maildir, or an mbox")
    taken.add_argument("--mailbox", help="whose they are, by address or id; left out: the pool's general one")
    compare = command(inner, "reconcile", "compare mailboxes with the record, and fetch what is missing", _reconcile)
    compare.add_argument("mailbox", nargs="?", help="its address or id; left out: all that are read")
    compare.add_argument("--days", type=_days, default=30, help="how far back; 30 if not told")
    command(inner, "list", "list all mailboxes", _list)
    command(
        inner, "health", "how each mailbox is; exits 1 when one is silent or its mail does not come through", _health
    )


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
    from server.trying_mail import ways  # what speaks to mail servers is loaded when one is tried

    box = await naming.mailbox(reach, arguments.mailbox)
    rows, lines = [], []
    for way in await ways(box, reach.sealer):
        rows.append({"way": way.name, "failed": way.failed, "said": way.words, "mails": way.mails})
        if way.failed is not None:
            lines.append(f"{box.address}: {way.name}: the step {way.failed} failed: {way.words}")
        else:
            mails = "" if way.mails is None else f"{way.mails} mails; "
            lines.append(f"{box.address}: {way.name}: {mails}{way.words}")
    row = {"address": box.address, "ways": rows}
    if any(each["failed"] for each in rows):
        raise Failed(row, "\n".join(lines))
    return row, "\n".join(lines)


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    rows = [_row(each) for each in await reach.read(mailboxes.every)]
    cells = [(row["address"], row["host"], row.get("folder", "INBOX"), "" if row["active"] else "off") for row in rows]
    return rows, table(cells, "No mailbox is read yet: vipdesk mail add ADDRESS --host …")


async def _import(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    from server.importing_mail import imported  # what reads mail is loaded when some is to be read

    box = await _general(reach) if arguments.mailbox is None else await naming.mailbox(reach, arguments.mailbox)
    if not arguments.path.exists():
        raise BadRequest(f"There is no {arguments.path}.")
    try:
        counts = await imported(reach.desk, reach.blobs, reach.sealer, Ledger(reach.data), box, arguments.path)
    except OSError as error:
        raise BadRequest(f"{error.filename or arguments.path} cannot be read: {error.strerror}.") from error
    text = (
        f"{box.address}: {counts.found} mails found, {counts.new} taken, {counts.known} were there already.\n"
        f"  {counts.landed} landed, {counts.unreadable} could not be read and are kept, {counts.erased} are of somebody"
        f" who was erased, {counts.refused} could not be taken."
    )
    row = {"address": box.address, **asdict(counts)}
    if counts.refused:
        raise Failed(row, "\n".join((text, *(f"  {each}" for each in counts.why))))
    return row, text


async def _general(reach: Reach) -> Mailbox:
    boxes = [each for each in await reach.read(mailboxes.every) if each.customer_id is None]
    if len(boxes) != 1:
        raise BadRequest("Say whose mails they are: --mailbox ADDRESS.")
    return boxes[0]


async def _reconcile(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    from server.comparing_mail import compared  # what speaks to mail servers is loaded when one is asked

    if arguments.mailbox:
        boxes = [await naming.mailbox(reach, arguments.mailbox)]
    else:
        boxes = [each for each in await reach.read(mailboxes.every) if each.active]
    rows, lines = [], []
    for box in boxes:
        found = await compared(reach.desk, reach.blobs, reach.sealer, box, arguments.days)
        rows.append({"address": box.address, **found.row})
        lines.append(f"{box.address}: {found.said}")
    text = "\n".join(lines) or "No mailbox is read yet: vipdesk mail add ADDRESS --host …"
    if any(row["failed"] or row.get("lost") for row in rows):
        raise Failed(rows, text)
    return rows, text


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise argparse.ArgumentTypeError("it must be a number of days from 1 on")
    return int(text)


async def _health(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    found = await reach.read(lambda connection: mail_report.reports(connection, reach.clock))
    rows = [mail_report.as_row(each) for each in found]
    lines = [line for each in found for line in _lines(each)]
    text = "\n".join(lines) or "No mailbox is read yet: vipdesk mail add ADDRESS --host …"
    if any(each.grade == "bad" for each in found):
        raise Failed(rows, text)
    return rows, text


def _lines(found: BoxReport) -> Iterator[str]:
    """Of one mailbox: its state first, then what stands behind it."""
    yield f"{found.box.address}: {mail_report.said(found)}"
    if todo := mail_report.todo(found):
        yield f"  to do       {todo}"
    if found.polled_by:
        yield f"  read by     {found.polled_by}"
    for folder, (uidvalidity, last) in found.cursors.items():
        yield f"  cursor      {folder}: everything up to {last} of {uidvalidity}"
    for state, count in found.backlog.items():
        yield f"  {state:<12}{count}"
    if compared := mail_report.compared(found.health):
        yield f"  compared    {compared}"
    if (trip := mail_report.trip_s(found.health)) is not None:
        yield f"  probe mail  took {trip:.1f} s the whole way"


async def _told(reach: Reach, id: str) -> tuple[Any, str]:
    [found] = [each for each in await reach.read(mailboxes.every) if each.id == id]
    row = _row(found)
    return row, table(list(_options(row)), "")


def _options(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """What was set, by the names of the options that set it."""
    for name, value in row.items():
        option = before + name.replace("_", "-")
        if isinstance(value, Mapping):
            yield from _options(value, f"{option}-")
        elif isinstance(value, bool):
            yield option, "yes" if value else "no"
        elif isinstance(value, (list, tuple)):
            yield option, ", ".join(map(str, value))
        elif value not in (None, ""):
            yield option, str(value)


def _row(box: Mailbox) -> dict[str, Any]:
    row: dict[str, Any] = {"id": box.id, "address": box.address, "name": box.name, "customer": box.customer_id}
    return row | dict(box.endpoint) | {"active": box.active}
