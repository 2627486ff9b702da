"""The health report: one sentence per fault and what to do; settings as they may be shown."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desk import letters, mailing
from desk.requests import SetStatus
from live.memory import MemoryLive
from routing.errors import Unavailable
from server import health_report, mail_report
from server.environment import HIDDEN, shown
from server.health_report import Part, report
from server.settings import Settings, name_of
from store import beats, jobs, mailbox_health, mailboxes, meta, singletons
from store.engine import Connection, InlineRecord
from store.mailboxes import Mailbox
from store.times import micros
from tests.desk.post import BOX, item_of, opened
from tests.support.world import MovedClock, World

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


async def parts(record: InlineRecord, settings: Settings, at: datetime = NOON) -> dict[str, Part]:
    return {each.name: each for each in await report(settings, record, MemoryLive(), MovedClock(at))}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def alive(connection: Connection) -> None:
    for role in beats.ROLES:
        beats.beat(connection, role, "1.0", NOON)
    meta.set_backed_up(connection, NOON)


async def test_a_desk_that_lives_has_no_fault(settings: Settings) -> None:
    record = InlineRecord()
    await record.write(alive)
    found = await parts(record, settings)
    assert {each.name: each.todo for each in found.values() if each.grade != "ok"} == {}
    assert found["clock"].said == "It was seen 0 s ago."


async def test_a_process_that_was_never_seen_or_is_gone_is_named_with_what_starts_it(settings: Settings) -> None:
    record = InlineRecord()
    found = await parts(record, settings)
    assert (found["clock"].grade, found["clock"].said) == ("bad", "No such process was ever seen.")
    assert found["mailbox"].todo == "Start one: vipdesk mailbox, or vipdesk for all in one."
    await record.write(alive)
    found = await parts(record, settings, NOON + timedelta(minutes=5))
    assert (found["clock"].grade, found["clock"].said) == ("bad", "The last sign of life was 5 min ago.")


async def test_what_is_late_is_told(settings: Settings) -> None:
    record = InlineRecord()
    await record.write(alive)
    await record.write(lambda connection: jobs.put(connection, "decide", NOON - timedelta(minutes=3), "decide"))
    await record.write(lambda connection: jobs.put(connection, "send_mail", NOON - timedelta(hours=3), "send:x"))
    found = await parts(record, settings)
    assert (found["due"].grade, found["due"].said) == ("bad", "It is 3 min late.")
    assert (found["mail"].grade, found["mail"].said) == ("bad", "It is 3 h late.")


async def test_an_old_backup_is_a_care_and_none_is_too(settings: Settings) -> None:
    record = InlineRecord()
    assert (await parts(record, settings))["backup"].grade == "care"
    await record.write(alive)
    found = await parts(record, settings, NOON + timedelta(days=3))
    assert (found["backup"].grade, found["backup"].said) == ("care", "The last one is 72 h old.")


async def test_a_full_disk_and_a_missing_folder_are_faults(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    record = InlineRecord()
    assert (await parts(record, replace(settings, data=settings.data / "gone")))["disk"].grade == "bad"
    monkeypatch.setattr(health_report, "LOW_DISK_BYTES", 10**18)
    found = (await parts(record, settings))["disk"]
    assert found.grade == "bad" and "nothing new is taken" in found.todo


async def test_without_its_record_the_rest_is_unknown(settings: Settings) -> None:
    class Away(InlineRecord):
        """Its database cannot be reached."""

        async def read(self, query: Any) -> Any:
            raise Unavailable

    found = await parts(Away(), settings)
    assert found["clock"].said == "Unknown while the record is away." and found["clock"].grade == "care"


def test_secrets_are_not_shown() -> None:
    settings = Settings(
        database_url="postgresql://desk:s3cret@db.example/desk", redis_url="redis://:s3cret@cache.example:6379/0",
        secret_keys=("s3cret",), metrics_token="s3cret",
    )  # fmt: skip
    found = {each.name: each for each in shown(settings)}
    assert "s3cret" not in str(found)
    assert found["VIPDESK_DATABASE_URL"].value == f"postgresql://desk:{HIDDEN}@db.example/desk"
    assert found["VIPDESK_REDIS_URL"].value == f"redis://:{HIDDEN}@cache.example:6379/0"
    assert found["VIPDESK_SECRET_KEYS"].value == HIDDEN and found["VIPDESK_SECRET_KEYS"].given
    by_query = replace(settings, database_url="postgresql://db.example/desk?password=s3cret")
    assert "s3cret" not in str(shown(by_query))


def test_what_is_shown_is_what_the_settings_page_of_the_documents_lists() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text()
    documented = dict(re.findall(r"^\| `(VIPDESK_\w+)` \|[^|]*\| (.*) \|$", page, re.M))
    assert {each.name: each.help for each in shown(Settings())} == documented
    assert [each.name for each in shown(Settings())] == [name_of(each.name) for each in fields(Settings)]


def box(id: str) -> Mailbox:
    return Mailbox(id, f"{id}@larkfield.example", "", None, "office", {"host": "imap.example"}, b"", True, None)


async def test_a_mailbox_with_mail_put_aside_asks_for_care_until_its_ticket_is_solved() -> None:
    world = await World.make(InlineRecord())
    post = await opened(world)
    mail = await post.stored()
    await world.desk.run("mail", lambda work: mailing.land(work, BOX, mail, letters.unreadable(mail, "memory")))

    def verb(connection: Connection) -> None:
        mailbox_health.watch(connection, BOX.id, micros(world.clock.real()))
        mailbox_health.well(connection, BOX.id, micros(world.clock.real()), 0)
        name = f"mailbox {BOX.id}"
        singletons.take(connection, name, singletons.begin(connection, name), "here 1")

    async def told() -> tuple[str, str, str]:
        every = await world.record.read(lambda connection: mail_report.reports(connection, world.clock))
        [found] = [each for each in every if each.box.id == BOX.id]
        return found.grade, mail_report.said(found), mail_report.todo(found)

    await world.record.write(verb, name="well")
    item = await world.record.read(lambda connection: item_of(connection, mail.id))
    assert item is not None
    number = (await post.found(item.ticket_id)).ticket.number
    words = f"1 mails could not be read and are put aside, the first on VD-{number}."
    assert (await told())[:2] == ("care", words) and "original" in (await told())[2]
    await world.ask("anna", SetStatus, ticket=item.ticket_id, status="solved")
    assert await told() == ("ok", "Its server answered 0 s ago; nothing is behind.", "")


async def test_a_mailbox_is_a_fault_after_two_minutes_of_silence_and_the_step_that_fails_is_told(
    settings: Settings,
) -> None:
    record = InlineRecord()

    def verb(connection: Connection) -> None:
        alive(connection)
        for id in ("fine", "silent", "failing", "off"):
            mailboxes.add(connection, replace(box(id), active=id != "off"), 1)
        for id, seconds in (("fine", 30), ("silent", 121), ("failing", 100)):
            mailbox_health.well(connection, id, micros(NOON - timedelta(seconds=seconds)), 0)
        mailbox_health.failed(connection, "failing", micros(NOON), "login", "no such user")

    await record.write(verb)
    found = await parts(record, settings)
    assert (found["mailbox silent"].grade, found["mailbox silent"].title) == ("bad", "silent@larkfield.example")
    assert found["mailbox silent"].said == "Its server has not answered for 2 min." and found["mailbox silent"].todo
    assert found["mailbox failing"].grade == "care"
    assert found["mailbox failing"].said == ("Its server answered last 100 s ago. Signing in is refused: no such user")
    assert (found["mailboxes"].grade, found["mailboxes"].said) == ("ok", "1 are read, and nothing is behind.")
    assert "mailbox off" not in found
