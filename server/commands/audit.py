"""`vipdesk audit …`: who did what; whether the chain of rows holds; the head that proves it later."""

from __future__ import annotations

import argparse
from typing import Any

from desk.administration.auditing import AuditQuestion, filter_of, head_of, named
from routing.errors import BadRequest
from server import audit_export
from server.cli import Failed
from server.commands.reaching import Reach, command, given, group, options, table
from store import audit, audit_log
from store.engine import Connection

FIELDS = (
    ("actor", "whose acts: a name, an id, or desk for the desk itself"),
    ("object", "on what: a name, an id, or a ticket's number"),
    ("action", "of which kind"),
    ("since", "from this day on, such as 2026-01-01"),
    ("until", "up to this day, included"),
)
MOST = 1_000


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "audit", "who did what, and whether the chain holds")
    verify = command(inner, "verify", "find a changed, missing or reordered row; exits 1 when there is one", _verify)
    options(verify, ("head", "a head that was kept elsewhere: finds rows cut off at the end"))
    command(inner, "head", "print the head of the chain, to be kept elsewhere", _head)
    shown = command(inner, "list", "list the newest rows", _list)
    options(shown, *FIELDS)
    shown.add_argument("--before", type=int, default=2**62, help="rows with smaller numbers only")
    shown.add_argument("--most", type=int, default=50, help="how many")
    export = command(inner, "export", "print all rows for spreadsheets or programs", _export)
    options(export, *FIELDS)
    export.add_argument("--format", choices=sorted(audit_export.FORMATS), default="jsonl", help="how")


async def _verify(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    found = await audit.verify_all(reach.record, head_of(arguments.head or ""))
    row = {"rows": found.rows, "ok": not found.fault, "fault": found.fault or None, "head": found.head}
    text = found.fault or f"Rows in the audit: {found.rows}. The chain holds."
    if found.fault:
        raise Failed(row, text)
    return row, text


async def _head(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    found = await reach.read(audit.head)
    return {"number": found.number, "hash": found.hash, "head": str(found)}, str(found)


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    if not 1 <= arguments.most <= MOST:
        raise BadRequest(f"--most cannot be {arguments.most}: take 1 to {MOST}.")
    question = given(AuditQuestion(), arguments)

    def query(connection: Connection) -> list[dict[str, Any]]:
        only = filter_of(connection, question)
        found = audit_log.page(connection, arguments.before, arguments.most, only)
        names = named(connection, found)
        return [audit_export.row_of(each, names) for each in found]

    rows = await reach.read(query)
    cells = [
        (row["number"], row["at"][:19], row["actor"] or row["actor_id"] or "the desk", row["action"],
         row["object_name"] or row["object"])
        for row in rows
    ]  # fmt: skip
    return rows, table(cells, "No row fits.")


async def _export(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    question = given(AuditQuestion(), arguments)
    only = await reach.read(lambda connection: filter_of(connection, question))
    format = "jsonl" if arguments.json else arguments.format
    await reach.admin.audit.exported(None, format, question)
    async for line in audit_export.lines(reach.record, only, format):
        print(line, end="")
    return None, ""
