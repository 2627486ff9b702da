"""Agents: the list, a new one, and one with their sign-in link and what leaving means."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from desk.administration.agents import ROLES, TEAMS, AgentDraft, drafted
from routing.errors import DeskError, NotFound
from server.pages.admin.asking import REFUSED, Asked, saved
from server.pages.texts import _
from store import agents
from store.agents import Profile
from store.engine import Connection


async def every(asked: Asked) -> Response:
    """`GET /admin/agents`"""
    return asked.page("agents.html", "agents", {}, rows=await asked.read(agents.every), **_words())


async def begin(asked: Asked) -> Response:
    """`GET /admin/agents/new`"""
    return _new(asked, AgentDraft("", "", teams=("dedicated",)))


async def add(asked: Asked) -> Response:
    """`POST /admin/agents/new`"""
    draft = _draft(asked)
    try:
        return saved(f"/admin/agents/{await asked.admin.agents.add(asked.signed, draft)}")
    except REFUSED as error:
        return _new(asked, draft, error)


async def show(asked: Asked) -> Response:
    """`GET /admin/agents/{id}`"""
    return await _one(asked)


async def save(asked: Asked) -> Response:
    """`POST /admin/agents/{id}`"""
    draft = _draft(asked)
    try:
        await asked.admin.agents.change(asked.signed, asked.id, draft)
    except REFUSED as error:
        return await _one(asked, draft, error)
    return saved(f"/admin/agents/{asked.id}")


async def link(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/link`: the link is shown in this answer and never again."""
    try:
        token = await asked.admin.agents.link(asked.signed, asked.id)
    except REFUSED as error:
        return await _one(asked, None, error)
    return await _one(asked, url=f"{asked.parts.settings.base_url}/welcome/{token}")


async def leave(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/leave`"""
    try:
        await asked.admin.agents.leave(asked.signed, asked.id, asked.text("successor") or None)
    except REFUSED as error:
        return await _one(asked, None, error)
    return saved(f"/admin/agents/{asked.id}")


async def come_back(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/back`"""
    await asked.admin.agents.come_back(asked.signed, asked.id)
    return saved(f"/admin/agents/{asked.id}")


def _draft(asked: Asked) -> AgentDraft:
    one = {name: asked.text(name) for name in ("name", "email", "title", "languages", "zone")}
    numbers = {name: asked.text(name) for name in ("capacity", "reserved", "ring_seconds")}
    return AgentDraft(**one, **numbers, teams=asked.texts("teams"), roles=asked.texts("roles"))


def _new(asked: Asked, draft: AgentDraft, error: DeskError | None = None) -> Response:
    return asked.page("agent.html", "agents", asdict(draft), error, kept=None, url="", others=[], **_words())


async def _one(
    asked: Asked, draft: AgentDraft | None = None, error: DeskError | None = None, *, url: str = ""
) -> Response:
    def query(connection: Connection) -> tuple[Profile, list[Profile]]:
        kept = agents.find(connection, asked.id)
        if kept is None:
            raise NotFound
        return kept, [each for each in agents.every(connection) if each.active and each.teams and each.id != kept.id]

    kept, others = await asked.read(query)
    form = asdict(draft or drafted(kept)) | {"successor": asked.text("successor")}
    return asked.page("agent.html", "agents", form, error, kept=kept, url=url, others=others, **_words())


def _words() -> dict[str, Any]:
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
        "teams": {name: said for name, said in zip(TEAMS, teams, strict=True)},
        "roles": {name: said for name, said in zip(ROLES, roles, strict=True)},
    }
