"""What our own servers wrote on a mail: whether the sender is proven (RFC 8601), and when they took it (RFC 5321)."""

from __future__ import annotations

import re
from datetime import datetime

from mailbox.parsing.defects import Defects
from mailbox.parsing.fields import Fields, instant
from mailbox.parsing.parsed import Dmarc

MANY_HOPS = 50
_PIECES = re.compile(r'\\.|["()]|[^"()\\]+|\\', re.S)
_DMARC = re.compile(r"(?:^|;)\s*dmarc\s*=\s*([a-z]+)([^;]*)", re.I)
_FROM = re.compile(r"header\.from\s*=\s*\"?(?:[^\s;\"@]*@)?([^\s;\"]+)", re.I)
_BY = re.compile(r"\bby\s+([^\s;()]+)", re.I)


def dmarc(fields: Fields, author: str, authservs: tuple[str, ...]) -> Dmarc:
    """By the topmost Authentication-Results of a server that we trust; a pass for another domain than From's is none.

    What stands below it came with the mail and may be anybody's, also under the name of our server.
    """
    for value in fields.all("authentication-results"):
        plain = _without_comments(value)
        words = plain.partition(";")[0].split()
        if words and words[0].lower() in authservs:
            return _result(plain[len(plain.partition(";")[0]) :], author)
    return "none"


def _result(results: str, author: str) -> Dmarc:
    found = _DMARC.search(results)
    if found is None:
        return "none"
    result = found[1].lower()
    if result == "fail":
        return "fail"
    proven = _FROM.search(found[2])
    domain = author.rpartition("@")[2].lower()
    same = proven is None or domain == proven[1].lower().rstrip(".")
    return "pass" if result == "pass" and domain and same else "none"


def _without_comments(value: str) -> str:
    """Nor what stands in quotes: senders have a say in both, as in the words of a refusal."""
    kept: list[str] = []
    depth, quoted = 0, False
    for piece in _PIECES.findall(value):
        if piece == '"' and not depth:
            quoted = not quoted
        elif piece in ("(", ")") and not quoted:
            depth = max(0, depth + (1 if piece == "(" else -1))
        elif not depth and not quoted:
            kept.append(piece)
    return "".join(kept)


def received_at(fields: Fields, relays: tuple[str, ...]) -> datetime | None:
    """When the first of our hosts took it: the lowest of the topmost Received fields that are by one of them."""
    found = None
    for value in fields.all("received"):
        by = _BY.search(_without_comments(value.rpartition(";")[0]))
        if by is None or by[1].lower().rstrip(".") not in relays:
            break
        found = instant(value.rpartition(";")[2].strip()) or found
    return found


def hops(fields: Fields, defects: Defects) -> int:
    """Servers it went through."""
    count = sum(name == "received" for name, _ in fields.pairs)
    if count > MANY_HOPS:
        defects.note("went through more than 50 servers")
    return count
