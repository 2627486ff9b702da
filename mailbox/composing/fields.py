"""Header fields: names and subjects in any letters (RFC 2047), lists of addresses, parameters (RFC 2231), folded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

LINE = 76
"""Signs of a line that is not longer than it must be."""
WORD_BYTES = 39
"""Of text in one encoded word: with what stands around it 64 signs."""
MOST_NAME = 200
MOST_SUBJECT = 900
MOST_LINE = 900
"""Signs of a line at all: no word is longer (RFC 5322 allows 998)."""
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._()+-]{1,60}")


@dataclass(frozen=True)
class Person:
    """`name` may be empty."""

    name: str
    address: str


class OddAddress(ValueError):
    """A line end or another sign that would begin a field of its own."""


def subject(text: str) -> str:
    """The value of Subject."""
    return unstructured(clean(text)[:MOST_SUBJECT], len("Subject: "))


def unstructured(text: str, used: int) -> str:
    """`used`: signs that stand before it in the line."""
    words = text.split(" ")
    if text.isascii() and "=?" not in text and all(len(word) < MOST_LINE for word in words):
        return _folded(words, used)
    else:
        return "\r\n ".join(_encoded(text))


def people(of: Iterable[Person]) -> str:
    """The value of From, To, Cc or Reply-To: each in a line of their own. Raises OddAddress."""
    return ",\r\n ".join(map(_person, of))


def ids(of: Iterable[str]) -> str:
    """The value of References: each in a line of its own; what is no id is left out."""
    return "\r\n ".join(each for each in of if is_id(each))


def is_id(text: str) -> bool:
    """Whether it is a Message-ID, brackets included."""
    return _ID.fullmatch(text) is not None


def date(at: datetime) -> str:
    """The value of Date."""
    return format_datetime(at.astimezone(UTC))


def parameter(name: str, value: str) -> str:
    """`; name=value`, in lines of its own where that is long or in letters beyond ASCII."""
    if _PLAIN_NAME.fullmatch(value):
        return f'; {name}="{value}"'
    escaped = "utf-8''" + quote(value.encode(), safe="")
    if len(escaped) <= LINE - len(name) - 4:
        return f";\r\n {name}*={escaped}"
    pieces = _pieces(escaped, LINE - len(name) - 8)
    return "".join(f";\r\n {name}*{number}*={piece}" for number, piece in enumerate(pieces))


def content_type(type: str) -> str:
    """The type as it may stand in a field; of unknown content where it may not, or would be read as a mail itself."""
    main, slash, sub = type.partition("/")
    sound = slash and _TOKEN.fullmatch(main) and _TOKEN.fullmatch(sub) and main.lower() not in ("multipart", "message")
    return type.lower() if sound else "application/octet-stream"


def clean(text: str) -> str:
    """One line without control signs; what is no letter at all (half a surrogate) is shown as such."""
    whole = text.encode("utf-8", "replace").decode()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in whole).split())


def _person(person: Person) -> str:
    if not person.address.isprintable():
        raise OddAddress("An address of this mail holds a line end, or another sign that no address may have.")
    local, _, domain = person.address.rpartition("@")
    address = f"{local}@{_ascii(domain)}"
    name = clean(person.name)[:MOST_NAME].strip()
    if (
        not address.isascii()
    ):  # who takes no such letters sees whom it went to, and cannot answer there (RFC 6857, 3.1.8)
        return "\r\n ".join(_encoded(f"{name} {address}".strip())) + ":;"
    elif not name:
        return address
    elif _ATOMS.fullmatch(name) and "=?" not in name:
        return f"{name} <{address}>"
    elif name.isascii() and not re.search(r'=\?|["\\]', name):
        return f'"{name}"\r\n <{address}>'
    else:
        return "\r\n ".join(_encoded(name)) + f"\r\n <{address}>"


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _encoded(text: str) -> Iterator[str]:
    """Words of which none cuts a letter in two."""
    piece = b""
    for sign in text:
        letter = sign.encode()
        if len(piece) + len(letter) > WORD_BYTES:
            yield _word(piece)
            piece = b""
        piece += letter
    yield _word(piece)


def _word(content: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(content).decode()}?="


def _folded(words: list[str], used: int) -> str:
    text = ""
    for word in words:
        if text and used + 1 + len(word) > LINE:
            text += "\r\n"
            used = 0
        text += f" {word}" if text else word
        used += 1 + len(word)
    return text


def _pieces(escaped: str, most: int) -> Iterator[str]:
    """Of which none cuts an escape in two."""
    while escaped:
        cut = most
        while "%" in escaped[max(0, cut - 2) : cut] and cut < len(escaped):
            cut -= 1
        yield escaped[:cut]
        escaped = escaped[cut:]
