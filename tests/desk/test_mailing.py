"""Mail becomes what is said on a ticket: the right one, once, with its instants, and nobody gets in by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from desk import letters, mailing
from desk.letters import Around, Forwarded, Invitation, Letter
from desk.mail_people import NOBODYS
from desk.requests import SetStatus
from desk.work import Work
from routing.mail import MOST_TICKETS
from store import contacts, erasing, incoming, mailboxes, tickets
from store.engine import Connection, Row
from store.files import File
from store.incoming import Fetched, Stored
from store.mailboxes import Mailbox
from store.schema import event, incoming_mail, mail_item, message
from store.tickets import Found
from store.times import micros
from tests.desk.conftest import NewWorld
from tests.desk.test_press import live_chat
from tests.support.world import NIGHT, World

BOX = Mailbox("box", "brightwater@larkfield.example", "Larkfield", "brightwater", "office", {}, b"", True, None)
POOL = replace(BOX, id="pool", address="support@larkfield.example", customer_id=None)
PRIYA = "priya.raman@brightwater.example"


_OF_MAIL = (
    select(mail_item)
    .join(incoming_mail, incoming_mail.c.item_id == mail_item.c.id)
    .where(incoming_mail.c.id == bindparam("mail"))
)


def item_of(connection: Connection, mail: str) -> Row | None:
    """What this mail is; None: not known yet."""
    return connection.one(_OF_MAIL, mail=mail)


class Post:
    """Mail that arrives in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.uid = 0

    async def stored(self, box: Mailbox = BOX, *, ago: timedelta = timedelta(), moved_in: bool = False) -> Stored:
        """As the poller stores it."""
        self.uid += 1
        now = self.world.clock.now()
        mail = Fetched(self.uid, f"{self.uid:064}", 100, micros(now - ago), micros(now - ago), moved_in)

        def verb(connection: Connection) -> Stored:
            incoming.put(connection, box.id, "INBOX", 1, [mail], polled_at=micros(now), now=micros(now))
            return incoming.waiting(connection, box.id)[-1]

        return await self.world.record.write(verb, name="mail")

    async def lands(self, letter: Letter, box: Mailbox = BOX, *, ago: timedelta = timedelta()) -> str | None:
        """The ticket on which it landed; None: on none."""
        mail = await self.stored(box, ago=ago)
        await self.world.desk.run("mail", lambda work: mailing.land(work, box, mail, letter))
        assert await self.world.record.read(lambda connection: incoming.waiting(connection, box.id)) == []

        def query(connection: Connection) -> str | None:
            found = item_of(connection, mail.id)
            assert found is not None
            ticket: str | None = found.ticket_id
            return ticket

        return await self.world.record.read(query)

    async def said(self, ticket: str) -> list[tuple[str, str]]:
        """Who said what, in public."""
        events = [each for each in await self.world.events(ticket) if each["kind"] == "message"]
        return [(each["by"]["name"], each["data"]["body"]) for each in events]

    async def found(self, ticket: str) -> Found:
        """As rules see it."""
        found = await self.world.record.read(lambda connection: tickets.find(connection, ticket))
        assert found is not None
        return found

    async def told(self, ticket: str) -> dict[str, Any]:
        """What agents read of the newest mail."""
        [*_, last] = [each for each in await self.world.events(f"{ticket}/i") if each["kind"] == "received"]
        data: dict[str, Any] = last["data"]
        return data


@pytest.fixture
async def post(world: World) -> AsyncIterator[Post]:
    yield await opened(world)


async def opened(world: World) -> Post:
    def verb(connection: Connection) -> None:
        for box in (BOX, POOL):
            mailboxes.add(connection, box, 1)

    await world.record.write(verb, name="boxes")
    return Post(world)


def letter(key: str = "one", sender: str = PRIYA, **fields: Any) -> Letter:
    """A proven mail of a person."""
    known: dict[str, Any] = {"kind": "human", "subject": "Feed stopped", "text": "It stopped.", "proven": True}
    return Letter(key=key, sender=sender, **(known | fields))


# Where it lands ---------------------------------------------------------------------------------------------------


async def test_a_mail_of_a_contact_opens_a_ticket_of_their_named_agent(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    assert await post.said(ticket) == [("Priya Raman", "It stopped.")]
    summary = await post.world.summary("anna", ticket)
    assert (summary["subject"], summary["channel"], summary["status"]) == ("Feed stopped", "mail", "new")
    assert summary["owner"]["id"] == "anna"
    [event, *_] = [each for each in await post.world.events(ticket) if each["kind"] == "message"]
    assert event["data"]["channel"] == "mail" and event["by"]["id"] == "priya"


async def test_an_answer_with_our_token_continues_the_ticket_also_one_of_a_chat(post: Post) -> None:
    ticket = await live_chat(post.world)
    assert await post.lands(letter(tokens=("gone", ticket), text="And by mail.")) == ticket
    assert (await post.said(ticket))[-1] == ("Priya Raman", "And by mail.")


async def test_an_answer_to_a_mail_that_came_continues_its_ticket_when_the_sender_is_proven(post: Post) -> None:
    ticket = await post.lands(letter(message_id="<first@brightwater.example>"))
    refers = ("<other@x>", "<first@brightwater.example>")
    assert await post.lands(letter("two", references=refers, text="Still.")) == ticket
    unproven = await post.lands(letter("three", references=refers, proven=False, text="Forged?"))
    assert unproven not in (ticket, None)
    assert (await post.told(str(unproven)))["review"] == "unproven"
    linked = await post.found(str(unproven))
    assert linked.ticket.linked_id == ticket


async def test_a_subject_decides_nothing(post: Post) -> None:
    first = await post.lands(letter())
    second = await post.lands(letter("two", subject="Re: Feed stopped [VD-1001]"))
    assert None not in (first, second) and first != second


async def test_a_colleague_joins_and_is_told_as_new(post: Post) -> None:
    ticket = await post.lands(letter())
    assert (
        await post.lands(letter("two", "new.one@brightwater.example", tokens=(str(ticket),), sender_name="New One"))
        == ticket
    )
    assert (await post.told(str(ticket)))["new_person"] is True
    snapshot = await post.world.reading.snapshot(await post.world.signed("anna"), str(ticket))
    assert "New One" in str(snapshot[1])


async def test_a_stranger_with_our_token_gets_a_ticket_of_their_own_and_sees_nothing(post: Post) -> None:
    ticket = await post.lands(letter())
    other = await post.lands(letter("two", "eve@evil.example", tokens=(str(ticket),), text="Let me in."))
    assert other not in (ticket, None)
    assert await post.said(str(ticket)) == [("Priya Raman", "It stopped.")]
    told = await post.told(str(other))
    assert (told["review"], told["new_person"], told["from"]) == ("stranger", False, "eve@evil.example")


async def test_a_bare_reference_tells_a_stranger_of_no_ticket(post: Post) -> None:
    await post.lands(letter(message_id="<first@brightwater.example>"))
    other = await post.lands(letter("two", "eve@evil.example", references=("<first@brightwater.example>",)))
    found = await post.found(str(other))
    assert found.ticket.linked_id is None


async def test_a_ticket_solved_for_long_is_linked_and_one_solved_lately_opens_again(post: Post) -> None:
    ticket = str(await post.lands(letter()))
    await post.world.ask("anna", SetStatus, ticket=ticket, status="solved")
    assert await post.lands(letter("two", tokens=(ticket,))) == ticket
    assert (await post.world.summary("anna", ticket))["status"] == "open"
    await post.world.ask("anna", SetStatus, ticket=ticket, status="solved")
    post.world.clock.move(timedelta(days=15))
    later = await post.lands(letter("three", tokens=(ticket,)))
    found = await post.found(str(later))
    assert later != ticket and found.ticket.linked_id == ticket


# Whose it is ------------------------------------------------------------------------------------------------------


async def test_mail_belongs_to_the_senders_customer_whichever_address_it_came_to(post: Post) -> None:
    for number, (sender, box, customer) in enumerate(
        [
            (PRIYA, POOL, "brightwater"),
            ("somebody@halden-frey.example", BOX, "halden"),
            ("private@post.example", BOX, "brightwater"),
            ("private@post.example", POOL, NOBODYS),
            ("", POOL, NOBODYS),
        ]
    ):
        found = await post.found(str(await post.lands(letter(str(number), sender), box)))
        assert found.ticket.customer_id == customer, sender


async def test_a_proven_address_of_the_customers_domain_makes_a_known_contact_and_another_does_not(post: Post) -> None:
    for sender, proven, verified in (
        ("a@brightwater.example", True, True),
        ("b@brightwater.example", False, False),
        ("c@post.example", True, False),
    ):
        await post.lands(letter(sender, sender, proven=proven))
        person = await post.world.record.read(partial(contacts.by_address, customer="brightwater", email=sender))
        assert person is not None and person.verified is verified, sender


async def test_what_nobody_owns_waits_for_the_pool(post: Post) -> None:
    ticket = str(await post.lands(letter("one", "x@post.example"), POOL))
    summary = await post.world.summary("petra", ticket)
    assert summary["owner"] is None


# Once, and when ---------------------------------------------------------------------------------------------------


async def test_the_same_mail_by_another_way_is_said_once(post: Post) -> None:
    ticket = await post.lands(letter())
    assert await post.lands(letter(), POOL) == ticket
    assert await post.said(str(ticket)) == [("Priya Raman", "It stopped.")]


async def test_a_mail_that_was_dealt_with_is_not_dealt_with_again(post: Post) -> None:
    mail = await post.stored()
    for key in ("one", "two"):
        await post.world.desk.run("mail", partial(mailing.land, box=BOX, mail=mail, letter=letter(key)))
    found = await post.world.record.read(lambda connection: item_of(connection, mail.id))
    assert found is not None and found.key == "one"


async def test_out_of_hours_its_clock_starts_at_the_next_opening(new_world: NewWorld) -> None:
    post = await opened(await new_world(start=NIGHT))
    ticket = str(await post.lands(letter(sent_at=datetime(2020, 1, 1, tzinfo=UTC)), ago=timedelta(minutes=3)))
    told = await post.told(ticket)
    assert told["received_at"] == "2026-03-04T20:57:00.000000Z"
    assert told["polled_at"] == "2026-03-04T21:00:00.000000Z"
    assert told["starts_at"] == "2026-03-05T08:00:00.000000Z"
    assert told["sent_at"] == "2020-01-01T00:00:00.000000Z"


async def test_what_a_machine_wrote_starts_no_clock_and_opens_nothing_again(post: Post) -> None:
    ticket = str(await post.lands(letter()))
    await post.world.ask("anna", SetStatus, ticket=ticket, status="solved")
    assert await post.lands(letter("two", kind="auto", reason="auto-replied", tokens=(ticket,))) == ticket
    assert (await post.world.summary("anna", ticket))["status"] == "solved"
    assert (await post.told(ticket))["starts_at"] is None


@pytest.mark.parametrize("kind", ["bounce", "receipt"])
async def test_bounces_and_receipts_say_nothing(post: Post, kind: Any) -> None:
    assert await post.lands(letter(kind=kind)) is None


async def test_urgent_words_bring_it_to_the_pool_at_once(new_world: NewWorld) -> None:
    post = await opened(await new_world(start=NIGHT))
    ticket = str(await post.lands(letter(urgent=True)))
    found = await post.found(ticket)
    assert found.ticket.pooled == 1 and found.ticket.owner_id == "anna"
    assert (await post.told(ticket))["urgent"] is True


async def test_what_cannot_be_read_is_a_ticket_that_says_so(post: Post) -> None:
    mail = await post.stored()
    await post.world.desk.run("mail", lambda work: mailing.land(work, BOX, mail, letters.unreadable(mail, "memory")))
    found = await post.world.record.read(lambda connection: item_of(connection, mail.id))
    assert found is not None and found.kind == "unreadable" and found.ticket_id is not None
    told = await post.told(found.ticket_id)
    assert told["reason"] == "memory" and told["starts_at"] is not None
    [again] = [await post.world.record.read(lambda connection: incoming.find(connection, mail.id))]
    assert again is not None and again.state == "quarantined"


async def test_files_of_a_mail_hang_on_its_message(post: Post) -> None:
    file = File("f1", "feed.txt", "text/plain", 4, "a" * 64, None, "")
    ticket = str(await post.lands(letter(files=(file,))))
    [event, *_] = [each for each in await post.world.events(ticket) if each["kind"] == "message"]
    assert [each["name"] for each in event["data"]["files"]] == ["feed.txt"]


async def test_who_is_erased_is_in_none_of_their_mail_any_more(post: Post) -> None:
    ticket = str(await post.lands(letter(message_id="<1@brightwater.example>", text="the canary")))
    await post.lands(letter("two", "mei.tan@brightwater.example", tokens=(ticket,), others=(PRIYA, "x@post.example")))

    def erase(connection: Connection) -> tuple[set[str], str]:
        blobs = erasing.erase(connection, ["priya"])
        rows = [*connection.all(select(mail_item)), *connection.all(select(event)), *connection.all(select(message))]
        return blobs, repr(rows)

    blobs, left = await post.world.record.write(erase, name="erase")
    assert blobs == {f"{1:064}"}
    assert [each for each in (PRIYA, "the canary", "<1@brightwater.example>") if each in left] == []
    assert (await post.told(ticket))["others"] == ["x@post.example"]
    assert await post.world.record.read(lambda connection: incoming.uids(connection, "box", "INBOX", 1)) == {1, 2}


async def test_a_mail_of_a_mailbox_without_hours_waits(post: Post) -> None:
    mail = await post.stored()
    lost = replace(BOX, calendar_id="gone")
    with pytest.raises(ValueError, match="gone"):
        await post.world.desk.run("mail", lambda work: mailing.land(work, lost, mail, letter()))
    assert await post.world.record.read(lambda connection: incoming.waiting(connection, "box")) == [mail]


# People in copy, forwards, floods, invitations --------------------------------------------------------------------


async def test_people_in_copy_of_the_customers_own_domains_join_and_strangers_are_shown(post: Post) -> None:
    others = ("jonas.weber@Brightwater.example", "guest@elsewhere.example", "anna@larkfield.example")
    ticket = await post.lands(letter(others=others))
    assert ticket is not None
    found = await post.found(ticket)
    people = [await post.world.record.read(lambda c, id=id: contacts.find(c, id)) for id in found.participants]  # type: ignore[misc]
    assert {person.email for person in people if person} == {PRIYA, "jonas.weber@brightwater.example"}
    told = await post.told(ticket)
    assert told["strangers"] == ["guest@elsewhere.example"], "our own agents are none"
    joined = [each["data"] for each in await post.world.events(ticket) if each["kind"] == "member"]
    assert [each["joined"] for each in joined] == [True]


@pytest.mark.parametrize("fields", [{"proven": False}, {"kind": "auto"}], ids=["not proven", "a machine"])
async def test_who_is_not_proven_brings_nobody_along(post: Post, fields: dict[str, Any]) -> None:
    ticket = await post.lands(letter(others=("jonas.weber@brightwater.example",), **fields))
    assert ticket is not None
    assert len((await post.found(ticket)).participants) == 1
    assert (await post.told(ticket))["strangers"] == ["jonas.weber@brightwater.example"]


PASSED_ON = Forwarded(PRIYA, "Priya Raman", "Feed stopped", "It stopped at nine.", "Can you take this?")


async def test_what_an_agent_passes_on_is_the_customers(post: Post) -> None:
    passed = letter(sender="anna@larkfield.example", subject="Fwd: Feed stopped", text="all of it", forwarded=PASSED_ON)
    ticket = await post.lands(passed, POOL)
    assert ticket is not None
    assert await post.said(ticket) == [("Priya Raman", "It stopped at nine.")]
    told = await post.told(ticket)
    assert (told["from"], told["forwarded_by"], told["note"]) == (
        PRIYA, {"id": "anna", "name": "Anna Kovács"}, "Can you take this?",
    )  # fmt: skip
    assert not told["proven"]
    assert (await post.found(ticket)).ticket.customer_id == "brightwater"


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": PRIYA, "forwarded": replace(PASSED_ON, sender="jonas.weber@brightwater.example")},
        {"sender": "anna@larkfield.example", "forwarded": PASSED_ON, "proven": False},
        {"sender": "anna@larkfield.example", "forwarded": replace(PASSED_ON, sender="ben@larkfield.example")},
    ],
    ids=["a customer forwards", "an agent's address that nothing proves", "a colleague's mail"],
)
async def test_nobody_else_speaks_for_others_by_passing_on(post: Post, fields: dict[str, Any]) -> None:
    ticket = await post.lands(letter(text="Look below.", **fields))
    assert ticket is not None
    told = await post.told(ticket)
    assert told["from"] == fields["sender"] and told["forwarded_by"] is None
    assert (await post.said(ticket))[0][1] == "Look below."


async def test_a_sender_without_end_fills_one_ticket_and_the_leads_hear_of_it_once(post: Post) -> None:
    heard = post.world.listen("agent:lena")
    opened = [await post.lands(letter(f"mail {number}")) for number in range(25)]
    assert len(set(opened)) == MOST_TICKETS and opened[MOST_TICKETS - 1 :] == [opened[MOST_TICKETS - 1]] * 6
    assert [frame["why"] for frame in heard if frame["type"] == "alarm"] == ["burst"]
    events = [each for each in await post.world.events(f"{opened[-1]}/i") if each["kind"] == "burst"]
    assert len(events) == 1
    assert await post.lands(letter("another", "jonas.weber@brightwater.example")) not in opened
    post.world.clock.move(timedelta(hours=1, minutes=1))
    assert await post.lands(letter("later")) not in opened


async def test_who_forges_a_customers_mail_without_end_brakes_only_what_is_forged(post: Post) -> None:
    lena = post.world.listen("agent:lena")
    forged = [await post.lands(letter(f"forged {number}", proven=False)) for number in range(25)]
    assert len(set(forged)) == MOST_TICKETS
    events = [each for each in await post.world.events(f"{forged[-1]}/i") if each["kind"] == "burst"]
    assert [each["data"]["proven"] for each in events] == [False]
    own = [await post.lands(letter(f"own {number}")) for number in range(3)]
    assert len(set(own) - set(forged)) == 3, "Priya herself is not braked by it"
    assert await post.lands(letter("forged again", proven=False)) == forged[-1]
    assert [frame["why"] for frame in lena if frame["type"] == "alarm"] == ["burst"]
    more = [await post.lands(letter(f"more {number}")) for number in range(MOST_TICKETS)]
    assert len(set(own + more)) == MOST_TICKETS, "her own mail without end is braked by itself"
    assert more[-1] not in forged
    burst = [each for each in await post.world.events(f"{more[-1]}/i") if each["kind"] == "burst"]
    assert [each["data"]["proven"] for each in burst] == [True]


async def test_what_an_agent_passes_on_is_not_braked_by_what_is_forged(post: Post) -> None:
    forged = [await post.lands(letter(f"forged {number}", proven=False)) for number in range(25)]
    passed = await post.lands(letter("passed on", "anna@larkfield.example", text="Look below.", forwarded=PASSED_ON))
    assert passed not in forged and (await post.told(str(passed)))["forwarded_by"]["id"] == "anna"


async def test_mail_without_a_sender_is_of_one_nobody_and_is_braked_too(post: Post) -> None:
    opened = [await post.lands(letter(f"mail {number}", "")) for number in range(25)]
    assert len(set(opened)) == MOST_TICKETS


async def test_an_answer_to_an_invitation_goes_to_who_keeps_the_calls(post: Post) -> None:
    asked: list[tuple[str | None, str]] = []

    def answered(work: Work, invitation: Invitation, sender: str) -> bool:
        asked.append((invitation.uid, sender))
        return invitation.uid == "ours"

    async def lands(key: str, uid: str, method: str, **fields: Any) -> str | None:
        mail = await post.stored()
        invitation = Invitation(method, uid, 0, ((PRIYA, "ACCEPTED"),), "BEGIN:VCALENDAR")
        read = letter(key, kind="calendar", invitation=invitation, **fields)
        await post.world.desk.run("mail", lambda w: mailing.land(w, BOX, mail, read, Around(answered=answered)))
        item = await post.world.record.read(lambda connection: item_of(connection, mail.id))
        assert item is not None
        ticket: str | None = item.ticket_id
        return ticket

    assert await lands("one", "ours", "REPLY") is None
    assert await lands("two", "somebody's", "REPLY") is not None
    assert asked == [("ours", PRIYA), ("somebody's", PRIYA)]
    assert await lands("three", "ours", "REQUEST") is not None
    assert await lands("four", "ours", "REPLY", proven=False) is not None
    assert len(asked) == 2, "neither a proposal nor a forgery is an answer"


async def test_words_of_something_critical_call_the_pool_at_night(new_world: NewWorld) -> None:
    post = await opened(await new_world(start=NIGHT))
    heard = post.world.listen("agent:petra")
    ticket = await post.lands(letter(urgent=True))
    assert [(frame["ticket"], frame["why"]) for frame in heard if frame["type"] == "alarm"] == [(ticket, "classify")]
    assert await post.lands(letter("machine", kind="auto", urgent=True)) is not None
    assert len([frame for frame in heard if frame["type"] == "alarm"]) == 1


async def test_a_mail_that_only_says_it_is_ours_is_somebodys(post: Post) -> None:
    for key, fields in (("one", {"own": "abcdefghijklmnopqrstuv"}), ("two", {"own": None})):
        assert await post.lands(letter(key, "support@larkfield.example", kind="loop", **fields)) is not None


async def test_who_writes_in_the_name_of_one_of_us_becomes_nobodys_contact(post: Post) -> None:
    ticket = await post.lands(letter(sender="anna@larkfield.example", proven=False))
    assert ticket is not None
    assert (await post.found(ticket)).ticket.customer_id == NOBODYS
