"""`vipdesk export TARGET`: everything, or all of one customer, as JSON lines and files; no secrets."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.commands import naming
from server.commands.reaching import Reach, command
from store.blobs import Blobs
from store.export import Exported, export


def add(commands: Any) -> None:
    """Adds the command."""
    one = command(commands, "export", "write everything as JSON lines and files", _export)
    one.add_argument("target", type=Path, help="a folder that is not there yet")
    one.add_argument("--customer", help="only what is theirs: name, domain or id")


async def _export(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    if arguments.customer is None:
        owner = None
    else:
        owner = (await naming.customer(reach, arguments.customer)).id
    done = await export(reach.record, Blobs(reach.data / "files"), arguments.target, owner, datetime.now(UTC))
    value = {
        "export": str(arguments.target), "customer": owner, "rows": done.rows, "files": done.files,
        "missing": list(done.missing),
    }  # fmt: skip
    return value, _told(arguments.target, done)


def _told(target: Path, done: Exported) -> str:
    lost = f"\n  ATTACHMENTS THAT THE DESK ITSELF HAS LOST: {', '.join(done.missing)}" if done.missing else ""
    rows, kinds = sum(done.rows.values()), len(done.rows)
    files = f"{done.files} attachments and pictures" if done.files else "no attachments or pictures"
    return f"{target} holds {rows} rows of {kinds} kinds, a file of lines for each, and {files}.{lost}"
