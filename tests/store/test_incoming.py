"""Mail in the record: stored once whatever is fetched again, completed later, one item a mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest

from store import incoming, mailboxes
from store.engine import Connection, Record, Violation
from store.incoming import Fetched, Item
from store.mailboxes import Cursor, Mailbox

T = TypeVar("T")
BOX = Mailbox(
    "box", "Support@Larkfield.example", "Support", None, "office", {"host": "127.0.0.1"}, b"sealed", True, None
)
ITEM = Item("i1", "key", "<a@b>", "human", "", "priya@brightwater.example", "Feed", None, None, 1, None, 2, 3)


async def write(record: Record, function: Callable[[Connection], T]) -> T:
    return await record.write(function, name="test")


async def stored(record: Record, *mails: Fetched, uidvalidity: int = 7) -> int:
    return await write(
        record,
        lambda connection: incoming.put(connection, "box", "INBOX", uidvalidity, mails, polled_at=50, now=60),
    )


@pytest.fixture(autouse=True)
async def box(record: Record) -> None:
    await write(record, lambda connection: mailboxes.add(connection, BOX, 1))


async def test_a_mailbox_is_found_however_its_address_is_written_and_is_there_once(record: Record) -> None:
    found = await record.read(lambda connection: mailboxes.by_address(connection, "SUPPORT@larkfield.EXAMPLE"))
    assert found == replace(BOX, address="support@larkfield.example")
    changed = replace(found, name="Help", active=False, since=9, secret_sealed=b"other")
    await write(record, lambda connection: mailboxes.change(connection, changed))
    assert await record.read(lambda connection: mailboxes.find(connection, "box")) == changed
    assert await record.read(mailboxes.every) == [changed]
    with pytest.raises(Violation):
        await write(record, lambda connection: mailboxes.add(connection, replace(BOX, id="other"), 1))


async def test_a_cursor_moves_and_starts_anew_under_another_uidvalidity(record: Record) -> None:
    assert await record.read(lambda connection: mailboxes.cursor(connection, "box", "INBOX")) is None
    for cursor in (Cursor(7, 3), Cursor(7, 9), Cursor(8, 1)):
        await write(record, partial(mailboxes.move, mailbox="box", folder="INBOX", to=cursor))
        assert await record.read(lambda connection: mailboxes.cursor(connection, "box", "INBOX")) == cursor


async def test_what_is_fetched_again_is_stored_once_and_another_uidvalidity_is_another_mail(record: Record) -> None:
    one, two = Fetched(1, "aa", 10, 20, 20), Fetched(2, "bb", 11, 21, 21)
    assert await stored(record, one, two) == 2
    assert await stored(record, one, replace(two, sha256="cc")) == 0
    assert await stored(record, one, uidvalidity=8) == 1
    waiting = await record.read(lambda connection: incoming.waiting(connection, "box"))
    assert [(each.uidvalidity, each.uid, each.sha256) for each in waiting if each.uidvalidity == 7] == [
        (7, 1, "aa"), (7, 2, "bb"),
    ]  # fmt: skip
    assert len(waiting) == 3
    assert await record.read(lambda connection: incoming.uids(connection, "box", "INBOX", 7)) == {1, 2}
    assert await record.read(lambda connection: incoming.find(connection, waiting[0].id)) == waiting[0]


async def test_what_could_not_be_fetched_has_its_place_and_is_completed_later(record: Record) -> None:
    assert await stored(record, Fetched(4, None, 0, None, 50)) == 1
    assert await record.read(lambda connection: incoming.waiting(connection, "box")) == []
    assert await record.read(lambda connection: incoming.uids(connection, "box", "INBOX", 7)) == set()
    assert await stored(record, Fetched(4, "dd", 9, 20, 20)) == 1
    [waiting] = await record.read(lambda connection: incoming.waiting(connection, "box"))
    assert (waiting.uid, waiting.sha256, waiting.bytes, waiting.state) == (4, "dd", 9, "stored")


async def test_tries_are_counted_and_what_became_of_it_is_said_once(record: Record) -> None:
    await stored(record, Fetched(1, "aa", 10, 20, 20))
    [mail] = await record.read(lambda connection: incoming.waiting(connection, "box"))
    for _ in range(2):
        await write(record, lambda connection: incoming.try_once(connection, [mail.id]))
    [mail] = await record.read(lambda connection: incoming.waiting(connection, "box"))
    assert mail.attempts == 2
    assert await record.read(lambda connection: incoming.unflagged(connection, "box", "INBOX", 7)) == ([], [])
    assert await write(record, lambda connection: incoming.end(connection, mail.id, "landed", "i1"))
    assert not await write(record, lambda connection: incoming.end(connection, mail.id, "quarantined", "i2", "late"))
    assert await record.read(lambda connection: incoming.unflagged(connection, "box", "INBOX", 7)) == ([1], [])
    await write(record, lambda connection: incoming.is_probe(connection, mail.id))
    assert await record.read(lambda connection: incoming.unflagged(connection, "box", "INBOX", 7)) == ([], [1])
    await write(record, lambda connection: incoming.flagged(connection, "box", "INBOX", 7, [1]))
    assert await record.read(lambda connection: incoming.unflagged(connection, "box", "INBOX", 7)) == ([], [])


async def test_the_same_mail_by_another_way_is_the_same_item(record: Record) -> None:
    assert await write(record, lambda connection: incoming.item(connection, ITEM, 5)) == (ITEM, True)
    again = replace(ITEM, id="i2", received_at=99)
    assert await write(record, lambda connection: incoming.item(connection, again, 6)) == (ITEM, False)
    other = replace(ITEM, id="i3", key="other content, same Message-ID")
    assert (await write(record, lambda connection: incoming.item(connection, other, 6)))[1]
    assert await record.read(lambda connection: incoming.tickets_of(connection, ["<a@b>"])) == {}
    assert await record.read(lambda connection: incoming.tickets_of(connection, [])) == {}


async def test_what_was_left_alone_is_asked_for_again_once_it_is_old_no_more(record: Record) -> None:
    async def is_since(since: int | None) -> tuple[set[int], set[int]]:
        """From this day on; which are seen to, and which are left alone."""
        await write(record, partial(mailboxes.change, changed=replace(BOX, since=since)))
        return (
            await record.read(lambda connection: incoming.uids(connection, "box", "INBOX", 7)),
            await record.read(lambda connection: incoming.left_alone(connection, "box", "INBOX", 7)),
        )

    old = [Fetched(uid, None, 0, at, at, left=True) for uid, at in ((1, 20), (2, 40))]
    assert await stored(record, *old, Fetched(3, "cc", 10, 99, 99)) == 3
    assert await is_since(50) == ({1, 2, 3}, {1, 2})
    assert await is_since(40) == ({1, 3}, {1})
    assert await is_since(None) == ({3}, set())
    assert await stored(record, *old) == 0
    assert await stored(record, Fetched(1, "aa", 10, 20, 20)) == 1
    assert await is_since(50) == ({1, 2, 3}, {2})
