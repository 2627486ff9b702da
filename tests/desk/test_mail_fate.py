"""What became of mails that left is told: to whom they went, to who answers for them, and whom to believe about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from desk import posting
from desk.posting import Outcome
from desk.requests import AddPerson
from desk.returning import Returned
from store import erasing, jobs, mailboxes
from store.outgoing import Mail
from tests.desk.answering import answered, begun, now_is, settled, told, under_way
from tests.desk.post import BOX, PRIYA, Post, letter
from tests.support.world import World

SECONDS_UNTIL_LATE = 15 * 60 + 6


async def test_its_fate_is_told_for_each_recipient(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", AddPerson, ticket=ticket, address="guest@elsewhere.example")
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    assert await begun(post.world, mail) is not None
    assert (await now_is(post.world, mail)).state == "sending"
    busy = Outcome("deferred", "451 4.7.1 Come back later.")
    await settled(post.world, mail, {PRIYA: Outcome("accepted"), "guest@elsewhere.example": busy}, 30)
    assert (await now_is(post.world, mail)).state == "deferred"
    last = (await told(post.world, f"{ticket}/i"))[-1]
    assert {each["address"]: (each["state"], each["reason"]) for each in last["recipients"]} == {
        PRIYA: ("accepted", ""), "guest@elsewhere.example": ("deferred", "451 4.7.1 Come back later."),
    }  # fmt: skip
    assert last["accepted_at"] is not None
    await post.world.go_on(31)
    await settled(post.world, mail, {"guest@elsewhere.example": Outcome("accepted")})
    assert [each["state"] for each in await told(post.world, ticket)] == ["queued", "deferred", "accepted"]
    assert not await post.world.record.read(lambda connection: jobs.exists(connection, f"send:{mail.id}"))


async def test_who_answers_for_the_ticket_is_told_of_a_mail_that_nobody_takes(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(SECONDS_UNTIL_LATE)
    [alarm] = [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")]
    assert alarm["alarm"] == "late"
    assert (await now_is(post.world, mail)).alarmed_at is not None


async def test_that_it_was_late_is_over_once_a_server_has_it(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    heard = post.world.listen("agent:anna")
    await post.world.go_on(SECONDS_UNTIL_LATE)
    await begun(post.world, mail)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    alarms = [(frame["why"], frame["mail"]) for frame in heard if frame["type"] == "alarm"]
    assert alarms == [("late", mail.id), ("settled", mail.id)]


async def test_a_mail_that_a_server_may_have_is_not_late_before_it_is_known_that_none_has_it(post: Post) -> None:
    ticket, mail = await under_way(post)
    await settled(post.world, mail, {PRIYA: Outcome("ambiguous", "The connection broke.")}, 3600)
    await post.world.go_on(SECONDS_UNTIL_LATE)
    assert [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")] == []
    await post.world.desk.run("busy", lambda work: posting.move(work, mail.id, {PRIYA: Outcome("queued")}))
    await post.world.go_on(SECONDS_UNTIL_LATE)
    assert [each["alarm"] for each in await told(post.world, f"{ticket}/i") if each.get("alarm")] == ["late"]


async def test_nobody_is_told_of_one_that_was_taken_in_time(post: Post) -> None:
    ticket, mail = await under_way(post)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    await post.world.go_on(SECONDS_UNTIL_LATE)
    assert [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")] == []


async def test_a_bounce_withdraws_the_answer_and_opens_the_ticket_again(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    starts = (await post.world.summary("anna", ticket))["starts_at"]
    mail = await answered(post, ticket, next="solved")
    await post.world.go_on(6)
    await begun(post.world, mail)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    await post.world.desk.run(
        "bounced", lambda work: posting.bounced(work, mail.id, PRIYA.upper(), "5.1.1 No such user", delayed=False)
    )
    assert [each["state"] for each in await told(post.world, ticket)] == ["queued", "accepted", "bounced"]
    summary = await post.world.summary("anna", ticket)
    assert (summary["status"], summary["starts_at"]) == ("open", starts)
    [alarm] = [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")]
    assert (alarm["alarm"], alarm["recipients"][0]["reason"]) == ("bounced", "5.1.1 No such user")


async def test_a_copy_that_bounces_is_told_and_the_answer_stays_one(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", AddPerson, ticket=ticket, address="guest@elsewhere.example")
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    refused = Outcome("bounced", "550 5.1.1 No such user")
    await settled(post.world, mail, {PRIYA: Outcome("accepted"), "guest@elsewhere.example": refused})
    assert (await now_is(post.world, mail)).state == "accepted"
    assert (await post.world.summary("anna", ticket))["status"] == "waiting"
    [alarm] = [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")]
    assert {each["address"]: each["state"] for each in alarm["recipients"]} == {
        PRIYA: "accepted", "guest@elsewhere.example": "bounced",
    }  # fmt: skip


async def test_who_is_refused_for_good_keeps_nobody_from_being_tried_again(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", AddPerson, ticket=ticket, address="guest@elsewhere.example")
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    busy, refused = Outcome("deferred", "451 Later"), Outcome("bounced", "550 5.1.1 No such user")
    await settled(post.world, mail, {PRIYA: refused, "guest@elsewhere.example": busy}, 30)
    assert (await now_is(post.world, mail)).state == "bounced"
    await post.world.go_on(31)
    again = await begun(post.world, mail)
    assert again is not None
    assert {each.address: each.state for each in again.recipients} == {
        PRIYA: "bounced", "guest@elsewhere.example": "sending",
    }  # fmt: skip


async def test_a_delay_is_told_and_is_no_bounce(post: Post) -> None:
    ticket, mail = await under_way(post)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    await post.world.desk.run(
        "delayed", lambda work: posting.bounced(work, mail.id, PRIYA, "4.4.1 Still trying", delayed=True)
    )
    assert (await now_is(post.world, mail)).state == "accepted"
    assert (await told(post.world, f"{ticket}/i"))[-1]["recipients"][0]["reason"] == "4.4.1 Still trying"
    assert (await post.world.summary("anna", ticket))["status"] == "waiting"


async def test_a_copy_that_came_back_proves_that_it_was_taken(post: Post) -> None:
    ticket, mail = await under_way(post)
    await settled(post.world, mail, {PRIYA: Outcome("ambiguous", "The line broke.")}, 600)
    await post.world.desk.run("proven", lambda work: posting.proven(work, mail.id))
    assert (await now_is(post.world, mail)).state == "accepted"
    assert not await post.world.record.read(lambda connection: jobs.exists(connection, f"send:{mail.id}"))
    await post.world.desk.run("again", lambda work: posting.proven(work, mail.id))
    assert [each["state"] for each in await told(post.world, ticket)] == ["queued", "ambiguous", "accepted"]


async def test_a_mail_that_is_not_there_moves_nothing(world: World) -> None:
    await world.desk.run("proven", lambda work: posting.proven(work, "nothing"))
    await world.desk.run("bounced", lambda work: posting.bounced(work, "nothing", None, "", delayed=False))
    await world.desk.run("late", lambda work: posting.late(work, "nothing"))


async def test_what_is_under_way_to_somebody_who_was_erased_does_not_leave(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.record.write(lambda connection: erasing.erase(connection, ["priya"]), name="erase")
    emptied = await now_is(post.world, mail)
    assert (emptied.body, emptied.subject, emptied.recipients, emptied.state) == ("", "", (), "withdrawn")
    assert await begun(post.world, mail) is None


async def test_one_that_nobody_heard_of_twice_is_not_tried_a_third_time(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    for _ in range(2):
        begun_again = await begun(post.world, mail)
        assert begun_again is not None and begun_again.recipients[0].state == "sending"
        await settled(post.world, mail, {PRIYA: Outcome("ambiguous", "The line broke.")}, 1)
        await post.world.go_on(2)
    assert (await now_is(post.world, mail)).waiting == ()
    await post.world.desk.run("proven", lambda work: posting.proven(work, mail.id))
    assert (await now_is(post.world, mail)).state == "accepted", "a proof counts whenever it comes"


# What servers say, and what somebody says in their name -------------------------------------------------------------


async def bounce(post: Post, **told: Any) -> None:
    known: dict[str, Any] = {"mail": None, "message_id": None, "recipient": PRIYA, "reason": "5.1.1", "delayed": False}
    read = letter(str(told), "mailer-daemon@mx.example", kind="bounce", returned=(Returned(**(known | told)),))
    await post.lands(read)


async def sent(post: Post) -> Mail:
    _, mail = await under_way(post)
    await settled(post.world, mail, {PRIYA: Outcome("accepted")})
    return mail


async def plus(post: Post, takes: bool) -> None:
    box = replace(BOX, endpoint={"plus": takes})
    await post.world.record.write(lambda connection: mailboxes.change(connection, box), name="plus")


async def test_a_copy_of_our_own_says_nothing_on_a_ticket(post: Post) -> None:
    mail = await sent(post)
    copy = letter("copy", "brightwater@larkfield.example", kind="loop", own=mail.id, message_id=f"<{mail.id}@d>")
    assert await post.lands(copy) is None


async def test_a_bounce_is_believed_by_the_address_that_only_servers_know(post: Post) -> None:
    await plus(post, True)
    mail = await sent(post)
    await bounce(post, message_id=f"<{mail.id}@d>")
    assert (await now_is(post.world, mail)).state == "accepted", "who got the mail knows its Message-ID"
    await bounce(post, mail=mail.id, recipient="nobody@elsewhere.example")
    assert (await now_is(post.world, mail)).state == "bounced", (
        "forwarded, so the server names another; there is but one"
    )


async def test_without_such_addresses_it_is_believed_of_who_got_the_mail(post: Post) -> None:
    await plus(post, False)
    mail = await sent(post)
    for forged in ({"recipient": "nobody@elsewhere.example"}, {"recipient": None}, {"message_id": "<other@d>"}):
        await bounce(post, **({"message_id": f"<{mail.id}@d>"} | forged))
        assert (await now_is(post.world, mail)).state == "accepted"
    await bounce(post, message_id=f"<{mail.id}@d>")
    assert (await now_is(post.world, mail)).state == "bounced"


async def test_of_several_only_who_is_named_bounces(post: Post) -> None:
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", AddPerson, ticket=ticket, address="guest@elsewhere.example")
    mail = await answered(post, ticket)
    await bounce(post, mail=mail.id, recipient="somebody@elsewhere.example")
    assert {each.state for each in (await now_is(post.world, mail)).recipients} == {"queued"}
