"""A mail as it was sent, in a frame that runs nothing, sends nothing and fetches nothing but from us.

The HTML was made harmless when the mail was read. Here its pictures get addresses: those of the mail itself are drawn
anew, those of elsewhere are boxes until somebody asks for them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from desk import mail_views
from desk.frames import written
from desk.mail_views import Shown, View
from mailbox.parsing.markup import ELEMENT
from routing.errors import NotFound
from server import security
from server.api.mails import remote_link
from server.api.uploads import link
from server.pages.sessions import expect_signed
from server.pages.texts import _
from server.parts import Parts

LINKS_LAST = timedelta(minutes=10)
MOST_REMOTE = 100
STYLES = ("css/tokens.css", "css/pages/mail.css")
_ATTRIBUTE = re.compile(r'(?<![\w:-])([\w:-]+)="([^"]*)"')
PictureOf = Callable[[Mapping[str, str]], str]


async def show(parts: Parts, request: Request) -> Response:
    """`GET /m/<mail>`: `?theme=` light or dark, `?pictures=1` also those of elsewhere."""
    found = await expect_signed(parts, request)
    id = request.path_params["id"]
    shown = await parts.record.read(lambda connection: mail_views.may_see(connection, found.signed, id))
    view = await parts.record.read(lambda connection: mail_views.view_of(connection, shown.mail.id))
    if view.html is None:
        raise NotFound("This mail has no HTML.")
    theme = request.query_params.get("theme")
    picture = _pictures(parts, shown, view, loads=request.query_params.get("pictures") == "1")
    styles = [f"{parts.statics.base}/{name}" for name in STYLES]
    values = {
        "title": shown.mail.subject or _("Mail without a subject"),
        "theme": theme if theme in ("light", "dark") else "",
        "styles": styles,
        "body": Markup(drawn(view.html, picture)),  # noqa: S704  # made harmless by mailbox.parsing.markup
    }
    policy = security.mail_policy(parts.settings.base_url, styles)
    return parts.pages.page("mail/frame.html", values, policy=policy)


def drawn(harmless: str, picture: PictureOf) -> str:
    """The sanitizer's HTML with its pictures in place, and behind each link the host that it leads to."""
    hosts: list[str] = []

    def finished(found: re.Match[str]) -> str:
        tag, attributes = found[2], dict(_ATTRIBUTE.findall(found[3]))
        if tag == "img":
            return picture({name: html.unescape(value) for name, value in attributes.items()})
        if tag != "a":
            return found[0]
        if found[1]:
            host = hosts.pop() if hosts else ""
            return found[0] + (f' <span class="host">{html.escape(host)}</span>' if host else "")
        hosts.append(html.unescape(attributes.get("title", "")))
        return found[0]

    return ELEMENT.sub(finished, harmless)


def _pictures(parts: Parts, shown: Shown, view: View, *, loads: bool) -> PictureOf:
    until = written(parts.desk.clock.now() + LINKS_LAST)
    own = {part.cid: shown.files.get(part.sha256) for part in view.parts if part.cid}

    def picture(attributes: Mapping[str, str]) -> str:
        alt = attributes.get("alt", "")
        if "data-remote" in attributes:
            number = int(attributes["data-remote"])
            host = _host(view.remote[number]) if number < len(view.remote) else ""
            if loads and number < min(MOST_REMOTE, len(view.remote)):
                return _image(remote_link(parts.sealer, shown.mail.id, number, until), attributes)
            return _box(_("Picture at {host}", host=host), alt)
        if "src" not in attributes:
            return _box(alt, "") if alt.strip() else ""
        file = own.get(unquote(attributes.get("src", "").removeprefix("cid:")))
        if file is None:
            return _box(_("Picture that the mail does not hold"), alt)
        return _image(link(parts.sealer, file, True, until), attributes)

    return picture


def _image(address: str, attributes: Mapping[str, str]) -> str:
    size = "".join(
        f' {name}="{attributes[name]}"' for name in ("width", "height") if attributes.get(name, "").isdigit()
    )
    return f'<img src="{html.escape(address)}" alt="{html.escape(attributes.get("alt", ""))}"{size}>'


def _box(words: str, alt: str) -> str:
    told = f"{alt} ({words})" if alt.strip() else words
    return f'<span class="box">{html.escape(told)}</span>'


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
