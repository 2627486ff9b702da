"""`vipdesk answer routing FILE`: what the rules answer to cases. `vipdesk audit verify`: whether the chain holds."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from routing import answer
from routing.errors import BadRequest
from server import wiring
from server.cli import show
from server.settings import Settings
from store import audit


def add(commands: Any) -> None:
    """Adds the commands."""
    one = commands.add_parser("answer", help="answer worked cases by the rules")
    one.add_argument("rules", choices=["routing"], help="which rules")
    one.add_argument("file", type=Path, help="a JSON file of cases")
    one.set_defaults(command=_answer)
    chain = commands.add_parser("audit", help="check the chain of audit rows")
    chain.add_argument("what", choices=["verify"])
    chain.add_argument("--json", action="store_true")
    chain.set_defaults(command=_verify)


def _answer(settings: Settings, arguments: argparse.Namespace) -> int:
    try:
        document = json.loads(arguments.file.read_text("utf-8"))
    except OSError as error:
        raise BadRequest(f"{arguments.file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadRequest(f"{arguments.file} is no JSON: {error}.") from error
    print(json.dumps(answer.routing(document), ensure_ascii=False, indent=1))
    return 0


def _verify(settings: Settings, arguments: argparse.Namespace) -> int:
    async def look() -> audit.Verdict:
        async with wiring.opened(settings) as base:
            return await audit.verify_all(base.record)

    found = asyncio.run(look())
    show({"rows": found.rows, "ok": not found.fault, "fault": found.fault or None}, arguments.json,
         found.fault or f"Rows in the audit: {found.rows}. The chain holds.")  # fmt: skip
    return 1 if found.fault else 0
