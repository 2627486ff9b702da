"""`vipdesk agent …`: who works at the desk, in which teams, and how they sign in."""

from __future__ import annotations

import argparse
from typing import Any

from desk.administration.agents import ROLES, TEAMS, AgentDraft, drafted
from server.commands import naming
from server.commands.reaching import Reach, command, given, group, listed, options, table
from store import agents
from store.agents import Profile

FIELDS = (
    ("name", "their name"),
    ("email", "the mail address they sign in with"),
    ("title", "what customers read under the name"),
    ("teams", f"of {', '.join(TEAMS)}, separated by commas; none: none"),
    ("roles", f"of {', '.join(ROLES)}, separated by commas"),
    ("languages", "languages they speak, separated by commas"),
    ("zone", "their time zone"),
    ("capacity", "chats at once"),
    ("reserved", "of these, kept free of pool work"),
    ("ring-seconds", "how long they are rung"),
)


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "agent", "agents: teams, capacity, sign-in")
    options(command(inner, "add", "add an agent and print their sign-in link", _add), *FIELDS, needed=("name", "email"))
    change = command(inner, "change", "change an agent", _change)
    leave = command(inner, "leave", "an agent leaves and is replaced everywhere", _leave)
    for one in (
        change,
        leave,
        command(inner, "back", "an agent works here again", _back),
        command(inner, "link", "print a new sign-in link", _link),
        command(inner, "show", "show one agent", _show),
    ):
        one.add_argument("agent", help="their mail address, name or id")
    options(change, *FIELDS)
    options(leave, ("successor", "who takes over their customers and tickets"))
    command(inner, "list", "list all agents", _list)


async def _add(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    id = await reach.admin.agents.add(None, _draft(AgentDraft("", ""), arguments))
    url = await _url(reach, id)
    row, text = await _told(reach, id)
    return row | {"link": url}, f"{text}\n\nThey sign in once with this link, which is good for three days:\n{url}"


async def _change(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    await reach.admin.agents.change(None, kept.id, _draft(drafted(kept), arguments))
    return await _told(reach, kept.id)


async def _leave(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    successor = None if arguments.successor is None else await naming.working(reach, arguments.successor)
    await reach.admin.agents.leave(None, kept.id, successor)
    return await _told(reach, kept.id)


async def _back(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    await reach.admin.agents.come_back(None, kept.id)
    return await _told(reach, kept.id)


async def _link(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    url = await _url(reach, kept.id)
    return {"id": kept.id, "link": url}, url


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    rows = [_row(each) for each in await reach.read(agents.every)]
    cells = [
        (row["name"], row["email"], ",".join(row["teams"]) or "-", ",".join(row["roles"]), row["capacity"],
         "" if row["active"] else "left")
        for row in rows
    ]  # fmt: skip
    return rows, table(cells, "Nobody works here yet.")


async def _show(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    return await _told(reach, (await naming.agent(reach, arguments.agent)).id)


def _draft(kept: AgentDraft, arguments: argparse.Namespace) -> AgentDraft:
    teams, roles = listed(arguments.teams), listed(arguments.roles)
    arguments.teams, arguments.roles = () if teams == ("none",) else teams, roles
    return given(kept, arguments)


async def _url(reach: Reach, id: str) -> str:
    return f"{reach.base_url}/welcome/{await reach.admin.agents.link(None, id)}"


async def _told(reach: Reach, id: str) -> tuple[dict[str, Any], str]:
    row = _row(await naming.agent(reach, id))
    cells = [(name, ", ".join(value) or "-" if isinstance(value, list) else value) for name, value in row.items()]
    return row, table(cells, "")


def _row(agent: Profile) -> dict[str, Any]:
    return {
        "id": agent.id, "name": agent.name, "email": agent.email, "title": agent.title, "teams": list(agent.teams),
        "roles": list(agent.roles), "languages": list(agent.languages), "zone": agent.zone, "capacity": agent.capacity,
        "reserved": agent.reserved, "ring_seconds": agent.ring_seconds, "active": agent.active,
    }  # fmt: skip
