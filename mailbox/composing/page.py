"""The HTML of a mail, made of its plain text: paragraphs, links, pictures that go along. Nothing comes from outside.

One column; the rules stand in the elements, as mail programs want it, and no colours of their own where the reader's
dark mode decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

PICTURE = re.compile(r"[ \t]*\[picture: ([^\[\]\n]{1,200})\][ \t]*")
_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")
_AFTER_LINK = ".,;:!?)]}'»”’"
_FRAME = (
    "max-width:560px;font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;"
    "font-size:16px;line-height:1.55"
)
_PARAGRAPH = "margin:0 0 14px"
_PICTURE = "display:block;max-width:100%;height:auto;border:0"
_LINK_STYLE = "color:#1f747c"
_SIGNATURE = "margin:0 0 14px;padding-top:14px;border-top:1px solid #c6c4ba"
_SAID = "margin:14px 0 7px;font-size:14px"
_QUOTE = "margin:0;padding-left:14px;border-left:3px solid #c6c4ba;font-size:14px"


def page(
    text: str,
    signature: str,
    said: str,
    quoted: str,
    pictures: Mapping[str, str],
    language: str,
    direction: str,
) -> str:
    """`said`: who wrote what is quoted, and when. `pictures`: content ids by the names that the text gives them."""
    body = paragraphs(text, pictures)
    if signature:
        body += f'<p style="{_SIGNATURE}">{_lines(signature, {})}</p>\n'
    if quoted:
        body += f'<p style="{_SAID}">{escape(said)}</p>\n'
        body += f'<blockquote type="cite" style="{_QUOTE}">\n{paragraphs(quoted, {})}</blockquote>\n'
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}" dir="{direction}">\n<head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="light dark"></head>\n'
        f'<body>\n<div style="{_FRAME}">\n{body}</div>\n</body>\n</html>\n'
    )


def paragraphs(text: str, pictures: Mapping[str, str]) -> str:
    """What stands between empty lines."""
    pieces = [piece.strip("\n") for piece in re.split(r"\n(?:[ \t]*\n)+", text)]
    return "".join(f'<p style="{_PARAGRAPH}">{_lines(piece, pictures)}</p>\n' for piece in pieces if piece.strip())


def _lines(text: str, pictures: Mapping[str, str]) -> str:
    return "<br>\n".join(_line(line, pictures) for line in text.split("\n"))


def _line(line: str, pictures: Mapping[str, str]) -> str:
    named = PICTURE.fullmatch(line)
    if named is not None and named[1] in pictures:
        return f'<img src="cid:{escape(pictures[named[1]])}" alt="{escape(named[1])}" style="{_PICTURE}">'
    made, place = "", 0
    for found in _LINK.finditer(line):
        url = _ended(found[0])
        made += _kept(line[place : found.start()])
        made += f'<a href="{escape(url)}" style="{_LINK_STYLE}">{escape(url)}</a>'
        place = found.start() + len(url)
    return made + _kept(line[place:])


def _ended(url: str) -> str:
    """Without what belongs to the sentence; a bracket that the address opens is its own."""
    while url[-1] in _AFTER_LINK and not (url[-1] == ")" and url.count("(") >= url.count(")")):
        url = url[:-1]
    return url


def _kept(text: str) -> str:
    """Escaped, and with the blanks that people align by."""
    blanks = text.replace("\t", "    ")
    return re.sub(r"^ | (?= )", "\u00a0", escape(blanks)).replace("\u00a0", "&nbsp;")
