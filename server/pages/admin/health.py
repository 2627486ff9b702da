"""Health: what `/ready` knows and more, a sentence for each fault, and what to do."""

from __future__ import annotations

from starlette.responses import Response

from server.health_report import report, versions
from server.pages.admin.asking import Asked


async def show(asked: Asked) -> Response:
    """`GET /admin/health`"""
    parts = asked.parts
    found = await report(parts.settings, parts.record, parts.live, parts.desk.clock)
    faults = [each for each in found if each.grade != "ok"]
    kind = "PostgreSQL" if parts.settings.database_url else "SQLite"
    return asked.page("health.html", "health", {}, rows=found, faults=faults, versions=versions(kind))
