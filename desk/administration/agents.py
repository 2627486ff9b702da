"""Agents: who they are, in which teams, how much they take at once, how they sign in. Leaving: leaving.py."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from desk.actors import Signed
from desk.administration import leaving
from desk.administration.calendars import WEEKDAYS, read_hours, written_hours
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from desk.drawing import MOST_PIXELS, draw_square
from desk.identity import Identity
from routing.chat import RING
from routing.errors import Conflict, NotFound
from routing.hours import Calendar
from store import agents, second_steps, sessions
from store.agents import Profile
from store.ids import new_id
from store.times import micros

TEAMS = ("dedicated", "technical", "pool")
ROLES = ("agent", "lead", "admin")
MOST_CAPACITY = 20
PHOTO_SIDE = 320
PHOTO_WRONG = "This is no picture that can be shown. Take a PNG, JPEG, WebP or GIF of at most {most} million pixels."
LEAST_RING_S, MOST_RING_S = 5, 120


@dataclass(frozen=True)
class AgentDraft:
    """As entered. `title`: as customers read it; `languages`: that they speak, separated by commas; `hours`: their own,
    of Monday to Sunday as `09:00-12:00, 13:00-17:00`, all empty: whenever they are there; `language`: of their console,
    empty: as their browser wishes.
    """

    name: str
    email: str
    title: str = ""
    teams: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("agent",)
    languages: str = "en"
    zone: str = "Europe/Bratislava"
    capacity: int | str = 3
    reserved: int | str = 0
    ring_seconds: int | str = RING // timedelta(seconds=1)
    hours: tuple[str, ...] = ("",) * 7
    language: str = ""


class Agents:
    """Changes them."""

    def __init__(self, changing: Changing, identity: Identity) -> None:
        self._changing = changing
        self._identity = identity

    async def add(self, signed: Signed | None, draft: AgentDraft) -> str:
        """Somebody begins to work here; their id. They sign in by a link."""

        def verb(change: Change) -> str:
            check = Check()
            new = _checked(change, check, draft, Profile(new_id(), "", "", "", (), (), (), "", 0, 0, 0))
            check.done()
            agents.add(change.connection, new, None, change.at)
            change.audit("agent_added", new.id, {"roles": list(new.roles), "teams": list(new.teams)})
            return new.id

        return await self._changing.change(signed, "add_agent", verb)

    async def change(self, signed: Signed | None, id: str, draft: AgentDraft) -> None:
        """Writes it; who works in other teams or roles from now on opens their lines anew."""

        def verb(change: Change) -> None:
            check = Check()
            kept = the(change, id)
            changed = _checked(change, check, draft, kept)
            _keep_an_admin(change, check, kept, changed)
            check.done()
            if changed != kept:
                agents.change(change.connection, changed)
                change.audit("agent_changed", id, {"fields": _different(kept, changed)})
            if (changed.roles, changed.teams) != (kept.roles, kept.teams):
                change.job("revoked", f"revoked:{id}", payload={"agent": id})

        await self._changing.change(signed, "change_agent", verb)

    async def link(self, signed: Signed | None, id: str) -> str:
        """The secret part of a link that signs them in once and lets them choose a password."""

        def verb(change: Change) -> None:
            if not the(change, id).active:
                raise Conflict("Somebody who left cannot sign in.")
            change.audit("sign_in_link", id, {})

        await self._changing.change(signed, "link_agent", verb)
        return await self._identity.new_link(id)

    async def end_second_step(self, signed: Signed | None, id: str, kept: str = "") -> None:
        """Who lost both authenticator and recovery codes signs in by the password alone again; their sessions
        but for `kept` end."""

        def verb(change: Change) -> None:
            the(change, id)
            if not second_steps.is_on(change.connection, id):
                raise Conflict("There is no second step that could be switched off.")
            second_steps.end(change.connection, id)
            sessions.end_others_of_agent(change.connection, id, kept, micros(change.real))
            change.job("revoked", f"revoked:{id}", payload={"agent": id})
            change.audit("second_step", id, {"on": False})

        await self._changing.change(signed, "end_second_step", verb)

    async def show_photo(
        self, signed: Signed | None, id: str, data: bytes, keep: Callable[[bytes], Awaitable[str]]
    ) -> None:
        """Their picture, drawn anew as a square; `keep` keeps it and answers its hash. Raises Wrong."""
        drawn = await asyncio.to_thread(draw_square, data, PHOTO_SIDE)
        if drawn is None:
            check = Check()
            check.refuse("photo", PHOTO_WRONG, most=MOST_PIXELS // 1_000_000)
            check.done()
        assert drawn is not None, "checked"
        photo = await keep(drawn)
        await self._set_photo(signed, id, photo)

    async def drop_photo(self, signed: Signed | None, id: str) -> None:
        """Initials are shown again."""
        await self._set_photo(signed, id, None)

    async def _set_photo(self, signed: Signed | None, id: str, photo: str | None) -> None:
        def verb(change: Change) -> None:
            the(change, id)
            agents.set_photo(change.connection, id, photo)
            change.audit("photo", id, {"photo": photo})

        await self._changing.change(signed, "photo", verb)

    async def leave(self, signed: Signed | None, id: str, successor: str) -> None:
        """They do not work here any more: signed out, and replaced wherever they stand, at once. `successor`: name,
        address or id; empty: nobody.

        Whom they talk to is routed anew. Raises Wrong when somebody has to take over and nobody was named.
        """
        await self._changing.change(
            signed, "leave", lambda change: leaving.leave(change, working(change, id), successor)
        )

    async def come_back(self, signed: Signed | None, id: str) -> None:
        """They work here again; their places stay with who has them now."""

        def verb(change: Change) -> None:
            the(change, id)
            agents.bring_back(change.connection, id)
            change.audit("agent_back", id, {})

        await self._changing.change(signed, "come_back", verb)


def drafted(kept: Profile) -> AgentDraft:
    """A profile as it is entered."""
    return AgentDraft(
        kept.name, kept.email, kept.title, kept.teams, kept.roles, ", ".join(kept.languages), kept.zone, kept.capacity,
        kept.reserved, kept.ring_seconds, weekly(kept), kept.language,
    )  # fmt: skip


def weekly(kept: Profile) -> tuple[str, ...]:
    """Their own hours of Monday to Sunday."""
    days = json.loads(kept.hours)["weekly"] if kept.hours else {}
    return tuple(written_hours(days.get(str(day), [])) for day in range(7))


def the(change: Change, id: str) -> Profile:
    """The agent, also one who left. Raises NotFound."""
    found = agents.find(change.connection, id)
    if found is None:
        raise NotFound("There is no such agent.")
    return found


def working(change: Change, id: str) -> Profile:
    """The agent. Raises NotFound, Conflict for one who left."""
    found = the(change, id)
    if not found.active:
        raise Conflict("{name} does not work here any more.", values={"name": found.name})
    return found


def _checked(change: Change, check: Check, draft: AgentDraft, kept: Profile) -> Profile:
    name = check.line("name", draft.name)
    if not name:
        check.refuse("name", "Enter their name, as customers read it.")
    changed = replace(
        kept,
        name=name,
        email=check.email("email", draft.email),
        title=check.line("title", draft.title, 60),
        languages=check.languages("languages", draft.languages),
        language=check.language("language", draft.language) if draft.language.strip() else "",
        teams=check.some("teams", draft.teams, TEAMS),
        roles=check.some("roles", draft.roles, ROLES),
        capacity=(capacity := check.number("capacity", draft.capacity, 0, MOST_CAPACITY)),
        reserved=check.number("reserved", draft.reserved, 0, MOST_CAPACITY if "capacity" in check.wrong else capacity),
        ring_seconds=check.number("ring_seconds", draft.ring_seconds, LEAST_RING_S, MOST_RING_S),
        zone=(zone := check.zone("zone", draft.zone)),
        hours=_hours(check, draft.hours, zone),
    )
    if not changed.roles:
        check.refuse("roles", "Choose at least one role: without one they could do nothing here.")
    if changed.roles and changed.teams and not {"agent", "lead"} & set(changed.roles):
        check.refuse("teams", "Only agents and leads answer chats. Add the role agent, or take the teams away.")
    other = agents.by_email(change.connection, changed.email)
    if other is not None and other.id != kept.id:
        check.refuse("email", "{name} signs in with this address already.", name=other.name)
    return changed


def _hours(check: Check, entered: tuple[str, ...], zone: str) -> str:
    days = {str(day): read_hours(check, WEEKDAYS[day], text) for day, text in enumerate(entered)}
    worked = {day: spans for day, spans in days.items() if spans}
    if check.wrong or not worked:
        return ""
    return json.dumps(Calendar.from_json({"tz": zone, "weekly": worked}).to_json())


def _keep_an_admin(change: Change, check: Check, kept: Profile, changed: Profile) -> None:
    if "admin" in kept.roles and "admin" not in changed.roles and not leaving.other_admins(change, kept.id):
        check.refuse("roles", "{name} is the only admin. Make somebody else one first.", name=kept.name)


def _different(kept: Profile, changed: Profile) -> list[str]:
    """Names of the fields; own hours differ also where the zone does."""
    return [name for name in AgentDraft.__dataclass_fields__ if getattr(kept, name) != getattr(changed, name)]
