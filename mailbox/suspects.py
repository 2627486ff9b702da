"""Mails at which a server ends the connection: found out one by one, so that none keeps the others waiting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from desk.clock import Clock
from mailbox.imap.batches import Batch, batches

TRIES = 3
"""So many connections end at a mail before it rests."""
REST_S = 3600.0
"""Then it has its place, and is asked for again after so long."""


class Suspects:
    """Of one folder, over all connections of one process. Each mail that was asked for when a connection ended may be
    why it did: it is asked for by itself from then on, after all others, until the server has given it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._epoch = 0
        self._asked: tuple[int, ...] = ()
        self._ended: Counter[int] = Counter()
        self._rests: dict[int, float] = {}

    def connected(self, uidvalidity: int) -> None:
        """A connection begins, and the one before has ended."""
        if uidvalidity != self._epoch:
            self._epoch, self._asked = uidvalidity, ()
            self._ended.clear()
            self._rests.clear()
        for uid in self._asked:
            self._ended[uid] += 1
            if self._ended[uid] >= TRIES:
                self._rests[uid] = self._clock.monotonic() + REST_S
        self._asked = ()

    def ask(self, uids: Iterable[int]) -> None:
        """These are asked for now."""
        self._asked = tuple(uids)

    def answered(self) -> None:
        """The server answered, whatever it said."""
        for uid in self._asked:
            self._ended.pop(uid, None)
        self._asked = ()

    def batches(self, sizes: Mapping[int, int]) -> list[Batch]:
        """As `batches`, without those that rest."""
        now = self._clock.monotonic()
        alone = [uid for uid in sorted(sizes) if uid in self._ended and self._rests.get(uid, now) <= now]
        together = {uid: size for uid, size in sizes.items() if uid not in self._ended}
        return [*batches(together), *(batch for uid in alone for batch in batches({uid: sizes[uid]}))]
