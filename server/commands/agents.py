"""`vipdesk agent …`: who works at the desk, in which teams, and how they sign in."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from desk.administration.absences import drafted as absence
from desk.administration.agents import ROLES, TEAMS, AgentDraft, drafted, weekly
from desk.administration.calendars import WEEKDAYS
from desk.administration.leaving import left_open
from routing.errors import BadRequest
from server.commands import naming
from server.commands.reaching import PAGING, Reach, command, given, group, listed, options, paged, paging, table
from store import agents
from store.agents import Profile
from store.times import micros

FIELDS = (
    ("name", "their name"),
    ("email", "the mail address they sign in with"),
    ("title", "what customers read under the name"),
    ("teams", f"of {', '.join(TEAMS)}, separated by commas; none: none"),
    ("roles", f"of {', '.join(ROLES)}, separated by commas"),
    ("languages", "languages they speak, separated by commas"),
    ("zone", "their time zone"),
    *((day, "their own hours of that day, such as 09:00-12:00,13:00-17:00; none: none") for day in WEEKDAYS),
    ("language", "of their console, such as de; none: as their browser wishes"),
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
        command(inner, "left-open", "print what would be nobody's if they left", _left_open),
        command(inner, "no-second-step", "switch their second step off", _no_second_step),
        photo := command(inner, "photo", "show a picture of them, or none", _photo),
        command(inner, "show", "show one agent", _show),
    ):
        one.add_argument("agent", help="their mail address, name or id")
    options(change, *FIELDS)
    photo.add_argument("file", help="a PNG, JPEG, WebP or GIF; none: initials")
    options(leave, ("successor", "who takes over their customers and tickets"))
    options(command(inner, "list", "list agents", _list), ("team", f"only those of one of {', '.join(TEAMS)}"), *PAGING)


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
    await reach.admin.agents.leave(None, kept.id, arguments.successor or "")
    return await _told(reach, kept.id)


async def _back(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    await reach.admin.agents.come_back(None, kept.id)
    return await _told(reach, kept.id)


async def _left_open(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept, now = await naming.agent(reach, arguments.agent), micros(reach.clock.now())
    left = await reach.read(lambda connection: left_open(connection, kept.id, now))
    row = {
        "named": list(left.named.values()), "stands_in": list(left.stands_in.values()), "tickets": left.tickets_in_all,
        "oldest": [each.shown for each in left.tickets], "chats": [each.shown for each in left.chats],
        "absences": [vars(absence(each, kept.zone)) for each in left.absences],
    }  # fmt: skip
    cells = [
        ("named agent of", ", ".join(left.named.values()) or "-"),
        ("stand-in for", ", ".join(left.stands_in.values()) or "-"), ("open tickets", left.tickets_in_all),
        ("live chats", ", ".join(each.shown for each in left.chats) or "-"),
        ("absences to come", len(left.absences)),
    ]  # fmt: skip
    return row, table(cells, "")


async def _no_second_step(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    await reach.admin.agents.end_second_step(None, kept.id)
    return {"id": kept.id, "second_step": False}, f"{kept.name} signs in by the password alone."


async def _photo(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    if arguments.file == "none":
        await reach.admin.agents.drop_photo(None, kept.id)
    else:
        try:
            data = await asyncio.to_thread(Path(arguments.file).read_bytes)
        except OSError as error:
            raise BadRequest(f"{arguments.file} cannot be read: {error.strerror}.") from error
        await reach.admin.agents.show_photo(None, kept.id, data, reach.keep)
    return await _told(reach, kept.id)


async def _link(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.agent(reach, arguments.agent)
    url = await _url(reach, kept.id)
    return {"id": kept.id, "link": url}, url


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    text, number = paging(arguments)
    team = arguments.team or ""
    if team and team not in TEAMS:
        raise BadRequest(f"--team is one of {', '.join(TEAMS)}.")
    page = await reach.read(lambda connection: agents.page(connection, text, number, team))
    rows = [_row(each) for each in page.rows]
    cells = [
        (row["name"], row["email"], ",".join(row["teams"]) or "-", ",".join(row["roles"]), row["capacity"],
         "" if row["active"] else "left")
        for row in rows
    ]  # fmt: skip
    return rows, paged(page, table(cells, "There is no such agent."))


async def _show(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    return await _told(reach, (await naming.agent(reach, arguments.agent)).id)


def _draft(kept: AgentDraft, arguments: argparse.Namespace) -> AgentDraft:
    teams, roles = listed(arguments.teams), listed(arguments.roles)
    arguments.teams, arguments.roles = () if teams == ("none",) else teams, roles
    named = [getattr(arguments, day) for day in WEEKDAYS]
    hours = tuple(_plain(new, old) for new, old in zip(named, kept.hours, strict=True))
    arguments.language = _plain(arguments.language, kept.language)
    return given(replace(kept, hours=hours), arguments)


def _plain(new: str | None, old: str) -> str:
    """What was told, where `none` empties; else what it was."""
    told = old if new is None else new
    return "" if told.strip().lower() == "none" else told


async def _url(reach: Reach, id: str) -> str:
    return f"{reach.base_url}/welcome/{await reach.admin.agents.link(None, id)}"


async def _told(reach: Reach, id: str) -> tuple[dict[str, Any], str]:
    row = _row(await naming.agent(reach, id))
    cells = [(name, _cell(value)) for name, value in row.items()]
    return row, table(cells, "")


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{day} {hours}" for day, hours in value.items()) or "-"
    return ", ".join(value) or "-" if isinstance(value, list) else value


def _row(agent: Profile) -> dict[str, Any]:
    return {
        "id": agent.id, "name": agent.name, "email": agent.email, "title": agent.title, "teams": list(agent.teams),
        "roles": list(agent.roles), "languages": list(agent.languages), "zone": agent.zone, "capacity": agent.capacity,
        "reserved": agent.reserved, "ring_seconds": agent.ring_seconds, "language": agent.language,
        "hours": {day: hours for day, hours in zip(WEEKDAYS, weekly(agent), strict=True) if hours},
        "photo": agent.photo is not None, "active": agent.active,
    }  # fmt: skip
