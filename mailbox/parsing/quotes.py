"""What somebody wrote, and what their program put below it of what was written before. Folds, never deletes.

By the shape of lines, whatever the language; words of mail programs decide where the shape alone would also fit a
pasted log; and, best of all, by what we know that we sent. In doubt nothing is folded: to see too much is better
than to miss a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbox.parsing import quote_words
from mailbox.parsing.sent import Sent

MOST_SIGNS = 300_000
"""What lies beyond is looked at by nobody, and belongs to the last piece."""
MOST_LINES = 10_000
COMPARED_LINES, COMPARED_SIGNS = 100, 8_000
"""Below a place where a quote may begin, compared with what was sent."""
SIGNATURE_LINES = 15
_DATED = re.compile(r"\d{1,4}[./-]\s?\d|\d{4}")
_TIMED = re.compile(r"\d{1,2}[:.h]\d{2}")
_FIELD = re.compile(r"\*?([^\s:：>*][^:：\n*]{0,24}?)\s?[:：]\*?\s*(\S.*)?")
_ANGLED = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_RULE = re.compile(r"_{10,}")
_WROTE = re.compile("|".join(re.escape(word) for word in quote_words.WROTE))


@dataclass(frozen=True, slots=True)
class Folded:
    """`reply` and `quote` are the text, one behind the other; `signature` ends `reply`."""

    reply: str
    quote: str
    signature: str


def fold(text: str, subject: str | None, answering: bool, sent: Sent) -> Folded:
    """`answering`: the mail says that it answers another; `sent`: what we wrote before."""
    known = text[:MOST_SIGNS]
    lines = known.split("\n")[:MOST_LINES]
    cut = _Cutter(lines, _is_forward(subject), answering, sent).place()
    reply = text if cut is None else "".join(f"{line}\n" for line in lines[:cut])
    return Folded(reply, text[len(reply) :], _signature(reply))


def _is_forward(subject: str | None) -> bool:
    prefix = (subject or "").partition(":")[0].strip().casefold()
    return prefix in quote_words.FORWARD_PREFIXES


class _Cutter:
    """Goes down the lines until something is quoted."""

    def __init__(self, lines: list[str], forwarded: bool, answering: bool, sent: Sent) -> None:
        self.lines = lines
        self.plain = [line.strip().casefold() for line in lines]
        self.forwarded = forwarded
        self.answering = answering
        self.sent = sent
        unquoted = (at for at in range(len(lines) - 1, -1, -1) if self.plain[at] and not lines[at].startswith(">"))
        self.bare = self._next(next(unquoted, -1) + 1)

    def place(self) -> int | None:
        """The first line of the quote; None: there is none, or its author writes into it."""
        for at in range(len(self.lines)):
            if not self.plain[at]:
                continue
            if self._begins_forward(at):
                return None
            below = self._attributed(at)
            if below is not None:
                return None if self._answered_inside(below) else at
            if self._fields_begin(at):
                return self._unless_forwarded(at)
            if at == self.bare and self._bare_quote(at):
                return at - 1 if at and _RULE.fullmatch(self.lines[at - 1].strip()) else at
        return self._by_what_was_sent()

    def _from(self, at: int) -> str:
        return "\n".join(self.lines[at : at + COMPARED_LINES])[:COMPARED_SIGNS]

    def _begins_forward(self, at: int) -> bool:
        line = self.plain[at]
        if len(line) > 120 or not (line.startswith(("-", "=", "*")) or line.endswith((":", "：", "-"))):
            return False
        return any(word in line for word in quote_words.FORWARDED)

    def _attributed(self, at: int) -> int | None:
        """Where the quote begins below `On … Anna <a@b> wrote:`, which may be broken into three lines."""
        if self.lines[at].startswith(">"):
            return None
        for length in (1, 2, 3):
            piece = self.plain[at : at + length]
            if len(piece) < length or not piece[-1]:
                return None
            if piece[-1].endswith((":", "：")) or _WROTE.search(piece[-1]):
                below = self._next(at + length)
                whole = length == 1 or (_dated(" ".join(piece)) and not _dated(" ".join(piece[1:])))
                if below is not None and whole and self._introduces(" ".join(piece), below):
                    return below
        return None

    def _introduces(self, said: str, below: int) -> bool:
        """Whether `said` speaks of somebody else's mail and not of a log."""
        if not 8 <= len(said) <= 400:
            return False
        wrote, addressed = bool(_WROTE.search(said)), "@" in said
        dated = _dated(said)
        if self.lines[below].startswith(">"):
            return (dated or said.endswith((":", "："))) and (wrote or addressed or self.sent.shares(self._from(below)))
        if dated and wrote and _ANGLED.search(said):  # people do not put addresses in brackets
            return True
        return dated and self.sent.known(self._from(below))

    def _next(self, at: int) -> int | None:
        return next((place for place in range(at, min(at + 4, len(self.lines))) if self.plain[place]), None)

    def _answered_inside(self, below: int) -> bool:
        """Whether somebody wrote between or under the quoted lines; never said of quotes without `>`."""
        if not self.lines[below].startswith(">"):
            return False
        for at in range(below, len(self.lines)):
            line = self.lines[at]
            if not self.plain[at] or line.startswith(">"):
                continue
            if _is_delimiter(line) or self._telephone(at):
                return False
            if not self._broken_off(at) and not self.sent.shares(line):
                return True
        return False

    def _broken_off(self, at: int) -> bool:
        """The end of a long quoted line that a program broke without a mark."""
        above = self.lines[at - 1]
        below = self.lines[at + 1] if at + 1 < len(self.lines) else ""
        return above.startswith(">") and len(above) > 60 and len(self.lines[at]) < 40 and below.startswith(">")

    def _telephone(self, at: int) -> bool:
        return self.plain[at].startswith(quote_words.SENT_FROM)

    def _fields_begin(self, at: int) -> bool:
        """From, Sent, To, Subject as Outlook writes them, below a rule or `Original Message` or nothing."""
        line = self.plain[at]
        hyphens = line.startswith("--") and line.endswith("--")
        if hyphens and line.strip("-= ").startswith(quote_words.ORIGINAL):
            return True
        if hyphens or _RULE.fullmatch(self.lines[at].strip()):
            below = self._next(at + 1)
            return below is not None and self._are_fields(below)
        return self._are_fields(at)

    def _are_fields(self, at: int) -> bool:
        block: list[tuple[str, str]] = []
        for line in self.plain[at : at + 8]:
            found = _FIELD.fullmatch(line)
            if not line or (found is None and len(block) < 2):
                break
            if found is not None:
                block.append((found[1].strip(), found[2] or ""))
        names = [name for name, _ in block]
        if len(block) < 3 or not set(names[:2]) & set(quote_words.FROM) or set(names) & set(quote_words.TECHNICAL):
            return False
        if len(block) < 4 and not any("@" in value for _, value in block):
            return False
        return any(_TIMED.search(value) and _DATED.search(value) for _, value in block)

    def _unless_forwarded(self, at: int) -> int | None:
        """What stands below fields is the message itself, when it was forwarded or nothing stands above."""
        if self.sent.shares(self._from(at)):
            return at
        return None if self.forwarded or not any(self.plain[:at]) else at

    def _bare_quote(self, at: int) -> bool:
        """Quoted lines to the end that nothing announces; below `It printed:` they are part of the answer."""
        above = next((line for line in reversed(self.plain[:at]) if line), "")
        return (self.answering and not above.endswith((":", "："))) or self.sent.known(self._from(at))

    def _by_what_was_sent(self) -> int | None:
        at = self.sent.tail(self.lines)
        if at is None or not any(self.plain[:at]):
            return None
        above = next((place for place in range(at - 1, max(at - 4, 0), -1) if self.plain[place]), None)
        return (
            above if above is not None and self.plain[above].endswith((":", "：")) and any(self.plain[:above]) else at
        )


def _dated(said: str) -> bool:
    """Whether a mail's time stands in it; then what stands in the line above is no part of it."""
    return bool(_DATED.search(said) and (_TIMED.search(said) or "@" in said or _WROTE.search(said)))


def _is_delimiter(line: str) -> bool:
    return line.rstrip() in ("--", "—") or line == "-- "


def _signature(reply: str) -> str:
    """The end of the reply from `-- ` on, or what a telephone adds; empty without one."""
    lines = reply.split("\n")
    first = max(1, len(lines) - SIGNATURE_LINES)
    for at in range(first, len(lines)):
        if _is_delimiter(lines[at]) or lines[at].strip().casefold().startswith(quote_words.SENT_FROM):
            return "\n".join(lines[at:])
    return ""
