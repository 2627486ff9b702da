"""`vipdesk session …`: which agents are signed in, and ending it; running processes close the lines within seconds."""

from __future__ import annotations

import argparse
from typing import Any

from desk.administration.sessions import used_after
from routing.errors import BadRequest
from server.commands import naming
from server.commands.reaching import PAGING, Reach, command, group, options, paged, paging, table
from server.pages.saying import device, said_at
from store import sessions
from store.sessions import OpenSession
from store.times import instant


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "session", "sessions of agents")
    options(command(inner, "list", "list the sessions that hold", _list), *PAGING)
    end = command(inner, "end", "end a session, all of an agent, or everybody's", _end)
    which = end.add_mutually_exclusive_group(required=True)
    which.add_argument("--session", help="the id of one, or how it begins")
    which.add_argument("--agent", help="all of this agent: mail address, name or id")
    which.add_argument("--all", action="store_true", help="everybody's")


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    text, number = paging(arguments)
    after = used_after(reach.clock.real())
    page = await reach.read(lambda connection: sessions.open_page(connection, text, number, after))
    cells = [(each.id[:12], each.agent_name, device(each.device), said_at(each.used_at)) for each in page.rows]
    return [_row(each) for each in page.rows], paged(page, table(cells, "Nobody is signed in."))


async def _end(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    if arguments.all:
        ended = await reach.admin.sessions.end_all(None)
    elif arguments.agent is not None:
        ended = await reach.admin.sessions.end_of_agent(None, (await naming.agent(reach, arguments.agent)).id)
    else:
        await reach.admin.sessions.end(None, await _whole(reach, arguments.session))
        ended = 1
    return {"ended": ended}, f"{ended} ended."


async def _whole(reach: Reach, begins: str) -> str:
    found = await reach.read(lambda connection: sessions.beginning_with(connection, begins))
    if len(found) != 1:
        raise BadRequest(f"{len(found)} sessions begin with {begins}." if found else f"There is no session {begins}.")
    return found[0]


def _row(each: OpenSession) -> dict[str, str]:
    return {
        "id": each.id, "agent": each.agent_id, "name": each.agent_name, "device": each.device,
        "since": instant(each.created_at).isoformat(), "used": instant(each.used_at).isoformat(),
    }  # fmt: skip
