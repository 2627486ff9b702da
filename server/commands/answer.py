"""`vipdesk answer routing FILE`: what the rules answer to cases."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from routing import answer
from routing.errors import BadRequest
from server.settings import Settings


def add(commands: Any) -> None:
    """Adds the commands."""
    one = commands.add_parser("answer", help="answer worked cases by the rules")
    one.add_argument("rules", choices=["routing"], help="which rules")
    one.add_argument("file", type=Path, help="a JSON file of cases")
    one.set_defaults(command=_answer)


def _answer(settings: Settings, arguments: argparse.Namespace) -> int:
    try:
        document = json.loads(arguments.file.read_text("utf-8"))
    except OSError as error:
        raise BadRequest(f"{arguments.file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadRequest(f"{arguments.file} is no JSON: {error}.") from error
    print(json.dumps(answer.routing(document), ensure_ascii=False, indent=1))
    return 0
