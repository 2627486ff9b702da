"""HTML of a mail made harmless: an allow-list, no style, class or id, pictures only out of the mail itself."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import nh3

from mailbox.parsing.defects import Defects
from mailbox.parsing.parsed import Link

MOST_SIGNS = 1_000_000
MOST_DEPTH = 500
"""The sanitizer takes quadratic time in the depth: 50,000 nested div are 6 s."""
MOST_REOPENED = 200_000
"""Elements a browser would open again because a paragraph begins in them; each is a node of its own."""
MOST_LINKS = 500
_TAGS = """a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn
    div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp
    section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr"""
_CONTENT_GOES = """script style title template svg math iframe object embed noembed noframes noscript textarea select
    xmp head"""
_CLOSE_THEMSELVES = """area base br col embed hr img input link meta param source track wbr p li dt dd tr td th option
    optgroup tbody thead tfoot colgroup caption rt rp"""
_REOPENED = "a b big code em font i nobr s small strike strong tt u"
TAGS, CONTENT_GOES, CLOSE_THEMSELVES, REOPENED = (
    frozenset(names.split()) for names in (_TAGS, _CONTENT_GOES, _CLOSE_THEMSELVES, _REOPENED)
)
ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "table": {"align", "border", "cellpadding", "cellspacing", "width"},
    "td": {"align", "valign", "colspan", "rowspan", "width"},
    "th": {"align", "valign", "colspan", "rowspan", "width"},
    "tr": {"align", "valign"},
    "ol": {"start", "type"},
    "blockquote": set(),
}
SCHEMES = {"http", "https", "mailto", "tel", "cid"}
REMOTE = "cid:vipdesk.remote."
"""Stands for a remote picture while the sanitizer runs; a mail's own picture may not be called so."""
_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
ELEMENT = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[\w:-]+="[^"]*")*)\s*/?>')
"""A tag as the sanitizer writes it; in texts every `<` is `&lt;` there."""
_ATTRIBUTE = re.compile(r'(?<![\w:-])([\w:-]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Markup:
    """What is left of the HTML, where its links lead, and the pictures that were not fetched."""

    html: str
    links: tuple[Link, ...]
    remote_pictures: tuple[str, ...]


def sanitize(source: str, defects: Defects) -> Markup | None:
    """None when it is nested so deep that no honest program wrote it."""
    if len(source) > MOST_SIGNS:
        defects.note("HTML cut after 1,000,000 signs")
        source = source[:MOST_SIGNS]
    if _too_deep(source):
        defects.note("HTML nested too deep, not shown")
        return None
    remote: dict[str, int] = {}

    def kept(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            return _picture(value, remote)
        if (
            tag == "a"
            and name == "href"
            and not value.strip().lower().startswith(("http:", "https:", "mailto:", "tel:"))
        ):
            return None
        return value

    harmless = nh3.clean(
        source,
        tags=set(TAGS),
        clean_content_tags=set(CONTENT_GOES),
        attributes=ATTRIBUTES,
        attribute_filter=kept,
        url_schemes=SCHEMES,
        url_relative="deny",
        link_rel="noopener noreferrer",
    )
    return Markup(ELEMENT.sub(_finished, harmless), _links(harmless), tuple(remote))


def crude_text(source: str) -> str:
    """The words of HTML that could not be read as such."""
    return html.unescape(re.sub(r"<[^<>]{0,10000}>", " ", source[:MOST_SIGNS]))


def _too_deep(source: str) -> bool:
    depth = open_formats = reopened = 0
    for found in _OPENING.finditer(source):
        name = found[2].lower()
        if name in REOPENED:
            open_formats = max(0, open_formats + (-1 if found[1] else 1))
        elif not found[1]:
            reopened += open_formats
        if name not in CLOSE_THEMSELVES:
            depth = max(0, depth + (-1 if found[1] else 1))
        if depth > MOST_DEPTH or reopened > MOST_REOPENED:
            return True
    return False


def _picture(value: str, remote: dict[str, int]) -> str | None:
    plain = value.strip()
    lower = plain.lower()
    if lower.startswith("cid:") and not lower.startswith(REMOTE):
        return plain
    if lower.startswith(("http:", "https:")):
        return f"{REMOTE}{remote.setdefault(plain, len(remote))}"
    return None


def _finished(found: re.Match[str]) -> str:
    """Links say their host when pointed at; remote pictures are a number."""
    tag = found[0]
    if found[1]:
        return tag
    if found[2] == "img":
        return re.sub(rf' src="{re.escape(REMOTE)}(\d+)"', r' data-remote="\1"', tag)
    if found[2] == "a":
        host = _host(html.unescape(dict(_ATTRIBUTE.findall(found[3])).get("href", "")))
        return f'{tag[:-1]} title="{html.escape(host)}">' if host else tag
    return tag


def _links(harmless: str) -> tuple[Link, ...]:
    found: list[Link] = []
    url, begun = "", 0
    for element in ELEMENT.finditer(harmless):
        if element[2] != "a":
            continue
        if not element[1]:
            url, begun = html.unescape(dict(_ATTRIBUTE.findall(element[3])).get("href", "")), element.end()
        elif url and len(found) < MOST_LINKS:
            words = html.unescape(ELEMENT.sub("", harmless[begun : element.start()][:2_000]))
            found.append(Link(" ".join(words.split())[:300], url, _host(url)))
            url = ""
    return tuple(found)


def _host(url: str) -> str:
    """As in the DNS, so that letters that only look alike are seen; the domain of an address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        return ""
    if parts.scheme == "mailto":
        host = parts.path.rpartition("@")[2]
    try:
        return (host or "").encode("idna").decode("ascii")
    except UnicodeError:
        return "".join(f"%{byte:02X}" if byte > 126 else chr(byte) for byte in (host or "").encode())
