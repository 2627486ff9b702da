"""Agents: the list, a new one, and one with photo and ways to sign in. Absences, leaving: their own files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from desk.administration.absences import coming
from desk.administration.absences import drafted as absence
from desk.administration.agents import ROLES, TEAMS, AgentDraft, drafted
from desk.administration.calendars import WEEKDAYS
from desk.administration.sessions import used_after
from routing.errors import DeskError, NotFound
from server.pages.admin.asking import REFUSED, Asked, made, saved, taken
from server.pages.texts import _, day_names
from store import agents, second_steps, sessions
from store.agents import Profile
from store.engine import Connection
from store.seeking import Page
from store.times import micros


async def every(asked: Asked) -> Response:
    """`GET /admin/agents`"""
    named = asked.request.query_params.get("team", "")
    team = named if named in TEAMS else ""
    now = micros(asked.parts.desk.clock.now())

    def query(connection: Connection) -> tuple[Page[Profile], set[str]]:
        absent = {each.agent_id for each in agents.absences(connection, now) if each.since <= now}
        return agents.page(connection, asked.sought, asked.number, team), absent

    page, absent = await asked.read(query)
    return asked.page("agents.html", "agents", {}, page=page, rows=page.rows, absent=absent, team=team, **words())


async def begin(asked: Asked) -> Response:
    """`GET /admin/agents/new`"""
    return await _new(asked, AgentDraft("", "", teams=("dedicated",)))


async def add(asked: Asked) -> Response:
    """`POST /admin/agents/new`"""
    draft = _draft(asked)
    doing = asked.admin.agents.add(asked.signed, draft)
    return await made(doing, "/admin/agents", lambda error: _new(asked, draft, error))


async def show(asked: Asked) -> Response:
    """`GET /admin/agents/{id}`"""
    return await one(asked)


async def save(asked: Asked) -> Response:
    """`POST /admin/agents/{id}`"""
    draft = _draft(asked)
    doing = asked.admin.agents.change(asked.signed, asked.id, draft)
    return await taken(doing, f"/admin/agents/{asked.id}", lambda error: one(asked, draft, error))


async def link(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/link`: the link is shown in this answer and never again."""
    try:
        token = await asked.admin.agents.link(asked.signed, asked.id)
    except REFUSED as error:
        return await one(asked, None, error)
    return await one(asked, url=f"{asked.parts.settings.base_url}/welcome/{token}")


async def end_second_step(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/second-step`"""
    doing = asked.admin.agents.end_second_step(asked.signed, asked.id, asked.own)
    return await taken(doing, f"/admin/agents/{asked.id}", lambda error: one(asked, None, error))


async def sign_out(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/sessions/end`"""
    doing = asked.admin.sessions.end(asked.signed, asked.text("session"))
    return await taken(doing, f"/admin/agents/{asked.id}", lambda error: one(asked, None, error), "#sessions")


async def sign_out_everywhere(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/sessions/end-all`: but for the admin's own."""
    await asked.admin.sessions.end_of_agent(asked.signed, asked.id, asked.own)
    return saved(f"/admin/agents/{asked.id}", "#sessions")


async def show_photo(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/photo`"""
    sent = asked.form.get("photo")
    data = await sent.read() if isinstance(sent, UploadFile) else b""
    doing = asked.admin.agents.show_photo(asked.signed, asked.id, data, asked.keep)
    return await taken(doing, f"/admin/agents/{asked.id}", lambda error: one(asked, None, error))


async def drop_photo(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/photo/drop`"""
    await asked.admin.agents.drop_photo(asked.signed, asked.id)
    return saved(f"/admin/agents/{asked.id}")


def _draft(asked: Asked) -> AgentDraft:
    name, email, title, languages, zone, language = (
        asked.text(each) for each in ("name", "email", "title", "languages", "zone", "language")
    )
    capacity, reserved, ring_seconds = (asked.text(each) for each in ("capacity", "reserved", "ring_seconds"))
    hours = tuple(asked.text(day) for day in WEEKDAYS)
    return AgentDraft(
        name, email, title, asked.texts("teams"), asked.texts("roles"), languages, zone, capacity, reserved,
        ring_seconds, hours, language,
    )  # fmt: skip


async def _new(asked: Asked, draft: AgentDraft, error: DeskError | None = None) -> Response:
    return asked.page("agent.html", "agents", _form(draft), error, kept=None, url="", **words())


async def one(
    asked: Asked, draft: AgentDraft | None = None, error: DeskError | None = None, *, url: str = ""
) -> Response:
    """The page of an agent, with what was entered where it was refused."""
    now, after = micros(asked.parts.desk.clock.now()), used_after(asked.parts.desk.clock.real())

    def query(connection: Connection) -> dict[str, Any]:
        kept = agents.find(connection, asked.id)
        if kept is None:
            raise NotFound
        return {
            "kept": kept,
            "absences": [(each.id, absence(each, kept.zone)) for each in coming(connection, kept.id, now)],
            "second_step": second_steps.is_on(connection, kept.id),
            "sessions": sessions.open_of_agent(connection, kept.id, after),
        }

    found = await asked.read(query)
    form = _form(draft or drafted(found["kept"])) | {name: asked.text(name) for name in ("since", "until", "reason")}
    return asked.page("agent.html", "agents", form, error, url=url, own=asked.own, **found, **words())


def _form(draft: AgentDraft) -> dict[str, Any]:
    return asdict(draft) | dict(zip(WEEKDAYS, draft.hours, strict=True))


def words() -> dict[str, Any]:
    """Teams and roles with what they mean."""
    teams = (
        (_("Dedicated"), _("named agents and their stand-ins")),
        (_("Technical"), _("second level, by severity or when asked for")),
        (_("Pool"), _("answers round the clock, for everybody")),
    )
    roles = (
        (_("Agent"), _("answers chats")),
        (_("Lead"), _("sees everything, moves tickets")),
        (_("Admin"), _("sets the desk up")),
    )
    return {
        "days": list(zip(WEEKDAYS, day_names(), strict=True)),
        "teams": {name: said for name, said in zip(TEAMS, teams, strict=True)},
        "roles": {name: said for name, said in zip(ROLES, roles, strict=True)},
    }
