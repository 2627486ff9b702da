"""The administration: server-rendered forms, POST / redirect / GET, useful without a script."""

from __future__ import annotations

from starlette.routing import BaseRoute

from server.parts import Parts


def routes(parts: Parts) -> list[BaseRoute]:
    """All addresses under /admin."""
    return []
