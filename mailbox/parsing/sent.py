"""What we sent before, so that it is known again below an answer: by runs of five words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

RUN = 5
ENOUGH = 0.8
"""Of the words of a tail that must be ours."""
MOST_WORDS = 60_000
_WORD = re.compile(r"\w+")


class Sent:
    """The texts of a ticket that went out; nothing is known of an empty one."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs: set[tuple[str, ...]] = set()
        left = MOST_WORDS
        for text in texts:
            words = _words(text)[:left]
            left -= len(words)
            self._runs.update(_runs(words))

    def shares(self, text: str) -> bool:
        """Whether five words in a row are ours."""
        return bool(self._runs) and any(run in self._runs for run in _runs(_words(text)))

    def known(self, text: str) -> bool:
        """Whether nearly all of it is ours."""
        runs = _runs(_words(text)) if self._runs else []
        return bool(runs) and sum(run in self._runs for run in runs) >= ENOUGH * len(runs)

    def tail(self, lines: Sequence[str]) -> int | None:
        """The first line from which nearly everything to the end is ours; None when nothing is."""
        if not self._runs:
            return None
        words = [(word, at) for at, line in enumerate(lines) for word in _words(line)][-MOST_WORDS:]
        ours = [tuple(word for word, _ in words[at : at + RUN]) in self._runs for at in range(len(words) - RUN + 1)]
        best, hits = None, 0
        for back, at in enumerate(range(len(ours) - 1, -1, -1), 1):
            hits += ours[at]
            begins_line = at == 0 or words[at - 1][1] != words[at][1]
            if ours[at] and begins_line and hits >= ENOUGH * back:
                best = words[at][1]
        return best


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]
