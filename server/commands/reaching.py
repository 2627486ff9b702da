"""How commands reach the desk of the data folder, and find what a person names: by name, address, key or id."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import fields, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from desk.administration import Administration
from desk.desk import Desk
from desk.identity import Identity
from desk.sealing import Sealer
from routing.errors import BadRequest
from server.cli import Failed, show
from server.opening import Opened, StartError, opened
from server.settings import Settings
from store.blobs import Blobs
from store.seeking import Page

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
Draft = TypeVar("Draft", bound="DataclassInstance")
Acting = Callable[["Reach", argparse.Namespace], Awaitable[tuple[Any, str]]]


class Reach:
    """The open desk, without anybody signed in: the desk itself changes what a command says."""

    def __init__(self, base: Opened) -> None:
        self._base = base
        self.record = base.record
        self.data = base.settings.data
        self.blobs = Blobs(self.data / "files")
        self.clock = base.clock
        self.live = base.live
        self.settings = base.settings
        self.base_url = base.settings.base_url
        self.desk = Desk(base.record, base.live, base.clock)

    @cached_property
    def identity(self) -> Identity:
        """Wants the keys. Raises StartError."""
        return Identity(self.desk, self._base.sealer)

    @cached_property
    def admin(self) -> Administration:
        """Wants the keys. Raises StartError."""
        return Administration(self.desk, self._base.sealer, self.identity)

    @property
    def sealer(self) -> Sealer:
        """Wants the keys. Raises StartError."""
        return self._base.sealer

    async def keep(self, data: bytes) -> str:
        """Keeps bytes; their hash."""
        return (await asyncio.to_thread(self.blobs.put_bytes, data)).sha256

    async def read(self, query: Callable[..., T]) -> T:
        """One look at the record."""
        return await self.record.read(query)


def command(commands: Any, name: str, help: str, act: Acting) -> argparse.ArgumentParser:
    """A command that prints what `act` answers: a value for programs, a text for people."""
    one: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    one.add_argument("--json", action="store_true", help="for programs")
    one.set_defaults(command=partial(_run, act))
    return one


def group(commands: Any, name: str, help: str) -> Any:
    """Commands that belong to one noun."""
    one = commands.add_parser(name, help=help, description=help)
    inner = one.add_subparsers(metavar="action", required=True, dest="action", parser_class=type(one))
    return inner


def options(parser: argparse.ArgumentParser, *names: tuple[str, str], needed: Sequence[str] = ()) -> None:
    """Options with a value, each with its help; what is not given stays None."""
    for name, help in names:
        parser.add_argument(f"--{name}", help=help, required=name in needed)


def _run(act: Acting, settings: Settings, arguments: argparse.Namespace) -> int:
    async def acted() -> tuple[Any, str]:
        async with opened(settings) as base:
            if base.kind is None:
                raise StartError("There is no desk in this folder yet: vipdesk setup --name … --admin … makes one.")
            return await act(Reach(base), arguments)

    try:
        value, text = asyncio.run(acted())
    except Failed as failed:
        show(failed.value, arguments.json, failed.text)
        return 1
    if text or value is not None:
        show(value, arguments.json, text)
    return 0


def given(draft: Draft, arguments: argparse.Namespace) -> Draft:
    """The draft with what the arguments name; the rest as it is."""
    named = {each.name: getattr(arguments, each.name, None) for each in fields(draft)}
    return replace(draft, **{name: value for name, value in named.items() if value is not None})


def the(found: Iterable[T], name: str, what: str, names: Callable[[T], Sequence[str | None]]) -> T:
    """The one that is called so. Raises BadRequest with a way to go on when there is none, or more than one."""
    everything = list(found)
    wanted = name.strip().casefold()
    called = [each for each in everything if wanted in [(one or "").casefold() for one in names(each)]]
    if len(called) == 1:
        return called[0]
    elif called:
        raise BadRequest(f"There are {len(called)} of that name: take the id of the {what}.")
    known = ", ".join(str(names(each)[0]) for each in everything[:10])
    raise BadRequest(f"There is no {what} {name}." + (f" There are: {known}." if known else ""))


def listed(value: str | None) -> tuple[str, ...] | None:
    """A comma-separated list; None when it was not given."""
    return None if value is None else tuple(each.strip() for each in value.split(",") if each.strip())


PAGING = (
    ("search", "only those whose name or address holds this text"),
    ("page", "which page of the list; the first if not told"),
)


def paging(arguments: argparse.Namespace) -> tuple[str, int]:
    """What is searched for, and the page. Raises BadRequest."""
    number = arguments.page or "1"
    if not number.isdecimal() or not int(number[:9]) >= 1:
        raise BadRequest("--page is a number from 1.")
    return arguments.search or "", int(number[:9])


def paged(page: Page[Any], text: str) -> str:
    """The text, with what other pages hold."""
    if page.pages == 1:
        return text
    return f"{text}\n\n{page.first} to {page.last} of {page.found}; the others: --page 1 to {page.pages}"


def lined(value: str | None) -> str | None:
    """A comma-separated list as lines."""
    return None if value is None else "\n".join(each.strip() for each in value.split(","))


def table(rows: Sequence[Sequence[object]], empty: str) -> str:
    """Rows in columns."""
    if not rows:
        return empty
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
