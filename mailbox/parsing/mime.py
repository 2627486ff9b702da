"""The parts of a mail (RFC 2045, 2046), by their places in its bytes; bounded in depth and number whatever is sent."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailbox.parsing.defects import Defects
from mailbox.parsing.fields import Fields, parameters

MOST_DEPTH = 30
MOST_PARTS = 1_000
MOST_HEAD_BYTES = 256_000
MOST_FIELDS = 2_000
MOST_MARKS = 100_000
"""Places that look like a boundary and are looked at."""
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*(.*)", re.S)
_BEFORE_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[\r\n]*(?=[!-9;-~]{1,200}[ \t]*:|From ))?")
_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}")


@dataclass(slots=True)
class Part:
    """A mail or one part of it; `start` and `end` are where its body stands in `raw`."""

    raw: bytes
    fields: Fields
    start: int
    end: int
    type: str
    parameters: dict[str, str]
    disposition: tuple[str, dict[str, str]]
    depth: int
    parts: list[Part] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return self.raw[self.start : self.end]

    @property
    def leaf(self) -> bool:
        return not self.parts

    def leaves(self) -> Iterator[Part]:
        """All parts that have none themselves, in their order."""
        if self.leaf:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def content(self, defects: Defects) -> bytes:
        """The bytes that were meant, out of their transfer encoding."""
        encoding = (self.fields.first("content-transfer-encoding") or "").split(";")[0].strip().lower()
        if encoding == "base64":
            return _base64(self.body, defects)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            return _uuencoded(self.body, defects)
        if encoding not in ("", "7bit", "8bit", "binary", "7-bit", "8-bit"):
            defects.note("transfer encoding unknown", encoding)
        return self.body


def read(raw: bytes, defects: Defects) -> Part:
    """The whole mail as a tree."""
    if b"\n" not in raw and b"\r" in raw:
        defects.note("lines end by CR alone")
        raw = raw.replace(b"\r", b"\n")
    start = _BEFORE_HEAD.match(raw).end()  # type: ignore[union-attr]
    if raw[start : start + 5] == b"From ":  # as an mbox has it
        start = raw.find(b"\n", start) + 1 or len(raw)
    whole = _part(raw, start, len(raw), 0, "text/plain", defects)
    count, waiting = 1, [whole]
    while waiting:
        part = waiting.pop()
        if not part.type.startswith("multipart/"):
            continue
        if part.depth >= MOST_DEPTH:
            defects.note("parts nested deeper than 30, kept unread")
            continue
        inner = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for begin, end in _places(part, defects):
            if count >= MOST_PARTS:
                defects.note("parts cut after 1,000")
                break
            part.parts.append(_part(raw, begin, end, part.depth + 1, inner, defects))
            count += 1
        waiting.extend(part.parts)
    return whole


def _part(raw: bytes, start: int, end: int, depth: int, default: str, defects: Defects) -> Part:
    pairs, body = head(raw, start, end, defects)
    fields = Fields(pairs, defects)
    type, named = parameters(fields.first("content-type") or default, defects)
    if type == "text":  # as very old programs say
        type = "text/plain"
    elif not _TYPE.fullmatch(type):
        defects.note("content type unreadable", type)
        type = default
    disposition = parameters(fields.first("content-disposition") or "", defects)
    return Part(raw, fields, body, end, type, named, disposition, depth)


def head(raw: bytes, start: int, end: int, defects: Defects) -> tuple[list[tuple[str, bytes]], int]:
    """The fields between two places and where the body begins."""
    pairs: list[tuple[str, list[bytes]]] = []
    place = start
    while place < end:
        stop = raw.find(b"\n", place, end)
        stop = end if stop < 0 else stop + 1
        line = raw[place : min(stop, place + MOST_HEAD_BYTES)].rstrip(b"\r\n")
        if not line:
            place = stop
            break
        if place - start > MOST_HEAD_BYTES or len(pairs) > MOST_FIELDS:
            defects.note("head longer than is read")
            place = _after_blank(raw, place, end)
            break
        if line[:1] in b" \t" and pairs:
            pairs[-1][1].append(line)
        elif (found := _FIELD.fullmatch(line)) is not None:
            pairs.append((found[1].decode("ascii").lower(), [found[2]]))
        elif line[:6] != b">From ":
            defects.note("line in the head is no field")
            break
        place = stop
    return [(name, b"".join(lines)) for name, lines in pairs], place


def _after_blank(raw: bytes, place: int, end: int) -> int:
    found = re.compile(rb"\n\r?\n").search(raw, place, end)
    return end if found is None else found.end()


def _places(part: Part, defects: Defects) -> Iterator[tuple[int, int]]:
    """Where the parts of a multipart begin and end."""
    boundary = part.parameters.get("boundary", "").encode("utf-8").rstrip()
    if not boundary:
        defects.note("multipart without boundary, kept whole")
        return
    begin, seen = None, 0
    for start, stop, last in _marks(part, b"--" + boundary, defects):
        seen += 1
        if begin is not None:
            yield begin, max(begin, start)
        begin = None if last else stop
        if last:
            return
    if begin is not None:
        defects.note("multipart without its end")
        yield begin, part.end
    elif not seen:
        defects.note("multipart without parts, kept whole")


def _marks(part: Part, mark: bytes, defects: Defects) -> Iterator[tuple[int, int, bool]]:
    """Each boundary: where the part before ends, where the next begins, whether it is the last."""
    raw, place = part.raw, part.start
    for _ in range(MOST_MARKS):
        found = raw.find(mark, place, part.end)
        if found < 0:
            return
        place = found + len(mark)
        if found > part.start and raw[found - 1 : found] != b"\n":
            continue
        stop = raw.find(b"\n", place, min(part.end, place + 1_000))
        rest = raw[place : part.end if stop < 0 else stop].strip() if stop >= 0 or part.end - place < 1_000 else b"?"
        if rest in (b"", b"--"):
            place = part.end if stop < 0 else stop + 1
            yield _before_break(raw, found, part.start), place, rest == b"--"
    defects.note("boundary stands too often")


def _before_break(raw: bytes, place: int, least: int) -> int:
    """The line break before a boundary is the boundary's."""
    if raw[place - 1 : place] == b"\n":
        place -= 1
        if raw[place - 1 : place] == b"\r":
            place -= 1
    return max(place, least)


def _base64(body: bytes, defects: Defects) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        defects.note("base64 damaged")
    plain = _BASE64.sub(b"", body)
    plain = plain[:-1] if len(plain) % 4 == 1 else plain
    return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4))


def _uuencoded(body: bytes, defects: Defects) -> bytes:
    out = []
    for line in body.splitlines():
        if line.startswith(b"begin ") or not line.strip():
            continue
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            defects.note("uuencoding damaged")
    return b"".join(out)
