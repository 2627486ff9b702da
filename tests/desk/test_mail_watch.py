"""A mailbox that fell silent is told to admins once, and again when it is over; who was switched off raises none."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import select

from desk.mail_watch import MailWatch
from store import mailbox_health, mailboxes, people
from store.engine import Connection
from store.mailboxes import Mailbox
from store.schema import audit, outgoing_mail
from store.times import micros
from tests.support.world import World, of_type

BOX = Mailbox("box", "support@larkfield.example", "", None, "office", {"host": "imap.example"}, b"", True, None)
_MAILS = select(outgoing_mail.c.subject, outgoing_mail.c.body).where(outgoing_mail.c.kind == "page")
_AUDITED = select(audit.c.detail).where(audit.c.action == "mailbox_alarm")


async def watched(world: World) -> MailWatch:
    await world.record.write(lambda connection: mailboxes.add(connection, BOX, 1), name="box")
    watch = MailWatch(world.desk)
    await watch.look()
    return watch


def moved(world: World, **by: float) -> None:
    world.clock.move(timedelta(**by))


async def answers(world: World) -> None:
    now = micros(world.clock.real())
    await world.record.write(lambda connection: mailbox_health.well(connection, "box", now, 0), name="well")


async def fails(world: World) -> None:
    now = micros(world.clock.real())

    def verb(connection: Connection) -> None:
        mailbox_health.failed(connection, "box", now, "login", "no such luck")

    await world.record.write(verb, name="failed")


async def mails(world: World) -> list[tuple[str, str]]:
    return [tuple(row) for row in await world.record.read(lambda connection: connection.all(_MAILS))]


async def test_silence_is_told_once_to_admins_with_the_step_that_fails_and_when_it_is_over(world: World) -> None:
    watch = await watched(world)
    admin = next(id for id, roles in await admins(world) if "admin" in roles)
    heard = world.listen(f"agent:{admin}")
    await answers(world)
    moved(world, minutes=1, seconds=59)
    await fails(world)
    await watch.look()
    assert await mails(world) == []
    moved(world, seconds=2)
    for _ in range(3):
        await watch.look()
    assert [frame["state"] for frame in of_type(heard, "alarm")] == ["silent"]
    count = len([1 for _, roles in await admins(world) if "admin" in roles])
    told = await mails(world)
    assert {subject for subject, _ in told} == {"The mailbox support@larkfield.example is silent"}
    assert len(told) == count and "The step login fails: no such luck" in told[0][1]
    await answers(world)
    for _ in range(3):
        await watch.look()
    assert [frame["state"] for frame in of_type(heard, "alarm")] == ["silent", "over"]
    assert len(await mails(world)) == 2 * count
    details = [json.loads(row.detail) for row in await world.record.read(lambda c: c.all(_AUDITED))]
    assert [each["state"] for each in details] == ["silent", "over"]


async def test_of_a_probe_that_stays_away_it_is_told_which_step_of_sending_fails(world: World) -> None:
    watch = await watched(world)

    def verb(connection: Connection) -> None:
        mailbox_health.probe_sent(connection, "box", "probe", micros(world.clock.real()))
        mailbox_health.sends(connection, "box", "login", "535 no such luck")

    await world.record.write(verb, name="probe")
    moved(world, minutes=11)
    await answers(world)
    await watch.look()
    [(subject, body), *_] = await mails(world)
    assert subject == "Mail to support@larkfield.example does not come through"
    assert "Sending fails at the step login: 535 no such luck" in body
    await world.record.write(
        lambda connection: mailbox_health.begin_again(connection, "box", micros(world.clock.real())), name="changed"
    )
    found = await world.record.read(lambda connection: mailbox_health.find(connection, "box"))
    assert found is not None and found.send_step == "", "it was set up anew"


async def test_two_processes_tell_it_once(world: World) -> None:
    watch, other = await watched(world), MailWatch(world.desk)
    moved(world, minutes=3)
    await watch.look()
    first = len(await mails(world))
    await other.look()
    assert first > 0 and len(await mails(world)) == first


async def test_a_desk_that_was_switched_off_raises_no_alarm_when_it_starts(world: World) -> None:
    await watched(world)
    await answers(world)
    moved(world, hours=9)
    started = MailWatch(world.desk)
    await started.look()
    assert await mails(world) == []
    moved(world, minutes=3)
    await started.look()
    assert await mails(world) != []


async def test_a_mailbox_that_is_switched_off_is_silent_without_an_alarm(world: World) -> None:
    watch = await watched(world)
    off = Mailbox(**{**BOX.__dict__, "active": False})
    await world.record.write(lambda connection: mailboxes.change(connection, off), name="off")
    moved(world, minutes=9)
    await watch.look()
    assert await mails(world) == []


async def admins(world: World) -> list[tuple[str, frozenset[str]]]:
    found = await world.record.read(people.agents)
    return [(each.id, frozenset(each.roles)) for each in found]
