"""`vipdesk`, `vipdesk web`, `mailbox`, `clock`: runs the desk, whole or in parts.

The web is loaded by these alone: no other command should wait for it.
"""

from __future__ import annotations

import argparse
from typing import Any

from server.settings import Settings


def add(commands: Any) -> None:
    """Adds the commands."""
    for role, help in (
        ("web", "the web alone (needs PostgreSQL and Redis)"),
        ("mailbox", "the mailbox alone"),
        ("clock", "what falls due, alone"),
    ):
        one = commands.add_parser(role, help=help)
        one.set_defaults(command=_part, role=role)


def all_in_one(settings: Settings, arguments: argparse.Namespace) -> int:
    """Without a command."""
    from server import starting

    starting.whole(settings)
    return 0


def _part(settings: Settings, arguments: argparse.Namespace) -> int:
    from server import starting

    starting.part(settings, arguments.role)
    return 0


PROCESSES = (all_in_one, _part)
"""What stays and does its work, and says in its log what it does."""
