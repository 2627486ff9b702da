"""Mails from files are on tickets as if they had come, once, without starting, opening or answering anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from desk.clock import SystemClock
from desk.desk import Desk
from live.memory import MemoryLive
from mailbox.importing import Counts, Importing
from mailbox.reading import Reader
from store import mailboxes, outgoing
from store.mailboxes import Mailbox
from store.schema import incoming_mail, job, mail_item, ticket
from tests.mailbox.office import MAIL, POISON, Office, Parser
from tests.support.eventually import eventually
from tests.support.world import SEALER

_TICKETS = select(ticket.c.id, ticket.c.subject, ticket.c.status, ticket.c.starts_at, ticket.c.pooled, ticket.c.number)
_ITEMS = select(mail_item.c.starts_at, mail_item.c.received_at, mail_item.c.seq, mail_item.c.ticket_id)


class Stopped(Exception):
    """As a process that is killed."""


async def imported(office: Office, folder: Path, *, stops_after: int = 1_000_000) -> Counts:
    """`stops_after` so many mails have been read it dies."""
    left = [stops_after]

    class Dying(Parser):
        async def parse(self, path: Path, ours: Any, sent: Any = ()) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Stopped
            return await super().parse(path, ours, sent)

    desk = Desk(office.record, MemoryLive(), SystemClock())
    reader = Reader(office.record, office.blobs, SEALER, Dying(), office.erased.intersection)
    return await Importing(desk, office.blobs, reader, office.box, lambda counts: None).run(folder)


def filled(folder: Path, *ids: str) -> Path:
    folder.mkdir(exist_ok=True)
    for id in ids:
        (folder / f"{id}.eml").write_bytes(MAIL.format(id=id).encode())
    return folder


async def test_they_are_on_tickets_that_wait_for_nobody(office: Office, tmp_path: Path) -> None:
    await office.begin()
    folder = filled(tmp_path / "mails", "one", "two")
    answer = MAIL.format(id="answer").replace("Subject", "In-Reply-To: <one@brightwater.example>\r\nSubject")
    proven = answer.replace("09:00:00", "09:30:00")
    (folder / "a-answer.eml").write_bytes(proven.encode())
    urgent = MAIL.format(id="urgent").replace("Subject: Feed urgent", "Subject: URGENT: everything is down, outage")
    (folder / "urgent.eml").write_bytes(urgent.encode())
    counts = await imported(office, folder)
    assert (counts.found, counts.new, counts.landed, counts.refused) == (4, 4, 4, 0)
    assert await office.said() == {"one": 1, "two": 1, "answer": 1, "urgent": 1}
    tickets = await office.record.read(lambda connection: connection.all(_TICKETS))
    assert {(row.status, row.starts_at, row.pooled) for row in tickets} == {("solved", None, 0)}
    items = await office.record.read(lambda connection: connection.all(_ITEMS))
    assert {row.starts_at for row in items} == {None}
    assert await office.record.read(outgoing.latest) == [], "nobody is answered"
    kinds = await office.record.read(lambda connection: {row.kind for row in connection.all(select(job.c.kind))})
    assert "send_mail" not in kinds
    rows = await office.record.read(lambda c: c.all(select(incoming_mail.c.moved_in, incoming_mail.c.folder)))
    assert {tuple(row) for row in rows} == {(1, "import")}


async def test_taken_twice_they_are_there_once_and_a_copy_that_came_joins(office: Office, tmp_path: Path) -> None:
    await office.begin()
    folder = filled(tmp_path / "mails", "one", "two")
    async with office.process():
        await office.arrives(MAIL.format(id="one"))
        await eventually(lambda: office.has("one"))
    first, second = await imported(office, folder), await imported(office, folder)
    assert (first.new, first.known, second.new, second.known) == (2, 0, 0, 2)
    assert await office.said() == {"one": 1, "two": 1}


async def test_whoever_was_stopped_goes_on(office: Office, tmp_path: Path) -> None:
    await office.begin()
    folder = filled(tmp_path / "mails", *(f"m{number}" for number in range(7)))
    with pytest.raises(Stopped):
        await imported(office, folder, stops_after=3)
    counts = await imported(office, folder)
    assert (counts.new, counts.known, counts.landed) == (0, 7, 4)
    assert await office.said() == {f"m{number}": 1 for number in range(7)}


async def test_what_cannot_be_read_is_kept_and_told_and_of_somebody_erased_nothing_is(
    office: Office, tmp_path: Path
) -> None:
    await office.begin()
    folder = filled(tmp_path / "mails", "one", "two")
    await imported(office, filled(tmp_path / "other", "two"))
    keys = await office.record.read(lambda connection: [row.key for row in connection.all(select(mail_item.c.key))])
    (folder / "poison.eml").write_bytes(POISON.encode())
    (folder / "empty.eml").write_bytes(b"")
    office.erased |= set(keys)
    copy = "Received: by mx.larkfield.example; Wed, 4 Mar 2026 09:00:01 +0000\r\n" + MAIL.format(id="two")
    (folder / "two.eml").write_bytes(copy.encode())
    counts = await imported(office, folder)
    assert (counts.landed, counts.unreadable, counts.erased, counts.refused) == (1, 1, 1, 1)
    assert counts.why == ["empty.eml: It is empty."]
    assert (await office.said())["two"] == 1


async def test_a_solved_ticket_is_not_opened_by_a_mail_of_the_past(office: Office, tmp_path: Path) -> None:
    await office.begin(trusts=["mx.larkfield.example"])
    proof = "Authentication-Results: mx.larkfield.example; dmarc=pass header.from=brightwater.example\r\n"
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "1.eml").write_bytes((proof + MAIL.format(id="one")).encode())
    answer = MAIL.format(id="two").replace("Subject", "In-Reply-To: <one@brightwater.example>\r\nSubject")
    (folder / "0.eml").write_bytes((proof + answer.replace("09:00:00", "09:30:00")).encode())
    await imported(office, folder)
    [row] = await office.record.read(lambda connection: connection.all(_TICKETS))
    assert row.status == "solved"
    assert await office.said() == {"one": 1, "two": 1}
    seqs = await office.record.read(lambda connection: connection.all(_ITEMS))
    assert len({each.ticket_id for each in seqs}) == 1, "what was answered came first, whatever the files are called"


async def test_of_a_mailbox_that_is_switched_off_too(office: Office, tmp_path: Path) -> None:
    office.box = Mailbox(**{**office.box.__dict__, "active": False})
    await office.record.write(lambda connection: mailboxes.add(connection, office.box, 1), name="box")
    counts = await imported(office, filled(tmp_path / "mails", "one"))
    assert counts.landed == 1 and json.dumps(counts.__dict__)
