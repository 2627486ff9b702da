"""Header fields: unfolded, words decoded (RFC 2047), parameters taken apart (RFC 2231), ids and dates found."""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from mailbox.parsing.charsets import text_of
from mailbox.parsing.defects import Defects

MOST_VALUE = 64_000
"""Signs of a field that are looked at: an honest list of a thousand recipients fits."""
MOST_REFERENCES = 50
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,3})\?=")
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.S)
_PIECE = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?")
_ID = re.compile(r"<[^<>\s]{1,900}>")
FIRST_YEAR, LAST_YEAR = 1971, 2200


class Fields:
    """The head of a mail or of a part: names in small letters, values as they came."""

    def __init__(self, pairs: list[tuple[str, bytes]], defects: Defects) -> None:
        self.pairs = pairs
        self._defects = defects

    def has(self, name: str) -> bool:
        return any(each == name for each, _ in self.pairs)

    def all(self, name: str) -> list[str]:
        """Unfolded, words not decoded; the topmost first."""
        return [self._unfolded(value) for each, value in self.pairs if each == name]

    def first(self, name: str) -> str | None:
        for each, value in self.pairs:
            if each == name:
                return self._unfolded(value)
        return None

    def words(self, name: str) -> str | None:
        """The first, decoded for reading."""
        value = self.first(name)
        return None if value is None else words(value, self._defects)

    def ids(self, name: str) -> str | None:
        """The first, of Message-IDs: some programs encode those that are longer than a line."""
        value = self.first(name)
        return words(value, self._defects) if value is not None and "=?" in value else value

    def _unfolded(self, value: bytes) -> str:
        if len(value) > MOST_VALUE:
            self._defects.note("header field cut, longer than 64,000 bytes")
        return text_of(value[:MOST_VALUE], None, self._defects).replace("\n", "").strip()


def words(value: str, defects: Defects) -> str:
    """With its encoded words decoded; neighbours in one charset are joined before, as they may share a letter."""
    pieces: list[tuple[str, bytes, str]] = []  # charset, bytes, text of none
    place = 0
    for found in _WORD.finditer(value):
        between = value[place : found.start()]
        if between.strip() or not pieces:
            pieces.append(("", b"", between))
        charset = found[1].partition("*")[0].lower()
        content = _word_bytes(found[2], found[3], defects)
        if pieces[-1][0] == charset:
            pieces[-1] = (charset, pieces[-1][1] + content, "")
        else:
            pieces.append((charset, content, ""))
        place = found.end()
    pieces.append(("", b"", value[place:]))
    joined = "".join(text if not charset else text_of(content, charset, defects) for charset, content, text in pieces)
    return re.sub(r"\s+", " ", joined).strip()


def _word_bytes(encoding: str, text: str, defects: Defects) -> bytes:
    if encoding in "qQ":
        return binascii.a2b_qp(text.encode("utf-8").replace(b" ", b"_"), header=True)
    try:
        return binascii.a2b_base64(text.encode("utf-8") + b"==")
    except binascii.Error:
        defects.note("encoded word is no base64")
        return text.encode("utf-8")


def parameters(value: str, defects: Defects) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=x` taken apart: the first word in small letters, names in small letters."""
    head, mark, rest = value.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(mark + rest):
        content = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3].strip()
        named = _PIECE.fullmatch(found[1].lower())
        if named is None:
            continue
        if named[2] is None and named[3] is None:
            plain.setdefault(named[1], words(content, defects))
        else:
            pieces.setdefault(named[1], {})[int(named[2] or 0)] = (content, named[3] is not None)
    joined = {name: _joined(found, defects) for name, found in pieces.items()}
    return head.strip().lower(), plain | joined


def _joined(pieces: dict[int, tuple[str, bool]], defects: Defects) -> str:
    charset, content = None, b""
    for place, number in enumerate(sorted(pieces)):
        text, encoded = pieces[number]
        if encoded and place == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        content += unquote_to_bytes(text) if encoded else text.encode("utf-8")
    return text_of(content, charset, defects)


def message_ids(value: str | None) -> tuple[str, ...]:
    """All that stand in a field, in its order, each once."""
    return tuple(dict.fromkeys(_ID.findall(value or "")))


def message_id(value: str | None) -> str | None:
    """The first; one without brackets gets them."""
    found = message_ids(value)
    if found:
        return found[0]
    bare = (value or "").strip("<> ")
    return f"<{bare}>" if bare and not re.search(r"[\s<>]", bare) and len(bare) <= 900 else None


def references(value: str | None) -> tuple[str, ...]:
    """The newest fifty, the newest last."""
    return message_ids(value)[-MOST_REFERENCES:]


def instant(value: str | None) -> datetime | None:
    """A date as mail programs write it, in UTC; without a zone it is taken for UTC. None: it is none."""
    if not value:
        return None
    try:
        found = parsedate_to_datetime(value[:200])
        aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        utc = aware.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError, AttributeError):
        return None
    return utc if FIRST_YEAR <= utc.year <= LAST_YEAR else None
