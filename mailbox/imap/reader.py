"""Bytes in, whole answers out: an answer is a line of text, or several around literals. No recursion, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LITERAL = re.compile(rb"~?\{(\d{1,15})\+?\}\Z")
_STATUS = re.compile(rb"(\+|\* (OK|NO|BAD|BYE|PREAUTH)\b|[^*+])", re.IGNORECASE)
"""What ends in free text for people, in which a brace means nothing."""


class TooLong(Exception):
    """A line or a literal beyond what we take."""


@dataclass(slots=True)
class Answer:
    """Text, literal, text, literal, …, text: `pieces` has an odd number of them when it is whole."""

    pieces: list[bytes] = field(default_factory=list)

    @property
    def line(self) -> bytes:
        """All of it that is text before the first literal."""
        return self.pieces[0]

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))


class Reader:
    """Cuts a stream into answers, wherever its pieces were cut on the way."""

    def __init__(self, longest_line: int, longest_literal: int) -> None:
        self._longest_line = longest_line
        self._longest_literal = longest_literal
        self._buffer = bytearray()
        self._searched = 0
        self._need: int | None = None
        self._answer = Answer()

    @property
    def between(self) -> bool:
        """Whether nothing of a next answer has arrived."""
        return not self._buffer and not self._answer.pieces

    def feed(self, data: bytes) -> Iterator[Answer]:
        """The answers that are whole now, each made when it is asked for. Raises TooLong."""
        self._buffer += data
        while True:
            if self._need is not None and len(self._buffer) < self._need:
                return
            elif self._need is not None:
                self._answer.pieces.append(self._take(self._need))
                self._need = None
            line = self._line()
            if line is None:
                return
            self._need = self._literal_after(line)
            if self._need is not None:
                self._answer.pieces.append(line[: line.rindex(b"{")].removesuffix(b"~"))
            else:
                self._answer.pieces.append(line)
                whole, self._answer = self._answer, Answer()
                yield whole

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", self._searched)
        if max(end, len(self._buffer) if end < 0 else 0) > self._longest_line:
            raise TooLong(f"a line of more than {self._longest_line} bytes")
        if end < 0:
            self._searched = max(0, len(self._buffer) - 1)
            return None
        line = self._take(end)
        del self._buffer[:2]
        return line

    def _take(self, count: int) -> bytes:
        self._searched = 0
        with memoryview(self._buffer) as view:
            taken = bytes(view[:count])
        del self._buffer[:count]
        return taken

    def _literal_after(self, line: bytes) -> int | None:
        found = _LITERAL.search(line)
        first = self._answer.pieces[0] if self._answer.pieces else line
        if found is None or _STATUS.match(first):
            return None
        size = int(found[1])
        if size > self._longest_literal:
            raise TooLong(f"a literal of {size} bytes")
        return size
