"""Which mail this is: fetched twice, by alias or after a rebuild, the key is the same; with other content it is not."""

from __future__ import annotations

import hashlib

from mailbox.parsing.mime import Part

TOLD_APART_BY = ("message-id", "from", "date", "subject")
"""Fields of the writer. Received, Delivered-To and the like differ from copy to copy."""


def key(mail: Part) -> str:
    """SHA-256 in hex of those fields and the body, whatever its lines end by."""
    sum = hashlib.sha256()
    for name in TOLD_APART_BY:
        values = [b" ".join(value.split()) for each, value in mail.fields.pairs if each == name]
        sum.update(b"%s:%d:" % (name.encode(), len(values)))
        for value in values:
            sum.update(b"%d:%s" % (len(value), value))
    body = mail.body
    if b"\r\n" in body:
        body = body.replace(b"\r\n", b"\n")
    sum.update(body.rstrip(b"\n"))
    return sum.hexdigest()
