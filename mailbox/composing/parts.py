"""Parts of a mail (RFC 2045, 2046), as they are sent: in ASCII, in short lines."""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailbox.composing.fields import content_type, parameter
from mailbox.parsing.attachments import clean_name

LONGEST_LINE = 78


@dataclass(frozen=True)
class Part:
    """`fields` and `body` with their lines ended by CRLF; a body without an end."""

    fields: tuple[str, ...]
    body: bytes


@dataclass(frozen=True)
class Enclosed:
    """A file that goes along. `type` is by its content."""

    name: str
    type: str
    content: bytes = field(repr=False)


class Boundaries:
    """Of one mail, the same each time: by its id, in signs that stand in no encoded body."""

    def __init__(self, message_id: str) -> None:
        self._seed = hashlib.sha256(message_id.encode()).hexdigest()[:24]
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"=_{self._count}_{self._seed}"


def text(content: str, subtype: str) -> Part:
    """Plain or HTML. As it is where that is safe, else quoted-printable, or base64 where that is shorter."""
    lines = content.split("\n")
    kind = f"Content-Type: text/{subtype}; charset=utf-8"
    if content.isascii() and not any(len(line) > LONGEST_LINE or line.startswith("From ") for line in lines):
        return Part((kind, "Content-Transfer-Encoding: 7bit"), "\r\n".join(lines).encode())
    quoted = re.sub(rb"(?m)^From ", b"=46rom ", quopri.encodestring(content.encode()))
    packed = base64.encodebytes("\r\n".join(lines).encode())
    if len(quoted) <= len(packed):
        return Part((kind, "Content-Transfer-Encoding: quoted-printable"), _wire(quoted))
    else:
        return Part((kind, "Content-Transfer-Encoding: base64"), _wire(packed))


def file(enclosed: Enclosed, content_id: str | None) -> Part:
    """One that is shown in the text has an id, and the others are attached."""
    fields = [
        f"Content-Type: {content_type(enclosed.type)}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: {'attachment' if content_id is None else 'inline'}"
        + parameter("filename", clean_name(enclosed.name) or "file"),
    ]
    if content_id is not None:
        fields.append(f"Content-ID: <{content_id}>")
    return Part(tuple(fields), _wire(base64.encodebytes(enclosed.content)))


def together(subtype: str, parts: Sequence[Part], boundaries: Boundaries) -> Part:
    """The parts as one; a single one stays itself."""
    if len(parts) == 1:
        return parts[0]
    boundary = boundaries.next()
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), whole(part.fields, part.body)) for part in parts)
    return Part(
        (f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"',), body + b"--%s--" % boundary.encode()
    )


def whole(fields: Sequence[str], body: bytes) -> bytes:
    """Fields, an empty line, the body."""
    return "\r\n".join([*fields, "", ""]).encode() + body


def _wire(body: bytes) -> bytes:
    return body.removesuffix(b"\n").replace(b"\n", b"\r\n")
