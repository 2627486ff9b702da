"""An agent leaves: what would be left open, and who takes over."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from desk.administration.absences import drafted
from desk.administration.leaving import left_open
from routing.errors import DeskError, NotFound
from server.pages.admin import agents as pages
from server.pages.admin.asking import Asked, taken
from server.pages.admin.picking import offers
from store import agents
from store.engine import Connection
from store.times import micros


async def show(asked: Asked) -> Response:
    """`GET /admin/agents/{id}/leave`"""
    return await _page(asked)


async def leave(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/leave`"""
    doing = asked.admin.agents.leave(asked.signed, asked.id, asked.text("successor"))
    return await taken(doing, f"/admin/agents/{asked.id}", lambda error: _page(asked, error))


async def come_back(asked: Asked) -> Response:
    """`POST /admin/agents/{id}/back`"""
    doing = asked.admin.agents.come_back(asked.signed, asked.id)
    return await taken(doing, f"/admin/agents/{asked.id}", lambda error: pages.one(asked, None, error))


async def _page(asked: Asked, error: DeskError | None = None) -> Response:
    now = micros(asked.parts.desk.clock.now())

    def query(connection: Connection) -> dict[str, Any]:
        kept = agents.find(connection, asked.id)
        if kept is None:
            raise NotFound
        left = left_open(connection, kept.id, now)
        return {"kept": kept, "left": left, "people": offers(connection, now, but=kept.id)}

    found = await asked.read(query)
    absences = [drafted(each, found["kept"].zone) for each in found["left"].absences]
    form = {"successor": asked.text("successor")}
    return asked.page("leave.html", "agents", form, error, absences=absences, **found)
