"""`vipdesk settings …` and `vipdesk health`: what is set, and how the desk is."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from desk.administration.desk_settings import drafted
from server.cli import Failed
from server.commands.reaching import Reach, command, given, group, options, table
from server.environment import shown
from server.health_report import as_rows, report, versions


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "settings", "what is set for the whole desk")
    command(inner, "show", "show what admins set, and what the environment decides, without secrets", _show)
    options(command(inner, "change", "change what admins set; it holds at once", _change), ("name", "of the desk"))
    command(commands, "health", "how the desk is, part by part; exits 1 when there is a fault", _health)


async def _show(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = asdict(await reach.read(drafted))
    rows = shown(reach.settings)
    cells = [*kept.items(), *((each.name, each.value or "-") for each in rows)]
    return {"desk": kept, "environment": {each.name: each.value for each in rows}}, table(cells, "")


async def _change(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    await reach.admin.settings.change(None, given(await reach.read(drafted), arguments))
    return await _show(reach, arguments)


async def _health(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    found = await report(reach.settings, reach.record, reach.live, reach.clock)
    kind = "PostgreSQL" if reach.settings.database_url else "SQLite"
    row = {"ok": all(each.grade != "bad" for each in found), "parts": as_rows(found), "versions": versions(kind)}
    text = table([(each.grade, each.title, each.said, each.todo) for each in found], "")
    if not row["ok"]:
        raise Failed(row, text)
    return row, text
