"""`vipdesk customer`, `add-on`, `plan`, `contact`, `agent`, `absence`, `session`, `calendar`, `button`, `route`."""

from __future__ import annotations

from typing import Any

from server.commands import (
    absences,
    agents,
    audit,
    buttons,
    calendars,
    contacts,
    customers,
    mail,
    plans,
    routes,
    sessions,
    settings,
)


def add(commands: Any) -> None:
    """Adds the commands."""
    for module in (
        customers,
        plans,
        contacts,
        agents,
        absences,
        sessions,
        calendars,
        buttons,
        mail,
        routes,
        audit,
        settings,
    ):
        module.add(commands)
