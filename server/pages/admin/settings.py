"""Settings: what an admin sets while the desk runs, and, to be read only, what the environment decided."""

from __future__ import annotations

from dataclasses import asdict

from starlette.responses import Response

from desk.administration.desk_settings import SettingsDraft, drafted
from routing.errors import DeskError
from server.environment import shown
from server.pages.admin.asking import REFUSED, Asked, saved


async def show(asked: Asked) -> Response:
    """`GET /admin/settings`"""
    return _page(asked, await asked.read(drafted))


async def save(asked: Asked) -> Response:
    """`POST /admin/settings`"""
    draft = SettingsDraft(asked.text("name"))
    try:
        await asked.admin.settings.change(asked.signed, draft)
    except REFUSED as error:
        return _page(asked, draft, error)
    asked.parts.pages.desk_name = (await asked.read(drafted)).name
    return saved("/admin/settings")


def _page(asked: Asked, draft: SettingsDraft, error: DeskError | None = None) -> Response:
    rows = shown(asked.parts.settings)
    return asked.page("settings.html", "settings", asdict(draft), error, environment=rows)
