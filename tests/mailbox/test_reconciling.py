"""Folders compared with the record: what is missing is fetched once, whatever its flags say, wherever it was moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.reconciling import is_due
from server.mail_report import found_in_words
from store import mailboxes, meta
from store.engine import Connection as Transaction
from store.schema import audit, incoming_mail, mail_item, mailbox_health
from store.times import micros
from tests.mailbox.imap.conftest import at
from tests.mailbox.office import MAIL, Office
from tests.support.eventually import eventually
from tests.support.imap_pymap import SECRET, USER

_AUDITED = select(audit.c.detail).where(audit.c.action == "mailbox_compared")
_LOSE = delete(incoming_mail)
_LONG_AGO = update(mailbox_health).values(reconciled_at=1)


async def compared(office: Office, why: str = "night") -> dict[str, Any]:
    """What the next comparison for this reason finds."""

    async def there() -> bool:
        health = await office.health()
        return health.reconciled.get("why") == why and (health.reconciled_at or 0) > 1

    await eventually(there)
    return dict((await office.health()).reconciled)


async def in_folder(office: Office, folder: str) -> int:
    async with await Connection.open(at(office.port, user=USER, auth=Password(SECRET))) as server:
        return (await server.select(folder)).exists


async def moved(office: Office, count: int) -> None:
    """So many mails are in the folder of done mail."""

    async def there() -> bool:
        try:
            return await in_folder(office, "Vipdesk/Done") == count
        except Exception:
            return False

    await eventually(there)


async def read(office: Office, *ids: str) -> None:
    """These mails came, and lie in the folder of done mail; then nobody reads the mailbox any more."""
    await office.begin(done="Vipdesk/Done")
    async with office.process():
        await office.arrives(*(MAIL.format(id=id) for id in ids))
        await eventually(lambda: office.has(*ids))
        await moved(office, len(ids))


async def long_ago(office: Office) -> None:
    """The last comparison was nights ago."""
    await office.record.write(lambda connection: connection.run(_LONG_AGO), name="age")


async def test_all_mails_of_a_month_stand_in_the_record_and_it_is_said_so(office: Office) -> None:
    await office.begin(done="Vipdesk/Done")
    async with office.process():
        await office.arrives(MAIL.format(id="one"), MAIL.format(id="two"))
        await eventually(lambda: office.has("one", "two"))
        await moved(office, 2)
        await compared(office)
    await long_ago(office)
    async with office.process():
        found = await compared(office)
    assert found == {"mails": 2, "missing": 0, "lost": 0, "days": 30, "why": "night", "left": 0}
    rows = await office.record.read(lambda connection: connection.all(_AUDITED))
    assert len(rows) == 2
    assert await office.said() == {"one": 1, "two": 1}


async def test_what_is_left_alone_is_said_apart_and_is_taken_once_the_first_day_is_taken_away(office: Office) -> None:
    await office.begin()
    since = replace(office.box, since=4_000_000_000_000_000)
    await office.record.write(lambda connection: mailboxes.change(connection, since), name="since")
    await office.arrives(MAIL.format(id="one"), MAIL.format(id="two"))

    async def left() -> bool:
        return await office.states() == {"left": 2}

    async with office.process():
        await eventually(left)
        await compared(office)
    await long_ago(office)
    async with office.process():
        found = await compared(office)
    assert (found["mails"], found["missing"], found["left"]) == (0, 0, 2)
    assert found_in_words(found).endswith("2 are left alone: they came before the day from which it takes mail.")
    assert await office.states() == {"left": 2}
    await office.record.write(lambda connection: mailboxes.change(connection, office.box), name="since")
    async with office.process():
        await eventually(lambda: office.has("one", "two"))
    await long_ago(office)
    async with office.process():
        found = await compared(office)
    assert (found["mails"], found["missing"], found["left"]) == (2, 0, 0)
    assert found_in_words(found) == "All 2 mails of the last 30 days stand in the record."


async def test_what_was_moved_to_the_done_folder_and_is_missing_is_fetched(office: Office) -> None:
    await read(office, "one")
    async with await Connection.open(at(office.port, user=USER, auth=Password(SECRET))) as server:
        for id in ("two", "three"):
            await server.append(MAIL.format(id=id).encode(), "Vipdesk/Done", seen=True)
    await long_ago(office)
    async with office.process():
        found = await compared(office)
        await eventually(lambda: office.has("two", "three"))
    assert (found["mails"], found["missing"], found["lost"]) == (3, 2, 0)
    assert await office.said() == {"one": 1, "two": 1, "three": 1}
    assert await in_folder(office, "Vipdesk/Done") == 3
    await long_ago(office)
    async with office.process():
        assert (await compared(office))["missing"] == 0


async def test_the_same_message_id_with_another_size_is_another_mail(office: Office) -> None:
    await read(office, "one")
    other = MAIL.format(id="one").replace("It stopped: one.", "It stopped: something else.")
    async with await Connection.open(at(office.port, user=USER, auth=Password(SECRET))) as server:
        await server.append(other.encode(), "Vipdesk/Done", seen=True)
    await long_ago(office)
    async with office.process():
        await eventually(lambda: office.has("something else"))
    assert await office.said() == {"one": 1, "something else": 1}


async def test_after_a_restore_everything_since_is_read_again_whatever_its_flags_say(office: Office) -> None:
    """The rows of mail that came after the backup are gone, it lies in the folder of done mail; one is known still."""
    await read(office, "one")
    async with await Connection.open(at(office.port, user=USER, auth=Password(SECRET))) as server:
        await server.append(MAIL.format(id="two").encode(), "Vipdesk/Done", seen=True)
        await server.append(MAIL.format(id="three").encode(), "INBOX", seen=True)
    taken = datetime.now(UTC) - timedelta(hours=1)
    await office.record.write(lambda connection: meta.ask_for_mail_again(connection, taken), name="restored")
    async with office.process():
        found = await compared(office, "restore")
        await eventually(lambda: office.has("two", "three"))
    assert found["missing"] == 1 and await office.said() == {"one": 1, "two": 1, "three": 1}
    assert (await office.health()).again_since == micros(taken)
    async with office.process():
        await office.arrives(MAIL.format(id="four"))
        await eventually(lambda: office.has("four"))
    assert (await office.health()).reconciled["why"] == "restore", "once for each restore"


async def test_mail_of_somebody_who_was_erased_is_not_taken_in_again(office: Office) -> None:
    await read(office, "one", "two")
    keys = await office.record.read(lambda connection: [row.key for row in connection.all(select(mail_item.c.key))])
    office.erased |= set(keys[:1])
    [first] = [each for each in keys if each in office.erased]

    def forget(connection: Transaction) -> None:
        """As an erased contact leaves the one, and a restore of a backup from before it came the other."""
        connection.run(update(mail_item).where(mail_item.c.key != first).values(message_id=None, sender=""))
        erased = select(mail_item.c.id).where(mail_item.c.key != first)
        connection.run(
            update(incoming_mail).where(incoming_mail.c.item_id.in_(erased)).values(state="erased", sha256=None)
        )
        gone = select(mail_item.c.id).where(mail_item.c.key == first)
        connection.run(delete(incoming_mail).where(incoming_mail.c.item_id.in_(gone)))
        connection.run(delete(mail_item).where(mail_item.c.key == first))

    await office.record.write(forget, name="erase")
    before = await office.said()
    await long_ago(office)
    async with office.process():
        found = await compared(office)

        async def all_forgotten() -> bool:
            states = await office.states()
            return states == {"erased": 3}

        await eventually(all_forgotten)
    assert found["missing"] == 2 and await office.said() == before
    rows = await office.record.read(lambda connection: connection.all(select(incoming_mail.c.sha256)))
    assert {row.sha256 for row in rows} == {None}


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2026-03-04T12:00Z", True),
        ("2026-03-04T12:00Z", "2026-03-04T23:59Z", False),
        ("2026-03-04T12:00Z", "2026-03-05T02:00Z", True),
        ("2026-03-05T02:00Z", "2026-03-05T23:00Z", False),
        ("2026-03-05T02:00Z", "2026-03-06T02:00Z", True),
    ],
)
def test_once_a_night_by_the_offices_clock(last: str | None, now: str, due: bool) -> None:
    before = None if last is None else datetime.fromisoformat(last)
    assert is_due(before, datetime.fromisoformat(now), "Europe/Bratislava", "box") is due
