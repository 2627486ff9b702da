"""A real desk for load: `python -m bench.seed ORIGIN` makes it where the settings say; prints `{"people", "buttons"}`.

Eight customers whose office never closes, each with a named agent of their own who never runs full: what is measured is
the desk, not its queue.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import argon2

from server.opening import opened
from server.settings import Settings, load
from store import agents, buttons, calendars, customers, meta
from store.agents import Profile
from store.buttons import Button
from store.calendars import Version
from store.customers import Customer, Sale
from store.engine import Connection
from store.times import micros

AGENTS = 8
CAPACITY = 100_000
PASSWORD = "a-password-for-load"
ALWAYS = {"tz": "UTC", "weekly": {str(day): [["00:00", "24:00"]] for day in range(7)}, "holidays": [], "special": {}}


async def seed(settings: Settings, origin: str) -> dict[str, Any]:
    """Makes the desk; `origin` is where its buttons may be shown."""
    hashed = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    async with opened(settings) as base:
        at = micros(base.clock.now())

        def verb(connection: Connection) -> None:
            meta.set_kind(connection, "real")
            meta.ensure_epoch(connection)
            calendars.put(connection, Version("always", 1, "Always", ALWAYS), at, None)
            for number in range(AGENTS):
                _one(connection, number, hashed, origin, at)

        await base.record.write(verb, name="seed")
    people = [{"email": f"agent{number}@load.example", "password": PASSWORD} for number in range(AGENTS)]
    return {"people": people, "buttons": [f"load_{number}" for number in range(AGENTS)]}


def _one(connection: Connection, number: int, hashed: str, origin: str, at: int) -> None:
    agent, customer = f"agent{number}", f"customer{number}"
    teams = ("dedicated", "pool")
    profile = Profile(
        agent, f"Agent {number}", f"{agent}@load.example", "", ("agent",), teams, ("en",), "UTC", CAPACITY, 0, 25
    )
    agents.add(connection, profile, hashed, at)
    customers.add(connection, Customer(customer, f"Customer {number}", (), "UTC", "en", "", agent), at)
    customers.sell(connection, Sale(f"sale{number}", customer, "All-inclusive", 100_000, "EUR", at, None))
    button = Button(f"button{number}", f"load_{number}", customer, "Load", "always", (origin,), "open", "en")
    buttons.add(connection, button, at)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(seed(load(), sys.argv[1]))))
