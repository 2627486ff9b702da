"""The command line: runs the desk, or one command; every error is one sentence and an exit code."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from desk.identity import NotSignedIn
from routing.errors import DeskError
from server.commands import run
from server.opening import StartError
from server.settings import SettingError, Settings, load
from store.engine import RecordError, Violation

Command = Callable[[Settings, argparse.Namespace], int]


class Failed(Exception):
    """A command did its work and what it found is bad: printed like any answer, exit code 1."""

    def __init__(self, value: object, text: str) -> None:
        super().__init__(text)
        self.value = value
        self.text = text


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> None:  # type: ignore[override]
        print(f"vipdesk: {message}", file=sys.stderr)
        raise SystemExit(2)


def main(argv: Sequence[str]) -> int:
    """`vipdesk …`; the exit code: 0, 1 when it could not be done, 2 when it was not understood."""
    try:
        arguments = parser().parse_args(list(argv))
        settings = load()
        command: Command = arguments.command
        configure_logs(settings if command in run.PROCESSES else _quieter(settings))
        return command(settings, arguments)
    except (SettingError, StartError, RecordError, NotSignedIn) as error:
        return _refuse(str(error))
    except DeskError as error:
        return _refuse(_sentences(error))
    except Violation:
        return _refuse("Something with this name or address is there already.")
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130
    except SystemExit as error:
        return int(error.code or 0)


def parser() -> argparse.ArgumentParser:
    """All commands."""
    from server.commands import admin, answer, backup, demo, doctor, export, setup

    top = Parser(prog="vipdesk", description="A dedicated support desk. Without a command: runs it.")
    top.set_defaults(command=run.all_in_one)
    commands = top.add_subparsers(metavar="command", parser_class=Parser)
    for module in (run, setup, demo, answer, admin, backup, export, doctor):
        module.add(commands)
    return top


def _quieter(settings: Settings) -> Settings:
    """For a command that runs no process: what goes as it should is no news beside its answer."""
    return replace(settings, log_level="warning") if settings.log_level == "info" else settings


def configure_logs(settings: Settings) -> None:
    """Event name first, then key=value; to stderr."""
    formatter: logging.Formatter
    if settings.log_format == "json":
        import structlog  # no command should wait for it that does not write so

        formatter = structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso")],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    else:
        formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
    output = logging.StreamHandler()
    output.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[output], force=True)
    # Those of mail write passwords and whole mails when they are asked for everything.
    of_mail = ("aioimaplib", "pymap", "mail", "aiosmtplib")
    for noisy in ("uvicorn", "uvicorn.error", "websockets", "PIL", "multipart", "asyncio", *of_mail):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def show(value: object, as_json: bool, text: str) -> None:
    """Prints what was done, for a program or for a person."""
    print(json.dumps(value, ensure_ascii=False) if as_json else text)


def _sentences(error: DeskError) -> str:
    """Each with the option that it is about."""
    from desk.administration.checking import Wrong  # no command should wait for it that has nothing to refuse

    wrong = error.fields if isinstance(error, Wrong) else {error.field: error.message}
    return " ".join(f"{said} ({field})" if field else str(said) for field, said in wrong.items())


def _refuse(sentence: str) -> int:
    print(f"vipdesk: {sentence}", file=sys.stderr)
    return 1
