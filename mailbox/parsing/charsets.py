"""Text out of bytes whose charset is wrong, unknown or missing; never fails."""

from __future__ import annotations

import codecs
import re

from mailbox.parsing.defects import Defects

ALIASES = {
    "": "utf-8",
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "ansi_x3.110-1983": "cp1252",
    "default": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "cp-850": "cp850",
    "x-mac-ce": "mac_latin2",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
}
"""Names that mail programs use, or use for more than the name says."""
NO_CHARSETS = {"idna", "punycode", "undefined", "mbcs", "oem", "unicode_escape", "raw_unicode_escape"}
"""Python takes them for text encodings; in a mail they are a mistake or an attack."""
ONE_BYTE = re.compile(r"cp125\d|iso8859-\d+|mac-\w+|koi8-\w+")
"""Where every byte means something, so bytes that happen to be whole UTF-8 are UTF-8."""
LAST_RESORTS = ("utf-8", "cp1250", "latin-1")
_UNPRINTED = {code: None for code in (*range(9), 11, *range(14, 32), 127, 0xFEFF)} | {12: "\n"}


def text_of(content: bytes, charset: str | None, defects: Defects) -> str:
    """The text, its lines ended by `\\n`, without control signs. `charset` is what the sender calls it, if anything."""
    named = (charset or "").strip().strip("'\"").lower()
    codec = _codec(named)
    if codec is None:
        defects.note("charset unknown", named)
        codec = "utf-8"
    decoded = _decoded(content, codec)
    if decoded is None:
        if named:
            defects.note("charset wrong", named)
        decoded = next(text for each in LAST_RESORTS if (text := _decoded(content, each)) is not None)
    elif ONE_BYTE.fullmatch(codec) and not content.isascii() and (better := _decoded(content, "utf-8")) is not None:
        defects.note("charset wrong", named)
        decoded = better
    return clean(decoded)


def clean(text: str) -> str:
    """With `\\n` only, without control signs and halves of signs that UTF-8 cannot carry."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNPRINTED)
    return lines.encode("utf-8", "replace").decode("utf-8")


def _codec(named: str) -> str | None:
    try:
        found = codecs.lookup(ALIASES.get(named, named))
    except (LookupError, ValueError):  # ValueError: a NUL in its name
        return None
    if found.name.replace("-", "_") in NO_CHARSETS or not getattr(found, "_is_text_encoding", False):
        return None
    return found.name


def _decoded(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except (UnicodeError, ValueError):
        return None
