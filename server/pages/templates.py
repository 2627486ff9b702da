"""Renders templates: strict about names, escaping by itself, with the policy that belongs to the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server import security
from server.errors import TITLES

FOLDER = Path(__file__).resolve().parents[1] / "templates"
SENTENCES = {
    404: "There is nothing under this address, or nothing for you.",
    403: "This is not for you to see.",
    405: "This address takes no such request.",
    500: "The fault is ours and was written down. Try again in a moment.",
    503: "The desk cannot answer this minute. Try again in a moment.",
}


class Pages:
    """One environment for all templates."""

    def __init__(self, static: str, desk_name: str) -> None:
        """`static`: address of the static tree."""
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self._environment.install_null_translations()  # type: ignore[attr-defined]  # added by the extension
        self._environment.globals.update(static=static, lang="en", dir="ltr")
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
        """A page; never kept by caches unless `headers` say so."""
        text = self._environment.get_template(template).render({"desk_name": self.desk_name, **values})
        named = {"Content-Security-Policy": policy or security.page_policy(), "Cache-Control": "no-store"}
        return HTMLResponse(text, status, {**named, **(headers or {})})

    def error(self, request: Request, status: int) -> Response:
        """What a person reads when a page is not there, or failed."""
        title = TITLES.get(status, "This did not work")
        return self.page("error.html", {"title": title, "sentence": SENTENCES.get(status, "")}, status=status)
