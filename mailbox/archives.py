"""Mails that lie in files: .eml files of a folder, a Maildir, an mbox; one after the other, however many there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailbox.parsing import mime
from mailbox.parsing.defects import Defects
from mailbox.parsing.fields import Fields, instant

MOST_BYTES = 110 * 1024 * 1024
"""Of a mail, more than the wire takes of one."""
HEAD_BYTES = 256 * 1024
LINE_BYTES = 1024 * 1024
"""Longer ones are taken in pieces."""
_STUFFED = re.compile(rb"^>(>*From )", re.M)


@dataclass(frozen=True)
class Piece:
    """`name`: the file, in an mbox with its number there. `raw` None: it could not be taken, because of `why`. `filed`:
    when the file itself says it was.
    """

    name: str
    raw: bytes | None
    filed: datetime | None = None
    why: str = ""


def pieces(path: Path) -> Iterator[Piece]:
    """Every mail under a path, in a fixed order. Raises OSError where the path itself cannot be read."""
    if path.is_file():
        yield from _file(path, path.name)
    else:
        for each in _files(path):
            yield from _file(each, str(each.relative_to(path)))


def _files(folder: Path) -> Iterator[Path]:
    """Of a Maildir what is in `cur` and `new`, elsewhere .eml and .mbox files, and so on in every folder below. Links
    are not followed.
    """
    next(folder.iterdir(), None)  # raises where it cannot be read
    is_maildir = (folder / "cur").is_dir()
    for each in sorted(folder.iterdir()):
        if each.is_symlink():
            continue  # it may lead round in a circle, or out of what was to be imported
        if each.is_dir() and is_maildir and each.name in ("cur", "new"):
            yield from sorted(one for one in each.iterdir() if one.is_file() and not one.is_symlink())
        elif each.is_dir() and not (is_maildir and each.name == "tmp"):
            yield from _files(each)
        elif each.is_file() and each.suffix.lower() in (".eml", ".mbox"):
            yield each


def _file(path: Path, name: str) -> Iterator[Piece]:
    try:
        with path.open("rb") as file:
            is_mbox = file.read(5) == b"From "
        if is_mbox:
            yield from _mbox(path, name)
        elif path.stat().st_size > MOST_BYTES:
            yield Piece(name, None, why="It is larger than a mail may be.")
        elif path.stat().st_size == 0:
            yield Piece(name, None, why="It is empty.")
        else:
            yield Piece(name, path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC))
    except OSError as error:
        yield Piece(name, None, why=error.strerror or str(error))


def _mbox(path: Path, name: str) -> Iterator[Piece]:
    """A line `From …` behind an empty one begins the next mail; such lines of mails have a `>` before them."""
    number, lines, size, filed, blank = 0, list[bytes](), 0, None, True
    with path.open("rb") as file:
        while line := file.readline(LINE_BYTES):
            if blank and line.startswith(b"From "):
                if number:
                    yield _piece(name, number, lines, size, filed)
                number, lines, size = number + 1, [], 0
                filed = instant(_date_of(line))
            else:
                size += len(line)
                if size <= MOST_BYTES:
                    lines.append(line)
            blank = line in (b"\n", b"\r\n")
    yield _piece(name, number, lines, size, filed)


def _piece(name: str, number: int, lines: list[bytes], size: int, filed: datetime | None) -> Piece:
    if size > MOST_BYTES:
        return Piece(f"{name}#{number}", None, why="It is larger than a mail may be.")
    raw = b"".join(lines[:-1] if lines and lines[-1] in (b"\n", b"\r\n") else lines)
    return Piece(f"{name}#{number}", _STUFFED.sub(rb"\1", raw), filed)


def _date_of(line: bytes) -> str:
    """`Wed Mar  4 09:00:00 2026` of the line that begins a mail, as a date of mail."""
    words = line.decode("ascii", "replace").split()[2:]
    if len(words) < 5:
        return ""
    weekday, month, day, time, year = words[:5]
    return f"{weekday}, {day} {month} {year} {time}"


def came_at(piece: Piece, now: datetime) -> datetime:
    """When the server that kept it took it: by the topmost `Received`, else by `Date`, else by the file; never later
    than now.
    """
    defects = Defects()
    pairs, _ = mime.head(piece.raw or b"", 0, min(len(piece.raw or b""), HEAD_BYTES), defects)
    fields = Fields(pairs, defects)
    taken = instant((fields.first("received") or "").rpartition(";")[2].strip())
    return min(taken or instant(fields.first("date")) or piece.filed or now, now)
