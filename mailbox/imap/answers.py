"""What single answers say: numbers, mails, folders. Pure; an answer that cannot be read is None, not an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from mailbox.imap.names import decode
from mailbox.imap.reader import Answer

Value = bytes | None | list["Value"]
"""A string, NIL, or a list."""

_TOKEN = re.compile(
    rb'\s*(?:(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<atom>(?:\[[^\]]*\]|[^\s()"\[])+))'
)
_ESCAPED = re.compile(rb"\\(.)")
_ORIGIN = re.compile(rb"\]<(\d{1,15})>\Z")
_COUNT = re.compile(rb"\* (\d{1,10}) (EXISTS|RECENT|EXPUNGE)\s*\Z", re.IGNORECASE)
_FETCH = re.compile(rb"\* \d{1,10} FETCH ", re.IGNORECASE)
_LIST = re.compile(rb"\* (?:LIST|NAMESPACE) ", re.IGNORECASE)
_STATUS = re.compile(rb"\* OK \[(UIDVALIDITY|UIDNEXT) (\d{1,10})\]", re.IGNORECASE)
_SEARCH = re.compile(rb"\* SEARCH(?P<found>[ \d]*)", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,2})-([A-Z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", re.IGNORECASE)
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


@dataclass(frozen=True, slots=True)
class Fetched:
    """One FETCH answer: what of it we asked for. `origin`: where in the mail a part begins, None for all of it;
    `empty`: the server has no (more) bytes, and says so with NIL.
    """

    uid: int | None
    size: int | None
    internaldate: datetime | None
    body: bytes | None
    origin: int | None
    empty: bool


def values(pieces: list[bytes]) -> list[Value] | None:
    """The lists and strings of an answer, in order; None when its brackets do not match."""
    found: list[Value] = []
    open_lists = [found]
    for index, piece in enumerate(pieces):
        if index % 2:
            open_lists[-1].append(piece)
            continue
        at = 0
        while token := _TOKEN.match(piece, at):
            at = token.end()
            kind = token.lastgroup
            if kind == "atom":
                atom = token["atom"]
                open_lists[-1].append(None if atom.upper() == b"NIL" else atom)
            elif kind == "quoted":
                open_lists[-1].append(_ESCAPED.sub(rb"\1", token["quoted"]))
            elif kind == "open":
                inner: list[Value] = []
                open_lists[-1].append(inner)
                open_lists.append(inner)
            elif len(open_lists) == 1:
                return None
            else:
                open_lists.pop()
        if piece[at:].strip():
            return None
    return found if len(open_lists) == 1 else None


def fetched(answer: Answer) -> Fetched | None:
    """A mail, or what somebody did to its flags; None when it is neither."""
    start = _FETCH.match(answer.line)
    read = values([answer.line[start.end() :], *answer.pieces[1:]]) if start else None
    if not read or not isinstance(read[0], list):
        return None
    told = read[0]
    named: dict[bytes, Value] = {
        bytes(name).upper(): value
        for name, value in zip(told[::2], told[1::2], strict=False)
        if isinstance(name, bytes)
    }
    section, body = next(((name, value) for name, value in named.items() if name.startswith(b"BODY[")), (b"", None))
    origin = _ORIGIN.search(section)
    return Fetched(
        uid=_number(named.get(b"UID")),
        size=_number(named.get(b"RFC822.SIZE")),
        internaldate=instant(named.get(b"INTERNALDATE")),
        body=body if isinstance(body, bytes) else None,
        origin=int(origin[1]) if origin else None,
        empty=bool(section) and not body,
    )


def _number(value: Value) -> int | None:
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) <= 15 else None


def instant(value: Value) -> datetime | None:
    """`17-Jul-1996 02:44:25 -0700` as an instant; None for what is no date."""
    found = _DATE.fullmatch(value.decode("ascii", "replace").strip()) if isinstance(value, bytes) else None
    if found is None or found[2].upper() not in MONTHS:
        return None
    offset = timedelta(hours=int(found[8]), minutes=int(found[9])) * (-1 if found[7] == "-" else 1)
    month = MONTHS.index(found[2].upper()) + 1
    try:
        zone = timezone(offset)
        local = datetime(int(found[3]), month, int(found[1]), int(found[4]), int(found[5]), int(found[6]), tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def uids(answer: Answer) -> list[int]:
    """The numbers of a SEARCH answer; none when it is another."""
    found = _SEARCH.match(answer.line)
    return [int(number) for number in found["found"].split()] if found else []


def count(answer: Answer) -> tuple[bytes, int] | None:
    """(EXISTS, 12), (RECENT, 1) or (EXPUNGE, 3); None when it is another."""
    found = _COUNT.match(answer.line)
    return (found[2].upper(), int(found[1])) if found else None


def status(answer: Answer) -> tuple[str, int] | None:
    """The name and number of `* OK [UIDVALIDITY 7] …`; None when it is another."""
    found = _STATUS.match(answer.line)
    return (found[1].decode().upper(), int(found[2])) if found else None


def listed(answer: Answer) -> tuple[str, str] | None:
    """(delimiter, name) of a LIST answer; an empty delimiter where folders have no levels."""
    start = _LIST.match(answer.line)
    read = values([answer.line[start.end() :], *answer.pieces[1:]]) if start else None
    if not read or len(read) < 3 or not isinstance(read[2], bytes):
        return None
    delimiter = read[1].decode("ascii", "replace") if isinstance(read[1], bytes) else ""
    return delimiter, decode(read[2])


def personal_prefix(answer: Answer) -> str:
    """What stands before every folder of one's own, from a NAMESPACE answer: mostly nothing, at some `INBOX.`."""
    start = _LIST.match(answer.line)
    read = values([answer.line[start.end() :], *answer.pieces[1:]]) if start else None
    match read:
        case [[[bytes(prefix), *_], *_], *_]:
            return decode(prefix)
        case _:
            return ""


def capabilities(answer: Answer) -> set[str]:
    """The words of a CAPABILITY answer, upper case."""
    words = answer.line.decode("ascii", "replace").upper().split()
    return set(words[2:]) if words[1:2] == ["CAPABILITY"] else set()
