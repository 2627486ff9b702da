"""`vipdesk setup`: makes a real desk in an empty folder. `vipdesk new-key`: a key that seals secrets. `new-epoch`."""

from __future__ import annotations

import argparse
import asyncio
import re
from typing import Any

from desk.administration.checking import Check
from desk.desk import Desk
from desk.identity import Identity
from desk.sealing import Sealer
from server.cli import show
from server.opening import StartError, opened
from server.settings import Settings
from store import agents, audit, calendars, meta
from store import settings as kept_settings
from store.agents import Profile
from store.calendars import Version
from store.engine import Connection
from store.ids import new_id
from store.times import micros

ZONE = "Europe/Bratislava"
OFFICE: dict[str, Any] = {
    "tz": ZONE,
    "weekly": {str(day): [["09:00", "17:00"]] for day in range(5)},
    "holidays": [],
    "special": {},
}


def add(commands: Any) -> None:
    """Adds the commands."""
    setup = commands.add_parser("setup", help="make a real desk in an empty data folder")
    setup.add_argument("--name", required=True, help="name of the desk, as customers read it")
    setup.add_argument("--admin", required=True, metavar="ADDRESS", help="mail address of the first admin")
    setup.add_argument("--admin-name", help="their name; else made from the address")
    setup.add_argument("--json", action="store_true", help="print what was made as JSON")
    setup.set_defaults(command=_setup)
    key = commands.add_parser("new-key", help="print a new key for VIPDESK_SECRET_KEYS")
    key.set_defaults(command=_new_key)
    epoch = commands.add_parser("new-epoch", help="after a backup was put back: every client begins anew")
    epoch.set_defaults(command=_new_epoch)


def _setup(settings: Settings, arguments: argparse.Namespace) -> int:
    name, email, admin_name = _checked(arguments)
    link = asyncio.run(_make(settings, name, email, admin_name))
    url = f"{settings.base_url}/welcome/{link}"
    show({"name": name, "admin": email, "link": url}, arguments.json, (
        f"{name} is set up. Run it: python -m vipdesk\n"
        f"Then sign in once with this link, which is good for three days:\n{url}"
    ))  # fmt: skip
    return 0


def _checked(arguments: argparse.Namespace) -> tuple[str, str, str]:
    """What the desk is called, the address of its first admin and their name. Raises Wrong, as the forms do."""
    check = Check()
    name = check.line("name", arguments.name, 60)
    if not name:
        check.refuse("name", "Enter what the desk is called, such as Larkfield Support.")
    email = check.email("admin", arguments.admin)
    called = check.line("admin-name", arguments.admin_name or "")
    check.done()
    return name, email, called or " ".join(each.capitalize() for each in re.split(r"[._-]+", email.split("@")[0]))


async def _make(settings: Settings, desk_name: str, email: str, name: str) -> str:
    async with opened(settings) as base:
        if base.kind is not None:
            raise StartError(f"There is a {base.kind} desk in this folder already; set VIPDESK_DATA to an empty one.")
        admin = Profile(new_id(), name, email, "", ("admin",), (), ("en",), ZONE, 3, 0, 25)
        now = base.clock.now()

        def verb(connection: Connection) -> None:
            meta.set_kind(connection, "real")
            meta.ensure_epoch(connection)
            kept_settings.put(connection, "name", desk_name)
            agents.add(connection, admin, None, micros(now))
            office = Version("office", 1, "Office, Mon-Fri 9-17", OFFICE)
            calendars.put(connection, office, micros(now), admin.id)
            audit.append(connection, None, "setup", admin.id, {"name": desk_name}, now)

        await base.record.write(verb, name="setup")
        return await Identity(Desk(base.record, base.live, base.clock), base.sealer).new_link(admin.id)


def _new_epoch(settings: Settings, arguments: argparse.Namespace) -> int:
    """What clients saw after the backup is gone; under the old epoch they would take new events for old ones."""

    async def begin() -> str:
        async with opened(settings) as base:
            if base.kind is None:
                raise StartError("There is no desk in this folder.")
            return await base.record.write(meta.begin_epoch, name="epoch")

    print(f"The epoch is {asyncio.run(begin())} from now on. Start the desk's processes again.")
    return 0


def _new_key(settings: Settings, arguments: argparse.Namespace) -> int:
    print(Sealer.new_key())
    return 0
