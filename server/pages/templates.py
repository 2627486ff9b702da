"""Renders templates: strict about names, escaping by itself, with the policy that belongs to the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from desk import texts
from server import security
from server.errors import title
from server.pages.saying import device, said_at
from server.pages.texts import _, reader

FOLDER = Path(__file__).resolve().parents[1] / "templates"


class Pages:
    """One environment for all templates in each language."""

    def __init__(self, static: str, desk_name: str) -> None:
        """`static`: address of the static tree."""
        self._static = static
        self._environments: dict[str, jinja2.Environment] = {}
        self.desk_name = desk_name

    def page(
        self,
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        policy: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A page in its reader's language; never kept by caches unless `headers` say so."""
        language = texts.spoken(reader())
        # A reader of en-GB reads our English, with their own way of dates.
        own = reader() if texts.short(reader()) == language else language
        common = {"desk_name": self.desk_name, "lang": own, "labels": {}}
        text = self._in(language).get_template(template).render(common | dict(values))
        named = {"Content-Security-Policy": policy or security.page_policy(), "Cache-Control": "no-store"}
        return HTMLResponse(text, status, {**named, **(headers or {})})

    def error(self, request: Request, status: int) -> Response:
        """What a person reads when a page is not there, or failed."""
        return self.page("error.html", {"title": title(status), "sentence": _sentence(status)}, status=status)

    def _in(self, language: str) -> jinja2.Environment:
        if language not in self._environments:
            self._environments[language] = self._environment(language)
        return self._environments[language]

    def _environment(self, language: str) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(texts.catalogue(language), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
        environment.filters.update(at=said_at, device=device)
        environment.globals.update(static=self._static, lang=language, dir=texts.direction(language))
        return environment


def _sentence(status: int) -> str:
    return {
        404: _("There is nothing under this address, or nothing for you."),
        403: _("This is not for you to see."),
        405: _("This address takes no such request."),
        500: _("The fault is ours and was written down. Try again in a moment."),
        503: _("The desk cannot answer this minute. Try again in a moment."),
    }.get(status, "")
