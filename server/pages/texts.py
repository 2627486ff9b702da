"""The catalogues that bin/texts compiled, and which language a page's reader gets.

A language is a folder of server/texts: its `vipdesk.po` is what translators write, the rest is made of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from desk import texts
from routing.errors import DeskError

FOLDER = Path(__file__).resolve().parents[1] / "texts"
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_reader: ContextVar[str] = ContextVar("reader", default="")


def catalogues(folder: Path = FOLDER) -> dict[str, GNUTranslations]:
    """For Python, by language."""
    found = {}
    for path in sorted(folder.glob("*/vipdesk.mo")):
        with path.open("rb") as file:
            found[path.parent.name] = GNUTranslations(file)
    return found


def compiled(folder: Path = FOLDER) -> dict[str, bytes]:
    """For browsers: `texts/<part>.<language>.json`."""
    return {f"texts/{path.stem}.{path.parent.name}.json": path.read_bytes() for path in sorted(folder.glob("*/*.json"))}


@cache
def loader_words(language: str) -> Mapping[str, str] | None:
    """What the button says by itself travels with its state: a catalogue would be a second request."""
    path = FOLDER / language / "loader.json"
    words: Mapping[str, str] | None = json.loads(path.read_text("utf-8")) if path.is_file() else None
    return words


def reader(otherwise: str = texts.ENGLISH) -> str:
    """What the person who asked for this page wishes to read, such as `pt-BR`, also when we do not speak it."""
    return _reader.get() or otherwise


def read_in(language: str) -> None:
    """The rest of this request is answered in the language that its reader chose."""
    _reader.set(language)


def _(msgid: str, /, **values: Any) -> str:
    """The sentence in the reader's language."""
    return texts.say(reader(), msgid, **values)


def day_names() -> tuple[str, ...]:
    """Monday to Sunday."""
    return _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")


def sentence(error: DeskError) -> str:
    """Why not, in the reader's language."""
    return _(error.msgid, **error.values)


class Reading:
    """ASGI: notes the language for the whole request: `?lang=`, else the first of the browser's that we speak."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            named = QueryParams(scope["query_string"]).get("lang", "")
            accepted = Headers(scope=scope).get("accept-language", "")
            _reader.set(named if _TAG.fullmatch(named) else preferred(accepted))
        await self._app(scope, receive, send)


def preferred(accepted: str) -> str:
    """Of an Accept-Language header: the first that we speak, else the first; empty when it names none."""
    weighed = []
    for place, item in enumerate(accepted[:500].split(",")):
        name, _semicolon, weight = item.strip().partition(";q=")
        if _TAG.fullmatch(name):
            weighed.append((texts.spoken(name) != texts.short(name), -_number(weight), place, name))
    return min(weighed)[3] if weighed else ""


def _number(weight: str) -> float:
    try:
        return float(weight or "1")
    except ValueError:
        return 0.0
