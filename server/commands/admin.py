"""`vipdesk customer`, `add-on`, `contact`, `agent`, `calendar`, `button`, `route`: the administration from a shell."""

from __future__ import annotations

from typing import Any

from server.commands import agents, buttons, calendars, contacts, customers, routes


def add(commands: Any) -> None:
    """Adds the commands."""
    for module in (customers, contacts, agents, calendars, buttons, routes):
        module.add(commands)
