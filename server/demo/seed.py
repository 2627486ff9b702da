"""Makes the demo: people, customers, buttons, history. Everything that was said was said by the desk's own verbs."""

from __future__ import annotations

import asyncio
import functools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import argon2

from desk.clock import SystemClock
from desk.sealing import Sealer
from server.demo import cast, history
from server.demo.faces import face
from store import agents, audit, buttons, calendars, contacts, customers, emptying, meta, sessions
from store import settings as kept_settings
from store.agents import Leave, Profile
from store.blobs import Blobs
from store.buttons import Button
from store.calendars import Version
from store.contacts import Person
from store.customers import Customer, Sale
from store.engine import Connection, Record
from store.people import choose_status
from store.times import micros

if TYPE_CHECKING:
    from server.opening import Opened
    from server.settings import Settings

FEE_CENTS = 100_000
SOLD_BEFORE = timedelta(days=180)
STARTED_AT = "demo_clock"
WHOLE = "demo_whole"
"""Set when everything is seeded: a demo that was interrupted in its making is made anew."""


@dataclass(frozen=True)
class Ground:
    """What seeding needs."""

    settings: Settings
    record: Record
    clock: SystemClock
    sealer: Sealer


async def begin(base: Opened) -> None:
    """An empty record becomes a demo, at the instant that VIPDESK_CLOCK names, else now."""
    await base.record.write(lambda connection: meta.set_kind(connection, "demo"), name="demo")
    await start_over(Ground(base.settings, base.record, base.clock, base.sealer))


async def go_on(base: Opened) -> None:
    """A demo started again: VIPDESK_CLOCK, when it is a new one and ahead, moves its clock there."""
    whole, said = await base.record.read(lambda c: (meta.get(c, WHOLE), meta.get(c, STARTED_AT)))
    if not whole:
        await start_over(Ground(base.settings, base.record, base.clock, base.sealer))
        return
    wanted = base.settings.clock
    if wanted is None:
        return
    if said == wanted.isoformat() or wanted <= base.clock.now():
        return
    offset = wanted - base.clock.real()

    def verb(connection: Connection) -> None:
        meta.set_clock_offset(connection, offset)
        meta.put(connection, STARTED_AT, wanted.isoformat())

    await base.record.write(verb, name="demo_clock")
    base.clock.offset = offset


async def start_over(ground: Ground, also: Callable[[Connection], None] = lambda connection: None) -> None:
    """Everything anew, with a new epoch; who is signed in as an agent stays so. `also`: what is there at once, too."""
    photos = await asyncio.to_thread(_photos, Blobs(ground.settings.data / "files"))
    await asyncio.to_thread(_hash_all)
    start = ground.settings.clock or ground.clock.real()
    offset = start - ground.clock.real() if ground.settings.clock else timedelta()

    def verb(connection: Connection) -> None:
        kept = sessions.open_agent_sessions(connection)
        emptying.empty(connection)
        meta.put(connection, WHOLE, "")
        meta.begin_epoch(connection, secrets.token_urlsafe(12))
        meta.set_clock_offset(connection, offset)
        meta.put(connection, STARTED_AT, "" if ground.settings.clock is None else ground.settings.clock.isoformat())
        kept_settings.put(connection, "name", "Larkfield Support")
        people(connection, start, ground.sealer, photos)
        also(connection)
        sessions.put_back(connection, kept)
        audit.append(connection, None, "demo", "desk", {"start": start.isoformat()}, start)

    await ground.record.write(verb, name="seed")
    for act in history.acts(start):
        await ground.record.write(act, name="seed")
    await ground.record.write(lambda connection: meta.put(connection, WHOLE, "yes"), name="seed")
    ground.clock.offset = offset


def people(connection: Connection, now: datetime, sealer: Sealer, photos: dict[str, str]) -> None:
    """The whole cast, without history. `photos`: hashes of pictures by agent; none: initials are shown."""
    at, long_ago = micros(now), micros(now - SOLD_BEFORE)
    for each in cast.AGENTS:
        profile = Profile(
            each.id, each.name, each.email, each.title, each.roles, each.teams, each.languages, cast.ZONE,
            each.capacity, 0, 25, photos.get(each.id),
        )  # fmt: skip
        agents.add(connection, profile, _hashed(each.password), long_ago)
        if each.teams:
            choose_status(connection, each.id, "away" if each.id == "jana" else "available", False)
    monday = _monday_after(now)
    agents.add_absence(
        connection, Leave("absence-jana", "jana", micros(now - timedelta(days=2)), micros(monday), "leave")
    )
    calendars.put(connection, Version(cast.CALENDAR_ID, 1, "Bratislava office", cast.CALENDAR), long_ago, None)
    for customer in cast.CUSTOMERS:
        _customer(connection, customer, long_ago, at, sealer)


def _customer(connection: Connection, each: cast.Customer, long_ago: int, at: int, sealer: Sealer) -> None:
    customers.add(
        connection, Customer(each.id, each.name, (each.domain,), each.zone, "en", each.playbook, each.named), long_ago
    )
    customers.set_stand_ins(connection, each.id, each.stand_ins)
    if each.sold:
        sale = Sale(f"add-on-{each.id}", each.id, "All-inclusive", FEE_CENTS, "EUR", long_ago, None)
        customers.sell(connection, sale)
    for person in each.contacts:
        contacts.add(
            connection,
            Person(person.id, each.id, person.name, person.email, person.id, True, person.coordinator, person.title,
                   "en", each.zone),
            long_ago,
        )  # fmt: skip
    button = Button(
        f"button-{each.id}", each.key, each.id, f"{each.name}'s portal", cast.CALENDAR_ID, (), each.policy, "en"
    )
    buttons.add(connection, button, long_ago)
    secret = secrets.token_urlsafe(32).encode()
    buttons.add_secret(connection, button.id, cast.KID, "HS256", sealer.seal(secret), at)


@functools.cache
def _hashed(password: str) -> str:
    """argon2 with its least cost: these passwords are printed in the README."""
    return argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(password)


def _hash_all() -> None:
    """Before the verb, which others wait for."""
    for each in cast.AGENTS:
        _hashed(each.password)


def _photos(blobs: Blobs) -> dict[str, str]:
    return {each.id: blobs.put_bytes(face(each, number)).sha256 for number, each in enumerate(cast.AGENTS)}


def _monday_after(now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(cast.ZONE))
    day = local.date() + timedelta(days=7 - local.weekday())
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(cast.ZONE))


def portal_url(settings: Settings) -> str:
    """The fictional customers' site: the same server under another name, so that the button is truly cross-site."""
    return f"http://localhost:{settings.port}"


async def allow_portal(record: Record, origin: str) -> None:
    """The portals' address depends on the port: their buttons are allowed there."""

    def verb(connection: Connection) -> None:
        for button in buttons.every(connection):
            if origin not in button.origins:
                buttons.change(connection, replace(button, origins=(origin,)))

    await record.write(verb, name="portal")
