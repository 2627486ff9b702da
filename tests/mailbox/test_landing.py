"""What is stored is said while the rest is fetched, and in the order in which it came."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mailbox import landing
from mailbox.fetching import Fetching
from mailbox.imap import batches
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.landing import Progress
from routing.errors import Unavailable
from store import incoming
from store.incoming import Fetched
from store.schema import incoming_mail, mail_item, ticket
from store.singletons import Superseded
from tests.mailbox.imap.conftest import at
from tests.mailbox.office import MAIL, Office
from tests.support.eventually import eventually
from tests.support.imap_pymap import SECRET, USER

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_BY_TICKET = select(mail_item.c.subject).join(ticket, ticket.c.id == mail_item.c.ticket_id).order_by(ticket.c.number)


async def filed(office: Office, *minutes: int) -> None:
    """In this order, received so many minutes after noon."""
    async with await Connection.open(at(office.port, user=USER, auth=Password(SECRET))) as server:
        for minute in minutes:
            mail = MAIL.format(id=f"m{minute:02}").encode()
            await server.append(mail, "INBOX", received=NOON + timedelta(minutes=minute))


async def told(office: Office) -> list[str]:
    """The mails by the numbers of their tickets."""
    rows = await office.record.read(lambda connection: connection.all(_BY_TICKET))
    return [row.subject.removeprefix("Feed ") for row in rows]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_MAILS", 2)


async def test_it_is_said_before_the_rest_is_stored(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Fetching._store
    stored: list[int] = []

    async def waits_for_what_was_before(self: Fetching, selected: Any, mails: Any, *rest: Any) -> None:
        if len(stored) == 1:
            await eventually(lambda: office.has("m01", "m02"))
        await store(self, selected, mails, *rest)
        stored.append(len(mails))

    monkeypatch.setattr(Fetching, "_store", waits_for_what_was_before)
    await office.begin()
    await filed(office, 1, 2, 3, 4, 5)
    async with office.process():
        await eventually(lambda: office.has("m05"))
    assert stored == [2, 2, 1]
    assert await told(office) == ["m01", "m02", "m03", "m04", "m05"]


async def test_what_somebody_moved_is_said_in_the_order_in_which_it_came(office: Office) -> None:
    await office.begin()
    await filed(office, 5, 9, 1, 7, 3, 8, 2)
    async with office.process():
        await eventually(lambda: office.has(*(f"m{minute:02}" for minute in (5, 9, 1, 7, 3, 8, 2))))
    assert await told(office) == ["m01", "m02", "m03", "m05", "m07", "m08", "m09"]


async def test_mails_that_wait_are_said_by_few_transactions_and_none_takes_long(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int] = []
    land = landing.Landing._land_some

    def counted(self: Any, work: Any, turn: Any) -> None:
        land(self, work, turn)
        turns.append(turn.landed)

    monkeypatch.setattr(landing.Landing, "_land_some", counted)
    await office.begin()
    await filed(office, *range(10, 20))
    monkeypatch.setattr(landing, "TURN_S", 1000.0)
    async with office.process():
        await eventually(lambda: office.has(*(f"m{minute}" for minute in range(10, 20))))
    assert sum(turns) == 10 and len(turns) < 10
    turns.clear()
    monkeypatch.setattr(landing, "TURN_S", 0.0)
    await filed(office, *range(20, 25))
    async with office.process():
        await eventually(lambda: office.has(*(f"m{minute}" for minute in range(20, 25))))
    assert turns == [1] * 5


async def test_the_next_ones_are_read_while_some_are_landed_and_not_all_of_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "AHEAD", 2)
    monkeypatch.setattr(landing, "PORTIONS", 3)
    letters, say = landing.Landing._letters, landing.Landing._say
    begun, landed, most = [0], [0], [0]

    async def counted(self: Any, mails: Any) -> Any:
        begun[0] += 1
        most[0] = max(most[0], begun[0] - landed[0])
        return await letters(self, mails)

    async def waits_for_the_next(self: Any, portion: Any) -> None:
        await eventually(lambda: begun[0] >= min(5, landed[0] + 3))
        await say(self, portion)
        landed[0] += 1

    monkeypatch.setattr(landing.Landing, "_letters", counted)
    monkeypatch.setattr(landing.Landing, "_say", waits_for_the_next)
    await office.begin()
    await store(office, *(MAIL.format(id=f"m{uid}") for uid in range(10, 20)))
    async with office.process():
        await eventually(lambda: office.has(*(f"m{uid}" for uid in range(10, 20))))
    assert await told(office) == [f"m{uid}" for uid in range(10, 20)]
    assert (begun, most) == ([5], [3])


@pytest.mark.parametrize("why", ["tried before", "large"])
async def test_a_mail_may_be_under_way_alone(office: Office, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    monkeypatch.setattr(landing, "AHEAD", 2)
    monkeypatch.setattr(landing, "AHEAD_BYTES", 5_000)
    letters, say = landing.Landing._letters, landing.Landing._say
    reading, alone = [0], list[bool]()

    async def counted(self: Any, mails: Any) -> Any:
        is_it = mails[0].uid == 4
        if is_it:
            alone.append(reading[0] == 0)
        reading[0] += 1
        for _ in range(50):  # whoever would begin meanwhile has done it by then
            await asyncio.sleep(0.001)
        if is_it:
            alone.append(reading[0] == 1 and len(mails) == 1)
        return await letters(self, mails)

    async def lands(self: Any, portion: Any) -> None:
        await say(self, portion)
        reading[0] -= 1

    monkeypatch.setattr(landing.Landing, "_letters", counted)
    monkeypatch.setattr(landing.Landing, "_say", lands)
    await office.begin()
    texts = [MAIL.format(id=f"m{uid}") for uid in range(1, 8)]
    if why == "large":
        texts[3] = f"X-Large: {'x' * 900}\r\n" * 10 + texts[3]
    stored = await store(office, *texts)
    if why == "tried before":
        await office.record.write(lambda connection: incoming.try_once(connection, stored[3:4]), name="try")
    async with office.process():
        await eventually(lambda: office.has(*(f"m{uid}" for uid in range(1, 8))))
    assert await told(office) == [f"m{uid}" for uid in range(1, 8)]
    assert alone == [True, True]


async def store(office: Office, *texts: str) -> list[str]:
    """As if they were fetched, in this order; the ids of their rows."""
    blobs = [office.blobs.put_bytes(text.encode()) for text in texts]
    mails = [Fetched(uid, blob.sha256, blob.bytes, 1, 1) for uid, blob in enumerate(blobs, 1)]

    def verb(connection: Any) -> list[str]:
        incoming.put(connection, "box", "INBOX", 1, mails, polled_at=1, now=1)
        return [each.id for each in incoming.waiting(connection, "box")]

    return await office.record.write(verb, name="store")


async def test_a_try_that_was_not_counted_is_not_taken_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    count, seen = incoming.try_once, list[int]()

    def refused_at_first(connection: Any, ids: Any) -> None:
        seen.append(connection.scalar(select(incoming_mail.c.attempts)))
        if len(seen) == 1:
            raise Unavailable(retry_s=0.05)
        count(connection, ids)

    await office.begin()
    ids = await store(office, MAIL.format(id="one"))
    await office.record.write(lambda connection: count(connection, ids), name="try")
    monkeypatch.setattr(incoming, "try_once", refused_at_first)
    async with office.process():
        await eventually(lambda: office.has("one"))
    assert seen == [1, 1]


async def test_a_mailbox_that_another_process_took_counts_against_no_mail(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    land, letters = landing.Landing._land_some, landing.Landing._letters
    lost, seen = [False], list[int]()

    def superseded_at_first(self: Any, work: Any, turn: Any) -> None:
        if not lost[0]:
            lost[0] = True
            raise Superseded("mailbox")
        land(self, work, turn)

    async def noted(self: Any, mails: Any) -> Any:
        seen.extend(mail.attempts for mail in mails)
        return await letters(self, mails)

    monkeypatch.setattr(landing.Landing, "_land_some", superseded_at_first)
    monkeypatch.setattr(landing.Landing, "_letters", noted)
    await office.begin()
    await store(office, MAIL.format(id="one"))
    async with office.process():
        await eventually(lambda: office.has("one"))
    assert lost == [True] and set(seen) == {0}


async def test_a_stop_while_what_failed_is_cleared_away_leaves_nothing_behind(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "AHEAD", 1)
    begun, ended = [0], [0]

    async def stands_still(self: Any, mails: Any) -> Any:
        begun[0] += 1
        try:
            await asyncio.Event().wait()
        finally:
            ended[0] += 1

    async def fails(self: Any, portion: Any) -> None:
        await eventually(lambda: begun[0] == 4)
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_soon(task.cancel)
        raise Unavailable(retry_s=0.05)

    monkeypatch.setattr(landing.Landing, "_letters", stands_still)
    monkeypatch.setattr(landing.Landing, "_say", fails)
    await office.begin()
    await store(office, *(MAIL.format(id=f"m{number}") for number in range(4)))
    async with office.process():
        await eventually(lambda: begun[0] == 4 == ended[0])


async def test_news_between_a_look_and_the_wait_for_it_are_not_missed() -> None:
    progress = Progress()
    assert progress.until == 0
    progress.reached(7)
    async with asyncio.timeout(5):
        await progress.wait()
    waiting = asyncio.create_task(progress.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    progress.end()
    async with asyncio.timeout(5):
        await waiting
    assert (progress.until, progress.over) == (7, True)
