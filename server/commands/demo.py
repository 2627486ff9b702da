"""`vipdesk demo --json`: who and what is in the demo of this data folder, for programs that try it."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from server.demo import cast, seed
from server.demo.seed import portal_url
from server.opening import StartError, opened
from server.settings import Settings
from store import agents, buttons, customers
from store.agents import Profile
from store.engine import Connection


def add(commands: Any) -> None:
    """Adds the command."""
    one = commands.add_parser("demo", help="print the demo's addresses and people")
    one.add_argument("--json", action="store_true", help="for programs")
    one.set_defaults(command=_demo)


def _demo(settings: Settings, arguments: argparse.Namespace) -> int:
    found = asyncio.run(_look(settings))
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(f"desk    {found['desk']}\nportal  {found['portal']}")
    for button in found["buttons"]:
        print(f"button  {button['key']}  {button['customer']}  {button['identity_policy']}")
    for person in found["people"]:
        print(f"agent   {person['name']}  {person['email']}  {person['password']}")
    return 0


async def _look(settings: Settings) -> dict[str, Any]:
    async with opened(settings) as base:
        if base.kind is None:
            await seed.begin(base)
        elif not base.is_demo:
            raise StartError("The desk in this folder is a real one, not a demo.")
        return await base.record.read(lambda connection: _answer(connection, settings))


def _answer(connection: Connection, settings: Settings) -> dict[str, Any]:
    named: dict[str, list[str]] = {}
    for customer in customers.every(connection):
        if customer.named_id:
            named.setdefault(customer.named_id, []).append(customer.id)
    passwords = {each.id: each.password for each in cast.AGENTS}
    return {
        "desk": settings.base_url,
        "portal": portal_url(settings),
        "buttons": [
            {"key": button.key, "customer": button.customer_id, "identity_policy": button.policy}
            for button in buttons.every(connection) if button.active
        ],
        "people": [_person(each, passwords, named) for each in agents.every(connection) if each.active],
    }  # fmt: skip


def _person(agent: Profile, passwords: dict[str, str], named: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "id": agent.id, "name": agent.name, "email": agent.email, "password": passwords.get(agent.id),
        "teams": list(agent.teams), "roles": list(agent.roles), "customers": named.get(agent.id, []),
    }  # fmt: skip
