"""`vipdesk answer routing FILE`: what the rules answer to cases; `answer mail FILE…`: what is read of raw mails."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from routing import answer
from routing.errors import BadRequest
from server.settings import Settings

if TYPE_CHECKING:
    from mailbox.parsing.parsed import Parsed
    from mailbox.worker import Worker


def add(commands: Any) -> None:
    """Adds the commands."""
    one = commands.add_parser("answer", help="answer worked cases by the rules, or read mails")
    one.add_argument("rules", choices=["routing", "mail"], help="which rules")
    one.add_argument("file", type=Path, nargs="+", help="a JSON file of cases; raw mails")
    one.set_defaults(command=_answer)


def _answer(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.rules == "mail":
        return _mails(arguments.file)
    if len(arguments.file) > 1:
        raise BadRequest("answer routing takes one file.")
    return _routing(arguments.file[0])


def _routing(file: Path) -> int:
    try:
        document = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadRequest(f"{file} is no JSON: {error}.") from error
    print(json.dumps(answer.routing(document), ensure_ascii=False, indent=1))
    return 0


def _mails(files: Sequence[Path]) -> int:
    asyncio.run(_read(files))
    return 0


async def _read(files: Sequence[Path]) -> None:
    from mailbox.worker import Worker  # no other command should wait for it

    async with Worker() as worker:
        for file in files:
            sys.stdout.buffer.write(msgspec.json.encode(await _line(worker, file)) + b"\n")
            sys.stdout.buffer.flush()


async def _line(worker: Worker, file: Path) -> dict[str, object]:
    from mailbox.worker import Unreadable

    name = {"file": str(file).encode("utf-8", "replace").decode()}
    try:
        await asyncio.to_thread(_look_at, file)
        return name | _mail(await worker.parse(file))
    except Unreadable as error:
        why = error.reason
    except OSError as error:
        why = error.strerror or str(error)
    return name | dict.fromkeys(NAMES.split()) | {"defects": [f"unreadable: {why}"]}


def _look_at(file: Path) -> None:
    """Raises OSError for what is no file or may not be read."""
    with file.open("rb"):
        pass


def _mail(parsed: Parsed) -> dict[str, object]:
    bounce = parsed.bounces[0] if parsed.bounces else None
    return {
        "from": parsed.from_.address if parsed.from_ else None,
        "to": [person.address for person in parsed.to],
        "subject": parsed.subject,
        "date": parsed.date,
        "message_id": parsed.message_id,
        "in_reply_to": parsed.in_reply_to,
        "references": parsed.references,
        "auto": parsed.auto,
        "bounce": None
        if bounce is None
        else {
            "recipient": bounce.recipient,
            "status": bounce.status,
            "original_message_id": bounce.original_message_id,
        },
        "calendar": parsed.calendar.method if parsed.calendar else None,
        "text": parsed.text,
        "reply": parsed.reply,
        "attachments": [{"name": one.name, "type": one.type, "bytes": one.size} for one in parsed.attachments],
        "defects": parsed.defects,
    }


NAMES = "from to subject date message_id in_reply_to references auto bounce calendar text reply attachments defects"
"""Of a line, null where a mail cannot be read."""
