"""Who else comes with a mail: people in copy, forwards, invitations, floods, and those who say they are us."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from desk import mailing
from desk.letters import Around, Forwarded, Invitation, Letter
from desk.mail_people import NOBODYS
from desk.work import Work
from routing.mail import MOST_TICKETS
from store import contacts
from store.schema import contact
from tests.desk.conftest import NewWorld
from tests.desk.post import BOX, POOL, PRIYA, Post, item_of, letter, opened
from tests.support.world import NIGHT


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


async def test_addresses_made_up_without_end_fill_one_ticket_and_become_no_contacts(new_world: NewWorld) -> None:
    post = await opened(await new_world(start=NIGHT))
    heard = post.world.listen("agent:lena", "agent:petra")

    def forged(number: int) -> Letter:
        return letter(f"forged {number}", f"x{number}@brightwater.example", proven=False, urgent=True)

    known = await people_of(post)
    landed = [await post.lands(forged(number)) for number in range(60)]
    assert len(set(landed)) == MOST_TICKETS + 1 and len(set(landed[MOST_TICKETS:])) == 1
    assert await people_of(post) - known == MOST_TICKETS + 1, "all others are one nobody"
    alarms = Counter(frame["why"] for frame in heard if frame["type"] == "alarm")
    assert alarms == {"classify": MOST_TICKETS, "burst": 1}
    [burst] = [each["data"] for each in await post.world.events(f"{landed[-1]}/i") if each["kind"] == "burst"]
    assert (burst["contact"], burst["proven"]) == (None, False)
    assert (await post.told(str(landed[-1])))["from"] == "x59@brightwater.example"
    free = [
        await post.lands(letter("theirs", proven=False)),
        await post.lands(letter("new and proven", "new@brightwater.example")),
        await post.lands(letter("elsewhere", "x@elsewhere.example", proven=False), POOL),
    ]
    assert len(set(free) - set(landed)) == 3
    assert await post.lands(forged(61)) == landed[-1]
    post.world.clock.move(timedelta(hours=1, minutes=1))
    assert await post.lands(forged(62)) not in landed


async def test_strangers_of_no_customer_each_get_their_ticket(post: Post) -> None:
    landed = [
        await post.lands(letter(f"stranger {number}", f"x{number}@elsewhere.example", proven=False), POOL)
        for number in range(MOST_TICKETS + 5)
    ]
    assert len(set(landed)) == MOST_TICKETS + 5


async def people_of(post: Post) -> int:
    """How many contacts there are."""
    return int(await post.world.record.read(lambda connection: connection.scalar(_PEOPLE)))


_PEOPLE = select(func.count()).select_from(contact)


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
