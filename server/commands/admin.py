"""`vipdesk customer`, `agent`, `calendar`, `button`, `add-on`, `route`: the administration from a shell."""

from __future__ import annotations

from typing import Any


def add(commands: Any) -> None:
    """Adds the commands."""
