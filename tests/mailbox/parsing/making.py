"""Mails to try the reader with."""

from __future__ import annotations

from mailbox.parsing.parse import UNREAD, parse
from mailbox.parsing.parsed import Ours, Parsed

HEAD = b"From: Jana <jana@brightwater.example>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@brightwater.example>\r\n"


def read(raw: bytes, ours: Ours | None = None, sent: tuple[str, ...] = ()) -> Parsed:
    """Read, and not by the net below the reader."""
    found = parse(raw, ours or Ours(), sent)
    assert not [defect for defect in found.defects if defect.startswith(UNREAD)], found.defects
    assert found.reply + found.quote == found.text
    return found


def mail(body: str = "Hello.\n", ours: Ours | None = None, sent: tuple[str, ...] = (), **fields: str) -> Parsed:
    """Of plain text with these fields; a name's `_` is a hyphen."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return read(HEAD + lines.encode() + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body.encode(), ours, sent)


def page(body: str) -> Parsed:
    """Of HTML alone."""
    return read(HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body.encode())


def multipart(kind: str, *parts: str, **fields: str) -> Parsed:
    """Parts as they stand, each with its own head."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    whole = "".join(f"--=_b\r\n{part}\r\n" for part in parts)
    head = HEAD.decode() + lines + f'Content-Type: multipart/{kind}; boundary="=_b"\r\n\r\n'
    return read(f"{head}{whole}--=_b--\r\n".encode())
