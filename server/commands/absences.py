"""`vipdesk absence …`: when agents will not be there; routing and buttons obey it."""

from __future__ import annotations

import argparse
from typing import Any

from desk.administration.absences import AbsenceDraft, coming, drafted
from routing.errors import BadRequest
from server.commands import naming
from server.commands.reaching import Reach, command, given, group, options, table
from store.agents import Leave, Profile
from store.times import micros

FIELDS = (
    ("since", "first day, such as 2026-07-01, or an instant by their own clock: 2026-07-01 12:00"),
    ("until", "last day, included, or an instant"),
    ("reason", "read by admins only"),
)


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "absence", "absences of agents")
    new = command(inner, "add", "an agent will not be there", _add)
    listing = command(inner, "list", "list an agent's absences that are not over", _list)
    end = command(inner, "end", "take an absence back; one that has begun ends now", _end)
    for one in (new, listing, end):
        one.add_argument("agent", help="their mail address, name or id")
    options(new, *FIELDS, needed=("since", "until"))
    end.add_argument("absence", help="its id, from the list")


async def _add(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    id = await reach.admin.absences.add(None, kept.id, given(AbsenceDraft(), arguments))
    found = await _coming(reach, kept)
    row = _row(kept, next(each for each in found if each.id == id))
    return row, table(list(row.items()), "")


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    rows = [_row(kept, each) for each in await _coming(reach, kept)]
    cells = [(row["since"], row["until"], row["reason"] or "-", row["id"]) for row in rows]
    return rows, table(cells, f"{kept.name} has no absences to come.")


async def _end(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    if arguments.absence not in {each.id for each in await _coming(reach, kept)}:
        raise BadRequest(f"{kept.name} has no absence {arguments.absence} that is not over.")
    await reach.admin.absences.end(None, kept.id, arguments.absence)
    return {"id": arguments.absence}, f"{kept.name} is not absent then any more."


async def _coming(reach: Reach, kept: Profile) -> list[Leave]:
    now = micros(reach.clock.now())
    return await reach.read(lambda connection: coming(connection, kept.id, now))


def _row(kept: Profile, each: Leave) -> dict[str, str]:
    return {"id": each.id, "agent": kept.email} | vars(drafted(each, kept.zone))
