"""What goes wrong with one mail, or with the desk, keeps no other mail waiting and puts no good one aside."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from desk.clock import SystemClock
from desk.desk import Desk
from desk.letters import Around
from live.memory import MemoryLive
from mailbox import landing
from mailbox.fetching import Fetching
from mailbox.imap import batches
from mailbox.imap.backoff import Backoff
from mailbox.imap.connection import Connection
from mailbox.parsing.parsed import Ours, Parsed
from mailbox.reading import Reader
from mailbox.service import Mailboxes
from mailbox.suspects import REST_S, Suspects
from routing.errors import Unavailable
from store import incoming, mailboxes
from store.incoming import Fetched
from store.schema import file, incoming_mail
from tests.mailbox.office import MAIL, Office, Parser
from tests.mailbox.test_landing import filed, told
from tests.support.eventually import eventually
from tests.support.imap_script import SELECTED, ScriptedImap, Session
from tests.support.world import OPEN, SEALER, MovedClock


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "next_s", lambda self: 0.05)


# Of the server -----------------------------------------------------------------------------------------------------


def with_one_bad_mail(bad: str) -> dict[str, Any]:
    """A server with three mails; it refuses the second, which is large, or ends every connection at it."""
    sizes = {1: 300, 2: 300 if bad == "ends" else 9 * 1024 * 1024, 3: 300}

    async def fetch(session: Session, tag: str, arguments: str) -> bytes:
        numbers, _, items = arguments.partition(" ")
        told = b""
        for part in numbers.split(","):
            first, _, last = part.partition(":")
            for uid in range(int(first), int(last or first) + 1):
                date = f'INTERNALDATE "04-Mar-2026 09:00:0{uid} +0000"'
                if "RFC822.SIZE" in items:
                    told += f"* {uid} FETCH (UID {uid} RFC822.SIZE {sizes[uid]} {date})\r\n".encode()
                elif uid != 2:
                    raw = MAIL.format(id=f"m{uid}").encode()
                    told += f"* {uid} FETCH (UID {uid} {date} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
                elif bad == "ends":
                    await session.say(told)
                    session.cut()
                    return b""
                else:
                    return b"TAG NO [SERVERBUG] message cannot be read\r\n"
        return told + b"TAG OK done\r\n"

    async def search(session: Session, tag: str, arguments: str) -> bytes:
        found = re.search(r"(\d+):\*", arguments)
        uids = [uid for uid in (1, 2, 3) if uid >= int(found[1] if found else 1)] or [3]
        return f"* SEARCH {' '.join(map(str, uids))}\r\nTAG OK\r\n".encode()

    ok = b"TAG OK fine\r\n"
    return {
        "LOGIN": ok, "AUTHENTICATE": ok, "SELECT": SELECTED, "UID SEARCH": search, "UID FETCH": fetch,
        "UID STORE": ok, "NOOP": ok, "LOGOUT": b"* BYE\r\nTAG OK\r\n", "NAMESPACE": ok,
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR MOVE UIDPLUS\r\nTAG OK\r\n",
    }  # fmt: skip


@pytest.mark.parametrize("bad", ["refused", "ends"])
async def test_a_mail_that_the_server_never_gives_keeps_no_other_and_has_its_place(office: Office, bad: str) -> None:
    async with ScriptedImap(with_one_bad_mail(bad), able=b"IMAP4rev1 SASL-IR AUTH=PLAIN MOVE UIDPLUS") as server:
        office.box.endpoint["port"] = server.port  # type: ignore[index]
        await office.begin()

        async def placed() -> bool:
            return await office.states() == {"landed": 2, "missing": 1}

        async with office.process():
            await eventually(placed)
    assert await office.said() == {"m1": 1, "m3": 1}


def test_who_ends_connections_is_asked_for_alone_and_last_then_rests_and_is_asked_again() -> None:
    clock = MovedClock(OPEN)
    suspects = Suspects(clock)
    sizes = dict.fromkeys(range(1, 6), 10)

    def order() -> list[tuple[int, ...]]:
        return [batch.uids for batch in suspects.batches(sizes)]

    suspects.connected(7)
    assert order() == [(1, 2, 3, 4, 5)]
    suspects.ask((2, 3))
    suspects.connected(7)
    assert order() == [(1, 4, 5), (2,), (3,)]
    suspects.ask((2,))
    suspects.answered()
    for _ in range(2):
        suspects.ask((3,))
        suspects.connected(7)
    assert order() == [(1, 2, 4, 5)], "it rests"
    clock._monotonic += REST_S
    assert order() == [(1, 2, 4, 5), (3,)]
    suspects.connected(8)
    assert order() == [(1, 2, 3, 4, 5)], "other mails have these numbers"


async def test_mail_that_is_given_late_is_said_before_what_came_after_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_MAILS", 2)
    fetch, rounds = Connection.fetch, [0]

    async def without_the_first(self: Connection, uids: Any) -> Any:
        rounds[0] += 1
        given = await fetch(self, uids)
        return given[1:] if rounds[0] == 1 else given

    looked = Connection.noop

    async def when_nothing_more_is_to_land(self: Connection) -> None:
        for _ in range(20):
            await asyncio.sleep(0.02)  # whoever would land too early has done it by then
        await looked(self)

    monkeypatch.setattr(Connection, "fetch", without_the_first)
    monkeypatch.setattr(Connection, "noop", when_nothing_more_is_to_land)
    await office.begin()
    await filed(office, 1, 2, 3, 4, 5)
    async with office.process():
        await eventually(lambda: office.has("m01", "m05"))
    assert await told(office) == ["m01", "m02", "m03", "m04", "m05"]


async def test_mails_of_one_second_are_said_in_the_order_of_their_numbers(office: Office) -> None:
    await office.begin()

    def verb(connection: Any) -> None:
        mails = [Fetched(uid, office_blob(office, uid), 10, 1, 1) for uid in range(1, 21)]
        incoming.put(connection, "box", "INBOX", 1, mails, polled_at=1, now=1)

    await office.record.write(verb, name="store")
    waiting = await office.record.read(lambda connection: incoming.waiting(connection, "box"))
    assert [mail.uid for mail in waiting] == list(range(1, 21))


def office_blob(office: Office, uid: int) -> str:
    return office.blobs.put_bytes(MAIL.format(id=f"m{uid}").encode()).sha256


# Of the desk -------------------------------------------------------------------------------------------------------


async def test_mail_that_cannot_be_read_now_is_not_put_aside(office: Office) -> None:
    failed = [0]

    class NoProcess(Parser):
        async def parse(self, path: Path, ours: Ours, sent: Sequence[str] = ()) -> Parsed:
            if failed[0] < 30:
                failed[0] += 1
                raise BlockingIOError(11, "Resource temporarily unavailable")
            return await super().parse(path, ours, sent)

    await office.begin()
    await office.arrives(*(MAIL.format(id=f"m{number}") for number in range(3)))
    reader = Reader(office.record, office.blobs, SEALER, NoProcess(), office.erased.intersection)
    desk = Desk(office.record, MemoryLive(), SystemClock())
    task = asyncio.create_task(Mailboxes(desk, office.blobs, SEALER, reader, Around()).run())
    await eventually(lambda: office.has("m0", "m1", "m2"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert failed == [30]
    assert await office.states() == {"landed": 3}


async def test_a_try_that_was_broken_off_counts_for_nothing(office: Office) -> None:
    """As at every stop of the desk."""
    stuck = asyncio.Event()

    class Stuck(Parser):
        async def parse(self, path: Path, ours: Ours, sent: Sequence[str] = ()) -> Parsed:
            stuck.set()
            await asyncio.Event().wait()
            raise AssertionError

    await office.begin()
    await office.arrives(MAIL.format(id="one"))
    reader = Reader(office.record, office.blobs, SEALER, Stuck(), office.erased.intersection)
    for _ in range(landing.TRIES + 1):
        stuck.clear()
        desk = Desk(office.record, MemoryLive(), SystemClock())
        task = asyncio.create_task(Mailboxes(desk, office.blobs, SEALER, reader, Around()).run())
        await stuck.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    rows = await office.record.read(lambda connection: connection.all(select(incoming_mail.c.attempts)))
    assert [row.attempts for row in rows] == [0]
    async with office.process():
        await eventually(lambda: office.has("one"))


async def test_mail_whose_bytes_are_gone_is_told_and_keeps_no_other(office: Office) -> None:
    await office.begin()
    lost = Fetched(1, "0" * 64, 10, 1, 1)
    await office.record.write(
        lambda connection: incoming.put(connection, "box", "INBOX", 1, [lost], polled_at=1, now=1), name="store"
    )
    await office.arrives(MAIL.format(id="one"))

    async def seen_to() -> bool:
        return await office.states() == {"quarantined": 1, "landed": 1}

    async with office.process():
        await eventually(seen_to)


async def test_landing_that_failed_goes_on_while_the_rest_is_fetched(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_MAILS", 2)
    run, say, store = landing.Landing.run, landing.Landing._say, Fetching._store
    said, stored, failed = [0], [0], asyncio.Event()

    async def runs(self: Any, progress: Any) -> None:
        try:
            await run(self, progress)
        except Unavailable:
            failed.set()
            raise

    async def fails_at_first(self: Any, portion: Any) -> None:
        said[0] += 1
        if said[0] == 1:
            raise Unavailable(retry_s=0.05)
        await say(self, portion)

    async def waits(self: Any, selected: Any, mails: Any, *rest: Any) -> None:
        stored[0] += 1
        if stored[0] == 2:
            await failed.wait()
        if stored[0] == 4:
            await eventually(lambda: office.has("m01", "m02"))
        await store(self, selected, mails, *rest)

    monkeypatch.setattr(landing.Landing, "run", runs)
    monkeypatch.setattr(landing.Landing, "_say", fails_at_first)
    monkeypatch.setattr(Fetching, "_store", waits)
    await office.begin()
    await filed(office, *range(1, 11))
    async with office.process():
        await eventually(lambda: office.has("m10"))
    assert await told(office) == [f"m{minute:02}" for minute in range(1, 11)]


@pytest.mark.parametrize("why", ["switched off", "server away"])
async def test_what_is_stored_is_said_without_its_server(office: Office, why: str) -> None:
    if why == "server away":
        office.box.endpoint["port"] = 1  # type: ignore[index]
    await office.begin()
    blob = await asyncio.to_thread(office.blobs.put_bytes, MAIL.format(id="one").encode())
    mail = Fetched(1, blob.sha256, blob.bytes, 1, 1)
    await office.record.write(
        lambda connection: incoming.put(connection, "box", "INBOX", 1, [mail], polled_at=1, now=1), name="store"
    )
    if why == "switched off":
        off = replace(office.box, active=False)
        await office.record.write(lambda connection: mailboxes.change(connection, off), name="off")
    async with office.process():
        await eventually(lambda: office.has("one"))


async def test_a_file_that_was_retired_while_its_mail_was_read_is_there_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    land = landing.Landing._land_some
    retired: list[bool] = []

    def after_it_was_retired(self: Any, work: Any, turn: Any) -> None:
        if not retired:
            [kept] = [each.sha256 for _, letter in turn.pairs for each in letter.files]
            retired.append(office.blobs.retire(kept, lambda: False))
        land(self, work, turn)

    monkeypatch.setattr(landing.Landing, "_land_some", after_it_was_retired)
    head, _, text = MAIL.format(id="one").partition("\r\n\r\n")
    parts = f"--b\r\n\r\n{text}\r\n--b\r\nContent-Disposition: attachment; filename=x.txt\r\n\r\nlogo\r\n--b--\r\n"
    await office.begin()
    async with office.process():
        await office.arrives(f"{head}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}")
        await eventually(lambda: office.has("one"))

        async def is_there() -> bool:
            rows = await office.record.read(lambda connection: connection.all(select(file.c.sha256)))
            return [office.blobs.exists(row.sha256) for row in rows] == [True]

        await eventually(is_there)
    assert retired == [True]
