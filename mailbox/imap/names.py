"""Folder names on the wire: modified UTF-7 (RFC 3501, 5.1.3), and quoting."""

from __future__ import annotations

import binascii
import re

_PLAIN = re.compile(r"[\x20-\x7e]+")
_PIECES = re.compile(r"[\x20-\x25\x27-\x7e]+|&|[^\x20-\x7e]+")
_ENCODED = re.compile(rb"&([^-]*)-")


def encode(name: str) -> str:
    """ASCII for any name: `Spät & früh` is `Sp&AOQ-t &- fr&APw-h`."""
    return "".join(_encoded(piece) for piece in _PIECES.findall(name))


def _encoded(piece: str) -> str:
    if piece == "&":
        return "&-"
    elif _PLAIN.fullmatch(piece):
        return piece
    else:
        base64 = binascii.b2a_base64(piece.encode("utf-16-be", "surrogatepass"), newline=False)
        return f"&{base64.decode().rstrip('=').replace('/', ',')}-"


def decode(name: bytes) -> str:
    """The name that was meant. What is not modified UTF-7 is taken as UTF-8, as servers with raw names send it."""
    try:
        return _ENCODED.sub(_decoded, name).decode()
    except (ValueError, binascii.Error):
        return name.decode("utf-8", "replace")


def _decoded(found: re.Match[bytes]) -> bytes:
    base64 = found[1].replace(b",", b"/")
    if not base64:
        return b"&"
    else:
        return binascii.a2b_base64(base64 + b"=" * (-len(base64) % 4)).decode("utf-16-be").encode()


def quoted(text: str) -> str:
    """A quoted string. CR, LF and NUL are refused where commands are made."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder(name: str) -> str:
    """A folder's name as an argument of a command."""
    return quoted(encode(name))
