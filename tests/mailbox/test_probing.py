"""A mail that the desk sends to itself: it travels the whole way, is known by its token, and never becomes a ticket."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from desk import mail_watch
from desk.clock import SystemClock
from mailbox import poller
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Password
from mailbox.probing import Probing
from store import mailboxes
from store.mailbox_health import Health
from store.outgoing import Mail, latest
from store.schema import incoming_mail, mailbox_health, ticket
from tests.mailbox.imap.conftest import at
from tests.mailbox.office import MAIL, Office
from tests.support.copying import Place
from tests.support.eventually import eventually
from tests.support.imap_pymap import SECRET, USER
from tests.support.running import RunningDesk
from tests.support.world import SEALER

EVERY = timedelta(minutes=15)
RAW = (
    "From: support@larkfield.example\r\nTo: support@larkfield.example\r\nMessage-ID: <p{n}@larkfield.example>\r\n"
    "Subject: {subject}\r\nDate: Wed, 4 Mar 2026 09:00:00 +0000\r\nAuto-Submitted: auto-generated\r\n\r\nprobe\r\n"
)
_TICKETS = select(ticket.c.id)


@pytest.fixture
async def sends(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Its mailbox has an SMTP server."""
    monkeypatch.setattr(poller, "SETTLE_S", 0.1)
    office.probe_every = EVERY
    await office.begin(smtp={"host": "127.0.0.1", "port": 1, "security": "plain", "auth": "none"})
    return office


async def probes(office: Office) -> list[Mail]:
    return [each for each in await office.record.read(latest) if each.kind == "probe"]


async def sent(office: Office) -> Mail:
    async def there() -> bool:
        return len(await probes(office)) == 1

    await eventually(there)
    return (await probes(office))[0]


async def test_it_goes_to_its_own_address_and_what_comes_back_is_no_ticket(sends: Office) -> None:
    async with sends.process():
        mail = await sent(sends)
        assert (mail.recipient, mail.mailbox_id) == (sends.box.address, "box")
        await sends.arrives(RAW.format(n=1, subject=mail.subject))

        async def back() -> bool:
            return (await sends.health()).probe_came_at is not None

        await eventually(back)
        health = await sends.health()
    assert health.trip_us is not None and health.trip_us > 0
    assert await sends.record.read(lambda connection: connection.all(_TICKETS)) == []
    [row] = await sends.record.read(lambda c: c.all(select(incoming_mail.c.state, incoming_mail.c.sha256)))
    assert tuple(row) == ("landed", None), "its bytes are not kept"
    assert len(await probes(sends)) == 1, "the next one is not due"


@pytest.mark.parametrize("done", [None, "Vipdesk/Done"])
async def test_what_came_back_is_removed_from_the_server_alone(sends: Office, done: str | None) -> None:
    """And is not missed by the comparison of each night."""
    sends.box.endpoint["done"] = done  # type: ignore[index]
    await sends.record.write(lambda connection: mailboxes.change(connection, sends.box), name="box")
    async with sends.process():
        mail = await sent(sends)
        await sends.arrives(MAIL.format(id="one"), RAW.format(n=1, subject=mail.subject), MAIL.format(id="two"))

        async def told() -> bool:
            rows = await sends.record.read(lambda c: c.all(select(incoming_mail.c.flagged)))
            return [row.flagged for row in rows] == [1, 1, 1]

        await eventually(told)
    async with await Connection.open(at(sends.port, user=USER, auth=Password(SECRET))) as server:
        assert (await server.select(done or "INBOX")).exists == 2
        if done:
            assert (await server.select("INBOX")).exists == 0
    await sends.record.write(lambda c: c.run(update(mailbox_health).values(reconciled_at=1)), name="age")
    async with sends.process():

        async def compared() -> bool:
            return (await sends.health()).reconciled_at != 1

        await eventually(compared)
    found = (await sends.health()).reconciled
    assert (found["mails"], found["missing"], found["lost"]) == (2, 0, 0)


async def test_a_token_that_is_not_ours_or_comes_from_elsewhere_is_an_ordinary_mail(sends: Office) -> None:
    async with sends.process():
        mail = await sent(sends)
        forged = mail.subject[:-3] + "aaa"
        await sends.arrives(
            RAW.format(n=1, subject=forged),
            MAIL.format(id="one").replace("Subject: Feed one", f"Subject: {mail.subject}"),
        )
        await eventually(lambda: sends.has("one"))
        assert (await sends.health()).probe_came_at is None


async def test_one_that_does_not_come_back_is_an_alarm_until_the_next_one_does() -> None:
    health = Health("box", 0, None, None, None, 0, None, "", "", None, "", None, "p", 0, None, None, None, {}, None)
    clock = SystemClock()
    real = clock.real()

    def at(**changes: object) -> Health:
        now = round(real.timestamp() * 1e6)
        return Health(**{**health.__dict__, "asked_at": now, **changes})

    now = round(real.timestamp() * 1e6)
    minute = 60_000_000
    assert mail_watch.trouble(at(probe_sent_at=now - 5 * minute), clock) == ""
    assert mail_watch.trouble(at(probe_sent_at=now - 11 * minute), clock) == "probe"
    again = at(probe_sent_at=now - minute, alarm="probe")
    assert mail_watch.trouble(again, clock) == "probe", "a new one that is under way proves nothing yet"
    assert mail_watch.trouble(at(probe_sent_at=now - 2 * minute, probe_came_at=now, alarm="probe"), clock) == ""


async def test_without_an_smtp_server_or_when_switched_off_none_is_sent(office: Office) -> None:
    probing = Probing(office.box, SEALER, EVERY)
    assert not probing.is_due(None, 0)
    office.box.endpoint["smtp"] = {"host": "127.0.0.1"}  # type: ignore[index]
    assert probing.is_due(None, 0)
    assert not Probing(office.box, SEALER, timedelta()).is_due(None, 0)


async def test_through_a_real_smtp_server_it_comes_back_and_its_whole_way_is_timed(tmp_path: Path) -> None:
    """The demo's own mail server, and the product as it is."""
    desk = RunningDesk(tmp_path / "data")
    await asyncio.to_thread(desk.start)

    async def rows() -> list[dict[str, Any]]:
        _, out, _ = await asyncio.to_thread(Place(desk.folder).run, "mail", "health", "--json")
        return list(json.loads(out))

    async def all_timed() -> bool:
        found = await rows()
        return len(found) == 3 and all(each["trip_s"] is not None for each in found)

    try:
        await eventually(all_timed, 60.0)
        assert {each["state"] for each in await rows()} == {"ok"}
        _, out, _ = await asyncio.to_thread(Place(desk.folder).run, "mail", "test", "support@larkfield.example")
        assert "smtp: 127.0.0.1" in out and "imap: " in out and "failed" not in out
    finally:
        await asyncio.to_thread(desk.stop)
