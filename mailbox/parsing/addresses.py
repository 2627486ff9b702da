"""Lists of addresses as mail programs write them (RFC 5322, and what else is seen), in one pass at any length."""

from __future__ import annotations

import re

from mailbox.parsing.defects import Defects
from mailbox.parsing.fields import words
from mailbox.parsing.parsed import Address

MOST = 1_000
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|<[^<>]*>?|[(),;:]|[^"<>(),;:\s]+|\s+|.', re.S)


def addresses(value: str | None, defects: Defects) -> tuple[Address, ...]:
    """Who stands in a field, groups taken apart; what holds no address is left out."""
    if not value:
        return ()
    found: list[Address] = []
    for entry in _entries(value):
        if len(found) == MOST:
            defects.note("addresses cut after 1,000")
            break
        one = _address(entry, defects)
        if one is not None:
            found.append(one)
        elif "".join(entry).strip():
            defects.note("address unreadable", "".join(entry).strip())
    return tuple(found)


def first_address(value: str | None, defects: Defects) -> Address | None:
    """The first of a field."""
    return next(iter(addresses(value, defects)), None)


def normal(address: str) -> str:
    """Its domain in small letters."""
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    return f"{local}{at}{domain.lower().rstrip('.')}"


def _entries(value: str) -> list[list[str]]:
    """The parts of each address; a comment is one word that begins with a bracket."""
    entries: list[list[str]] = [[]]
    comment, depth = "", 0
    for word in _TOKEN.findall(value):
        if word == "(" or depth:
            depth += (word == "(") - (word == ")")
            comment += word
            if not depth:
                entries[-1].append(comment)
                comment = ""
        elif word in (",", ";"):
            entries.append([])
        elif word == ":" and not any("@" in each for each in entries[-1]):
            entries[-1].clear()  # the name of a group
        else:
            entries[-1].append(word)
    if comment:
        entries[-1].append(comment)
    return entries


def _address(parts: list[str], defects: Defects) -> Address | None:
    angle = next((word for word in reversed(parts) if word.startswith("<")), None)
    if angle is not None:
        spec = angle.strip("<>").strip().rpartition(":")[2] if "@" in angle.partition(":")[0] else angle.strip("<> ")
        named = [word for word in parts if not word.startswith("<")]
    else:
        spec, named = _bare(parts)
    spec = re.sub(r"\s*([@.])\s*", r"\1", spec)
    if not spec or re.search(r"[\s\x00-\x1f,<>]", spec.partition('"@')[2] or spec) or len(spec) > 320:
        return None
    known = normal(spec)
    return Address(_name(named, defects), known) if known.strip("@.") else None


def _bare(parts: list[str]) -> tuple[str, list[str]]:
    """`user@host (Name)`: the word with the @, with a quoted local part before it if that touches it."""
    for place, word in enumerate(parts):
        if "@" in word and not word.startswith(("(", '"')):
            if word.startswith("@") and place and parts[place - 1].startswith('"'):
                return parts[place - 1] + word, parts[: place - 1] + parts[place + 1 :]
            return word, parts[:place] + parts[place + 1 :]
    quoted = [word for word in parts if word.startswith('"') and "@" in word]
    if quoted:
        return quoted[0].strip('"'), []
    plain = [word for word in parts if word.strip() and not word.startswith("(")]
    return (plain[0], []) if len(plain) == 1 else ("", parts)


def _name(parts: list[str], defects: Defects) -> str:
    plain = "".join(_unquoted(word) for word in parts if not word.startswith("(")).strip()
    if plain:
        return words(plain, defects)
    return words(" ".join(word.strip("()") for word in parts if word.startswith("(")), defects)


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word.strip('"')) if word.startswith('"') else word
