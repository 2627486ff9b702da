"""What was stored becomes what is said: mails are read some ahead, and landed in the order in which they came."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from desk import letters, mailing
from desk.desk import Desk
from desk.letters import Around, Letter
from desk.work import Work
from mailbox.probing import Probing
from routing.errors import DeskError
from store import incoming, singletons
from store.blobs import Blobs
from store.engine import Connection as Transaction
from store.incoming import Stored
from store.mailboxes import Mailbox
from store.singletons import Superseded
from store.times import micros

ORPHANED = timedelta(hours=1)
"""Imported mail that lies so long is landed here: who imported it was stopped."""
TRIES = 3
"""How often a mail may bring its reader down before it is put aside."""
AHEAD = 16
AHEAD_BYTES = 4 * 1024 * 1024
"""So much mail is a portion, which is read as one; a larger mail is read by itself."""
PORTIONS = 6
"""So many are under way: while one is landed, the next are read."""
MOST = 200
"""Mails that are looked up at once."""
TURN_S = 0.01
"""A transaction that took so long lands no further mail: others wait for theirs."""

Read = Callable[[Sequence[Stored], Mailbox], Awaitable[list[Letter]]]
"""What mails say, in their order. Never raises for what a mail may hold."""


class Progress:
    """How far a folder was fetched. A mail is landed once none that came before it is still to be fetched, so that
    what was answered is there before its answer.
    """

    def __init__(self) -> None:
        self.until: int | None = 0
        """Mails received later (microseconds) wait; None: nothing is missing."""
        self.over = False
        """Nothing more is told."""
        self._news = asyncio.Event()

    @classmethod
    def ended(cls) -> Progress:
        """All that is to be had is stored."""
        progress = cls()
        progress.reached(None)
        progress.end()
        return progress

    def reached(self, until: int | None) -> None:
        """Everything is stored that was received until then; None: everything."""
        self.until = until
        self._news.set()

    def end(self) -> None:
        self.over = True
        self._news.set()

    async def wait(self) -> None:
        """For more to be told than was known at the last call."""
        await self._news.wait()
        self._news.clear()


class Landing:
    """Of one mailbox, under one fence."""

    def __init__(
        self, desk: Desk, blobs: Blobs, box: Mailbox, read: Read, hold: str, fence: int, probing: Probing,
        around: Around,
    ) -> None:  # fmt: skip
        self._desk = desk
        self._blobs = blobs
        self._box = box
        self._read = read
        self._hold = hold
        self._fence = fence
        self._probing = probing
        self._around = around
        self._tried: set[str] = set()
        self._innocent: set[str] = set()
        """Mails whose last try is to be taken back."""

    async def run(self, progress: Progress) -> None:
        """Until all is landed that may be, and no more is told. What fails without ending this process is no fault of
        the mails that were under way: only that counts as a try. Raises Superseded, Unavailable, OSError.
        """
        self._tried.clear()
        try:
            await self._read_and_say(progress)
        except (DeskError, OSError, Superseded, asyncio.CancelledError):
            self._innocent |= self._tried
            with contextlib.suppress(DeskError):
                await asyncio.shield(self._take_back())
            raise

    async def _read_and_say(self, progress: Progress) -> None:
        """Without a pause between portions: while one is landed, the next are read."""
        await self._take_back()
        begun: asyncio.Queue[_Portion | None] = asyncio.Queue()
        room = asyncio.Semaphore(PORTIONS)
        ahead = asyncio.create_task(self._read_ahead(progress, begun, room))
        ahead.add_done_callback(lambda _: begun.put_nowait(None))
        portion: _Portion | None = None
        try:
            while (portion := await begun.get()) is not None:
                await self._say(portion)
                begun.task_done()
                room.release()
            await ahead
        finally:
            left = [portion, *(begun.get_nowait() for _ in range(begun.qsize()))]
            under_way = [ahead, *(each.letters for each in left if each is not None)]
            for task in under_way:  # before anything is waited for: another cancel may come meanwhile
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _read_ahead(
        self, progress: Progress, begun: asyncio.Queue[_Portion | None], room: asyncio.Semaphore
    ) -> None:
        """Begins to read portions as there is room. While a mail is read that was tried before, nothing else is under
        way: whoever it brings down, it takes no other along; nor with a large one, for the memory it takes.
        """
        known: list[Stored] = []
        while True:
            await room.acquire()
            known = await self._more(progress, known)
            if not (some := _portion(known)):
                return
            is_alone = some[0].attempts > 0 or some[0].bytes > AHEAD_BYTES
            if is_alone:
                await begun.join()
            await self._count(some)
            begun.put_nowait(_Portion(some, asyncio.create_task(self._letters(some))))
            if is_alone:
                await begun.join()
            known = known[len(some) :]

    async def _more(self, progress: Progress, known: list[Stored]) -> list[Stored]:
        """A portion or more, if there are so many; waits while there are none, and gives none when no more come."""
        while True:
            over = progress.over
            if len(known) < AHEAD:
                known = await self._waiting(progress.until)
            if known or over:
                return known
            await progress.wait()

    async def _waiting(self, until: int | None) -> list[Stored]:
        """Those that are not under way, the oldest first."""
        under_way, since = frozenset(self._tried), micros(self._desk.clock.now() - ORPHANED)
        query = partial(
            incoming.waiting, mailbox=self._box.id, most=MOST + len(under_way), left_alone_since=since, until=until
        )
        return [mail for mail in await self._desk.record.read(query) if mail.id not in under_way]

    async def _take_back(self) -> None:
        if self._innocent:
            ids = sorted(self._innocent)
            await self._desk.record.write(lambda opened: incoming.not_tried(opened, ids), name="try_mail")
            self._innocent.clear()

    async def _count(self, mails: Sequence[Stored]) -> None:
        """Each try is counted before: a mail that kills whoever reads it is found out."""
        ids = [mail.id for mail in mails]

        def verb(opened: Transaction) -> None:
            singletons.hold(opened, self._hold, self._fence)
            incoming.try_once(opened, ids)

        self._tried.update(ids)
        try:
            await self._desk.record.write(verb, name="try_mail")
        except (DeskError, Superseded):
            self._tried.difference_update(ids)  # it was not counted, so that nothing is to be taken back
            raise

    async def _letters(self, mails: Sequence[Stored]) -> list[Letter]:
        if mails[0].attempts < TRIES:
            return await self._read(mails, self._box)
        return [letters.unreadable(mail, f"Reading it failed {mail.attempts} times.") for mail in mails]

    async def _say(self, portion: _Portion) -> None:
        """A few in one transaction: each commit waits for the disk."""
        left = list(zip(portion.mails, await portion.letters, strict=True))
        while left:
            turn = _Turn(left)
            await self._desk.run("land_mail", partial(self._land_some, turn=turn), decides=False)
            await self._keep_files(turn.pairs[: turn.landed])
            left = left[turn.landed :]
        self._tried -= {mail.id for mail in portion.mails}

    async def _keep_files(self, landed: Sequence[tuple[Stored, Letter]]) -> None:
        """A blob that nobody named may have been retired while its mail was read: now it is named, and put again."""
        names = {file.sha256 for _, letter in landed for file in letter.files}
        if names and not await asyncio.to_thread(lambda: all(map(self._blobs.exists, names))):
            await self._read([mail for mail, letter in landed if letter.files], self._box)

    def _land_some(self, work: Work, turn: _Turn) -> None:
        """As many as fit into its time, at least one; run again, it begins anew."""
        clock = self._desk.clock
        singletons.hold(work.connection, self._hold, self._fence)
        turn.landed, begun = 0, clock.monotonic()
        for mail, letter in turn.pairs:
            probe = self._probing.named(letter.sender, letter.subject)
            said = letter if probe is None else replace(letter, kind="receipt")
            mailing.land(work, self._box, mail, said, self._around)
            if probe is not None:
                self._probing.came(work, mail, probe, micros(clock.real()))
            turn.landed += 1
            if clock.monotonic() - begun >= TURN_S:
                return


class _Turn:
    """What one transaction is given, and how many of it it has landed."""

    def __init__(self, pairs: Sequence[tuple[Stored, Letter]]) -> None:
        self.pairs = pairs
        self.landed = 0


@dataclass
class _Portion:
    """Mails that are counted and read together."""

    mails: list[Stored]
    letters: asyncio.Task[list[Letter]]


def _portion(waiting: Sequence[Stored]) -> list[Stored]:
    """The first of them that may be read together."""
    if waiting and waiting[0].attempts:
        return [waiting[0]]
    some: list[Stored] = []
    size = 0
    for mail in waiting[:AHEAD]:
        size += mail.bytes
        if mail.attempts or (some and size > AHEAD_BYTES):
            break
        some.append(mail)
    return some
