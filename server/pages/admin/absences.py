"""Absences of an agent, on their page."""

from __future__ import annotations

from starlette.responses import Response

from desk.administration.absences import AbsenceDraft
from server.pages.admin import agents
from server.pages.admin.asking import Asked, taken


async def add(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/absences`"""
    draft = AbsenceDraft(asked.text("since"), asked.text("until"), asked.text("reason"))
    doing = asked.admin.absences.add(asked.signed, asked.id, draft)
    return await taken(doing, f"/admin/agents/{asked.id}", lambda error: agents.one(asked, None, error), "#absences")


async def end(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/absences/end`"""
    doing = asked.admin.absences.end(asked.signed, asked.id, asked.text("absence"))
    return await taken(doing, f"/admin/agents/{asked.id}", lambda error: agents.one(asked, None, error), "#absences")
