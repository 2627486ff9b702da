"""The text of sanitized HTML, in one pass: paragraphs, lists and quotes as a mail in plain text has them."""

from __future__ import annotations

import html
import re

from mailbox.parsing.markup import ELEMENT

PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "ol", "dl", "table", "blockquote"}
LINES = PARAGRAPHS | {
    "div",
    "tr",
    "li",
    "dt",
    "dd",
    "section",
    "article",
    "header",
    "footer",
    "address",
    "center",
    "main",
}
RULE = "_" * 32
MOST_QUOTES = 20
_BLANK = re.compile(r"[ \t\n\r\f]+")


def plain(harmless: str) -> str:
    """Of what `sanitize` gave; a quote's lines begin with `> `."""
    writer = _Writer()
    place = 0
    for element in ELEMENT.finditer(harmless):
        writer.text(html.unescape(harmless[place : element.start()]))
        writer.element(element[2], bool(element[1]))
        place = element.end()
    writer.text(html.unescape(harmless[place:]))
    return writer.done()


class _Writer:
    """Lines as they grow."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.pieces: list[str] = []
        self.quotes = 0
        self.verbatim = 0
        self.blank_due: int | None = None  # in how many quotes the blank line before the next one stands

    def text(self, text: str) -> None:
        if self.verbatim:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self.broken()
                self.pieces.append(line)
        elif text:
            shown = _BLANK.sub(" ", text)
            if not self.pieces or self.pieces[-1].endswith(" "):
                shown = shown.lstrip(" ")
            if shown:
                self.pieces.append(shown)

    def element(self, name: str, closing: bool) -> None:
        if name == "br":
            self.broken()
        elif name == "hr":
            self.ended()
            self.pieces.append(RULE)
            self.ended()
        elif name in ("td", "th") and closing:
            self.pieces.append(" ")
        elif name in LINES:
            self.ended()
            if name in PARAGRAPHS:
                self.blank()
        if name == "blockquote":
            self.quotes = max(0, self.quotes + (-1 if closing else 1))
            self.blank()
        elif name == "pre":
            self.verbatim = max(0, self.verbatim + (-1 if closing else 1))
        elif name == "li" and not closing:
            self.pieces.append("- ")

    def blank(self) -> None:
        self.blank_due = self.quotes if self.blank_due is None else min(self.blank_due, self.quotes)

    def ended(self) -> None:
        """The line, if anything stands in it."""
        if "".join(self.pieces).strip():
            self.broken()
        else:
            self.pieces.clear()

    def broken(self) -> None:
        if self.blank_due is not None and self.lines:
            self.lines.append(("> " * min(self.blank_due, MOST_QUOTES)).rstrip())
        self.blank_due = None
        self.lines.append(("> " * min(self.quotes, MOST_QUOTES) + "".join(self.pieces).replace("\xa0", " ")).rstrip())
        self.pieces.clear()

    def done(self) -> str:
        self.ended()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n") + "\n" * bool(self.lines)
