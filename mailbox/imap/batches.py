"""Which mails are fetched together, and how: no more in memory at once than we can carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

MIB = 1024 * 1024
MOST_MAILS = 50
MOST_BYTES = 8 * MIB
"""Of one batch; a mail above it comes in parts."""
PART_BYTES = MIB
HEADERS_ABOVE = 50 * MIB
"""Of a mail above it only the headers are taken."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`whole`: Connection.fetch(uids); `parts`: fetch_into(uid, file); `headers`: fetch_headers(uid)."""

    how: Literal["whole", "parts", "headers"]
    uids: tuple[int, ...]


def batches(sizes: Mapping[int, int]) -> Iterator[Batch]:
    """All uids in rising order, so that a cursor can follow; `sizes` in bytes as the server states them."""
    together: list[int] = []
    carried = 0
    for uid, size in sorted(sizes.items()):
        alone = size > MOST_BYTES
        if together and (alone or len(together) == MOST_MAILS or carried + size > MOST_BYTES):
            yield Batch("whole", tuple(together))
            together, carried = [], 0
        if alone:
            yield Batch("headers" if size > HEADERS_ABOVE else "parts", (uid,))
        else:
            together.append(uid)
            carried += size
    if together:
        yield Batch("whole", tuple(together))


def uid_sets(uids: Iterable[int], longest: int = 1000) -> Iterator[str]:
    """`1:3,7` for 1, 2, 3, 7; several where a command line would grow too long."""
    ranges: list[str] = []
    for first, last in _ranges(sorted(set(uids))):
        text = str(first) if first == last else f"{first}:{last}"
        if ranges and len(",".join([*ranges, text])) > longest:
            yield ",".join(ranges)
            ranges = []
        ranges.append(text)
    if ranges:
        yield ",".join(ranges)


def _ranges(uids: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at in range(1, len(uids) + 1):
        if at == len(uids) or uids[at] != uids[at - 1] + 1:
            yield uids[start], uids[at - 1]
            start = at
