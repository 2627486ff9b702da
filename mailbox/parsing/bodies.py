"""Which parts are the text, which are its HTML, and what is attached."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from mailbox.parsing.attachments import attachment, file_name
from mailbox.parsing.charsets import text_of
from mailbox.parsing.defects import Defects
from mailbox.parsing.markup import Markup, crude_text, sanitize
from mailbox.parsing.mime import Part
from mailbox.parsing.parsed import Attachment
from mailbox.parsing.plain import plain

MOST_TEXT_BYTES = 4_000_000
MOST_TEXT_SIGNS = 1_000_000
UNSEEN = {"text/x-amp-html", "text/watch-html"}
"""The same text once more, for programs that run it."""
_META = re.compile(rb"<meta[^>]{1,300}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_CID = re.compile(r'src="cid:([^"]+)"')


@dataclass(slots=True)
class Body:
    """`text` as it was meant to be read, `markup` when the sender wrote HTML."""

    text: str
    markup: Markup | None
    attachments: tuple[Attachment, ...]


@dataclass(slots=True)
class _Piece:
    """Something to read, in one or both of its forms; None where the sender did not write it."""

    text: str | None
    page: str | None


def body(mail: Part, defects: Defects) -> Body:
    """Never without text: what is HTML only is turned into text."""
    attached: list[Part] = []
    pieces = _pieces(mail, attached, defects)
    markup = None
    if any(piece.page is not None for piece in pieces):
        pages = (_page(piece.text or "") if piece.page is None else piece.page for piece in pieces)
        markup = sanitize("\n".join(pages), defects)
    if len(pieces) == 1 and pieces[0].text is None and markup is not None:
        text = plain(markup.html)
    else:
        text = "\n".join(_read(piece, defects) for piece in pieces)
    if len(text) > MOST_TEXT_SIGNS:
        defects.note("text cut after 1,000,000 signs")
        text = text[:MOST_TEXT_SIGNS]
    shown = frozenset(html.unescape(each) for each in _CID.findall(markup.html)) if markup is not None else frozenset()
    attachments = tuple(attachment(part, at, shown, defects) for at, part in enumerate(attached, 1))
    return Body(text, markup, attachments)


def _pieces(part: Part, attached: list[Part], defects: Defects) -> list[_Piece]:
    """What is to be read in a part, in its order; what is not goes to `attached`."""
    if part.leaf:
        if not _is_read(part):
            if part.type not in UNSEEN:
                attached.append(part)
            return []
        text = _text(part, defects)
        return [_Piece(None, text) if part.type == "text/html" else _Piece(text, None)]
    pieces = [piece for each in part.parts for piece in _pieces(each, attached, defects)]
    return _one_of(pieces) if part.type == "multipart/alternative" else pieces


def _is_read(part: Part) -> bool:
    if part.disposition[0] == "attachment" or file_name(part):
        return False
    if part.type in ("text/plain", "text/html"):
        return True
    return part.depth == 0 and part.type.startswith(("text/", "multipart/")) and part.type != "text/calendar"


def _one_of(pieces: list[_Piece]) -> list[_Piece]:
    """The same said several times: the first text, the last page."""
    text = next((piece.text for piece in pieces if (piece.text or "").strip()), None)
    page = next((piece.page for piece in reversed(pieces) if (piece.page or "").strip()), None)
    return [_Piece(text, page)] if pieces else []


def _text(part: Part, defects: Defects) -> str:
    content = part.content(defects)
    if len(content) > MOST_TEXT_BYTES:
        defects.note("text cut after 4,000,000 bytes")
        content = content[:MOST_TEXT_BYTES]
    charset = part.parameters.get("charset")
    if charset is None and part.type == "text/html" and (named := _META.search(content[:2_048])) is not None:
        charset = named[1].decode("ascii")
    return text_of(content, charset, defects)


def _page(text: str) -> str:
    return f"<pre>{html.escape(text.rstrip())}</pre>"


def _read(piece: _Piece, defects: Defects) -> str:
    if piece.text is not None or piece.page is None:
        return piece.text or ""
    markup = sanitize(piece.page, defects)
    return crude_text(piece.page) if markup is None else plain(markup.html)
