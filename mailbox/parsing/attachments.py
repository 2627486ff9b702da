"""What is attached: named so that no file system minds, typed by its content, hashed, never unpacked."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import puremagic

from mailbox.parsing.defects import Defects
from mailbox.parsing.mime import Part
from mailbox.parsing.parsed import Attachment

MOST_NAME_BYTES = 120
SNIFFED_BYTES = 16_384
UNKNOWN = "application/octet-stream"
ENDINGS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/rfc822-headers": ".txt",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/pgp-encrypted": ".asc",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
}
SEALED = {
    "application/ms-tnef": "winmail.dat kept packed",
    "application/vnd.ms-tnef": "winmail.dat kept packed",
    "application/pkcs7-mime": "S/MIME kept unread",
    "application/x-pkcs7-mime": "S/MIME kept unread",
    "application/pgp-encrypted": "PGP kept unread",
    "application/pkcs7-signature": "S/MIME signature not checked",
    "application/x-pkcs7-signature": "S/MIME signature not checked",
    "application/pgp-signature": "PGP signature not checked",
}
ACTIVE = {
    "text/html",
    "text/xml",
    "text/javascript",
    "application/xhtml+xml",
    "application/xml",
    "application/javascript",
    "application/x-javascript",
    "application/x-shockwave-flash",
    "image/svg+xml",
}
"""What a browser might run: an attachment is called so only if it looks so."""
ZIPPED = ("application/vnd.openxmlformats-", "application/vnd.oasis.", "application/epub+zip", "application/x-zip")
OFFICE = {
    b"word/document": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/workbook": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/presentation": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    b"application/vnd.oasis.opendocument.text": "application/vnd.oasis.opendocument.text",
    b"application/vnd.oasis.opendocument.spreadsheet": "application/vnd.oasis.opendocument.spreadsheet",
}
_DANGEROUS_TEXT = (
    (re.compile(rb"<(?:!doctype\s+html|html|head|body|script|iframe)\b", re.I), "text/html"),
    (re.compile(rb"<svg\b", re.I), "image/svg+xml"),
)


def attachment(part: Part, number: int, shown_ids: frozenset[str], defects: Defects) -> Attachment:
    """`shown_ids` are the content ids that the HTML shows; `number` names a part that has no name."""
    content = part.content(defects)
    content_id = (part.fields.first("content-id") or "").strip("<> ")[:300] or None
    if part.type in SEALED:
        defects.note(SEALED[part.type])
    elif content.startswith(b"\x78\x9f\x3e\x22"):
        defects.note(SEALED["application/ms-tnef"])
    elif content.lstrip()[:27] == b"-----BEGIN PGP MESSAGE-----":
        defects.note(SEALED["application/pgp-encrypted"])
    return Attachment(
        name_of(part, number),
        part.type,
        type_of(content, part.type, defects),
        len(content),
        hashlib.sha256(content).hexdigest(),
        content_id,
        content_id is not None and content_id in shown_ids,
        content,
    )


def file_name(part: Part) -> str:
    """As the sender wrote it, empty without one."""
    return part.disposition[1].get("filename") or part.parameters.get("name", "")


def name_of(part: Part, number: int) -> str:
    """Clean; one by number where the sender gave none."""
    return clean_name(file_name(part)) or f"part-{number}{ENDINGS.get(part.type, '')}"


def clean_name(name: str) -> str:
    """Without folders, control and bidi signs, within 120 bytes, its ending kept; empty when nothing is left."""
    last = re.split(r"[\\/]", name)[-1]
    shown = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    shown = re.sub(r'[<>:"|?*]', "_", re.sub(r"\s+", " ", shown)).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(ending.encode()) > 16:
        return _within(shown, MOST_NAME_BYTES).strip(" .")
    return f"{_within(stem, MOST_NAME_BYTES - len(ending.encode()) - 1)}.{ending}"


def _within(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")


def type_of(content: bytes, declared: str, defects: Defects) -> str:
    """By content; what is said counts where the content cannot tell, or tells less, and nothing runs by it."""
    found = sniffed(content)
    if declared == found or declared in ACTIVE:
        return found
    family = declared.partition("/")[0]
    if found == UNKNOWN and family in ("application", "audio", "video", "font", "model"):
        return declared
    if found == "text/plain" and family in ("text", "message"):
        return declared
    if not content or (found == "application/zip" and declared.startswith(ZIPPED)):
        return declared
    if declared != UNKNOWN and found.partition("/")[0] != family:
        defects.note("attachment is not what it is called", declared)
    return found


def sniffed(content: bytes) -> str:
    """The type that the bytes show; what a browser might run is called by that name, whatever it pretends to be."""
    start = content[:SNIFFED_BYTES]
    for pattern, type in _DANGEROUS_TEXT:
        if pattern.search(start[:2_048]):
            return type
    if start.startswith(b"PK\x03\x04"):
        return _zipped(start + content[-SNIFFED_BYTES:])
    try:
        found = puremagic.from_string(start, mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    if found:
        return found
    return "text/plain" if _is_text(start) else UNKNOWN


def _zipped(known: bytes) -> str:
    """Office documents are zips, told by the names in them."""
    return next((type for name, type in OFFICE.items() if name in known), "application/zip")


def _is_text(start: bytes) -> bool:
    if b"\0" in start or not start:
        return False
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(start) - 3 and len(start) == SNIFFED_BYTES
    return True
