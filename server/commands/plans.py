"""`vipdesk plan …`: on which plans the add-on is sold, and what it costs."""

from __future__ import annotations

import argparse
from typing import Any

from desk.administration.plans import CURRENCY, amount, plans
from server.commands.reaching import Reach, command, group, table


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "plan", "plans on which the add-on is sold")
    command(inner, "list", "list them", _told)
    one = command(inner, "set", "write the list anew; what is sold stays as it is", _set)
    one.add_argument("plan", nargs="+", help="name and fee a month, such as “All-inclusive: 1000”")


async def _set(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    await reach.admin.plans.set(None, "\n".join(arguments.plan))
    return await _told(reach, arguments)


async def _told(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    rows: list[dict[str, Any]] = [{"plan": each.name, "fee_cents": each.fee_cents} for each in await reach.read(plans)]
    cells = [(row["plan"], f"{amount(row['fee_cents'])} {CURRENCY}") for row in rows]
    return rows, table(cells, "")
