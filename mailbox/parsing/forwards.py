"""The mail that somebody passes on: attached whole, or in the text below a line that says so or below its fields."""

from __future__ import annotations

import re

from mailbox.parsing import quote_words
from mailbox.parsing.addresses import first_address
from mailbox.parsing.bodies import body
from mailbox.parsing.defects import Defects
from mailbox.parsing.fields import instant
from mailbox.parsing.mime import Part, read
from mailbox.parsing.parsed import Address, Forwarded

MOST_LINES = 5_000
MOST_BYTES = 10_000_000
_FIELD = re.compile(r"\*?([^\s:：>*][^:：\n*]{0,24}?)\s?[:：]\*?\s*(\S.*)?")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"]{1,64}@[A-Za-z0-9.-]{1,253}")
_PREFIX = re.compile(r"\s{0,3}[^\s:]{1,12}:\s{0,3}")


def forwarded(mail: Part, text: str, subject: str | None, defects: Defects) -> Forwarded | None:
    """None for a mail that passes nothing on. Nothing proves what it says of whom the mail is."""
    return _attached(mail, text, defects) or _below(text, subject, defects)


def _attached(mail: Part, text: str, defects: Defects) -> Forwarded | None:
    part = next((part for part in mail.leaves() if part.type == "message/rfc822"), None)
    content = b"" if part is None else part.content(defects)
    if not content or len(content) > MOST_BYTES:
        return None
    inner = read(content, defects)
    author = first_address(inner.fields.first("from"), defects)
    if author is None:
        return None
    said = body(inner, defects).text
    sent_at = instant(inner.fields.first("date"))
    return Forwarded(author, inner.fields.words("subject"), sent_at, said.strip(), text.strip())


def _below(text: str, subject: str | None, defects: Defects) -> Forwarded | None:
    lines = text.split("\n")[:MOST_LINES]
    at = next((place for place, line in enumerate(lines) if _says_so(line)), None)
    if at is None and not _is_forward(subject):
        return None
    found = _fields(lines, 0 if at is None else at + 1)
    if found is None:
        return None
    begin, end, fields = found
    author = next((_author(value, defects) for name, value in fields if name in quote_words.FROM), None)
    if author is None:
        return None
    above = "\n".join(lines[: begin if at is None else at]).strip()
    said = "\n".join(_unquoted(lines[end:])).strip()
    return Forwarded(author, _subject(fields, subject), None, said, above)


def _says_so(line: str) -> bool:
    plain = line.strip().casefold()
    shaped = plain.startswith(("-", "=", "*")) or plain.endswith((":", "：", "-"))
    return len(plain) <= 120 and shaped and any(word in plain for word in quote_words.FORWARDED)


def _is_forward(subject: str | None) -> bool:
    return (subject or "").partition(":")[0].strip().casefold() in quote_words.FORWARD_PREFIXES


def _fields(lines: list[str], first: int) -> tuple[int, int, list[tuple[str, str]]] | None:
    """The first lines, where they begin and end, of which one says of whom the mail is."""
    block: list[tuple[str, str]] = []
    begin = first
    for place in range(first, min(first + 200, len(lines))):
        line = lines[place].lstrip("> ").strip()
        found = _FIELD.fullmatch(line)
        if found is not None and (block or found[1].strip().casefold() in quote_words.FROM):
            begin = begin if block else place
            block.append((found[1].strip().casefold(), (found[2] or "").strip()))
        elif block and (not line or len(block) >= 2):
            return (begin, place, block) if len(block) >= 2 else None
    return None


def _author(value: str, defects: Defects) -> Address | None:
    found = first_address(value.replace("[mailto:", "<").replace("]", ">"), defects)
    if found is not None and "@" in found.address:
        return found
    bare = _ADDRESS.search(value)
    return None if bare is None else first_address(bare[0], defects)


def _subject(fields: list[tuple[str, str]], subject: str | None) -> str | None:
    """Of the field that our own subject ends with, else ours without what says that it is passed on."""
    own = _PREFIX.sub("", subject or "", count=1).strip() if _is_forward(subject) else (subject or "").strip()
    named = next((value for _, value in fields if value and own and own.casefold() in value.casefold()), None)
    return named or own or None


def _unquoted(lines: list[str]) -> list[str]:
    """Without the marks of a quote, where every line has one."""
    written = [line for line in lines if line.strip()]
    if not written or not all(line.startswith(">") for line in written):
        return lines
    return [line[1:].removeprefix(" ") for line in lines]
