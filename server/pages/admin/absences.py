"""Absences of an agent, on their page."""

from __future__ import annotations

from starlette.responses import Response

from desk.administration.absences import AbsenceDraft
from server.pages.admin import agents
from server.pages.admin.asking import REFUSED, Asked, saved


async def add(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/absences`"""
    draft = AbsenceDraft(asked.text("since"), asked.text("until"), asked.text("reason"))
    try:
        await asked.admin.absences.add(asked.signed, asked.id, draft)
    except REFUSED as error:
        return await agents.one(asked, None, error)
    return saved(f"/admin/agents/{asked.id}", "#absences")


async def end(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/absences/end`"""
    try:
        await asked.admin.absences.end(asked.signed, asked.id, asked.text("absence"))
    except REFUSED as error:
        return await agents.one(asked, None, error)
    return saved(f"/admin/agents/{asked.id}", "#absences")
