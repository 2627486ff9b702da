"""A mail of which nobody knows whether it arrived: who is asked, what they may say, what settles it without them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import doubts, posting
from desk.posting import Outcome
from desk.requests import AddPerson, MarkArrived, SendAgain, SetSeverity, SetStatus, Transfer
from desk.work import Work
from routing.errors import BadRequest, Conflict, Forbidden, NotFound
from routing.outgoing import LATE, PROOF
from store import jobs
from store.outbox import To
from store.outgoing import Mail
from store.schema import audit
from store.times import micros
from tests.desk.answering import answered, begun, mails, now_is, settled, told
from tests.desk.post import PRIYA, Post, letter

BROKE = Outcome("ambiguous", "The connection broke while the mail was sent.")
GUEST = "guest@elsewhere.example"


async def severe(post: Post, severity: int = 1) -> str:
    """A ticket by mail of this severity."""
    ticket = await post.lands(letter())
    assert ticket is not None
    await post.world.ask("anna", SetSeverity, ticket=ticket, severity=severity, mode="correction", reason="All hotels.")
    return ticket


async def lost(post: Post, mail: Mail, *addresses: str) -> Mail:
    """The server's last word on it was not heard."""
    await post.world.go_on(6)
    await begun(post.world, mail)
    await settled(post.world, mail, dict.fromkeys(addresses or (PRIYA,), BROKE), PROOF.total_seconds())
    return await now_is(post.world, mail)


async def waited(post: Post, mail: Mail, *, looks: bool = False) -> bool:
    """No proof came in time; whether it is handed over once more."""
    await post.world.go_on(PROOF.total_seconds() + 1)
    said: list[bool] = []

    def verb(work: Work) -> None:
        job = jobs.claim(work.connection, f"send:{mail.id}", work.now)
        assert job is not None
        said[:] = [doubts.goes_again(work, job, mail.id, looks=looks)]

    await post.world.desk.run("again", verb)
    return said[0]


async def in_question(post: Post) -> tuple[str, Mail]:
    """Of a severe ticket, and somebody is asked."""
    ticket = await severe(post)
    mail = await lost(post, await answered(post, ticket, next="solved"))
    assert await waited(post, mail) is False
    assert (await now_is(post.world, mail)).asked_at is not None
    return ticket, mail


async def is_wished(post: Post, mail: Mail) -> bool:
    return await post.world.record.read(lambda connection: jobs.exists(connection, f"send:{mail.id}"))


async def audited(post: Post) -> list[tuple[str, str, str]]:
    """Who decided what of which ticket."""
    rows = await post.world.record.read(lambda connection: connection.all(_DECIDED))
    return [(row.actor_id, row.action, row.object) for row in rows]


_DECIDED = select(audit).where(audit.c.action.in_(("mail_sent_again", "mail_marked_arrived"))).order_by(audit.c.number)


# Who is asked -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", [1, 2])
async def test_of_a_severe_ticket_its_owner_is_asked_and_nothing_is_sent(post: Post, severity: int) -> None:
    ticket = await severe(post, severity)
    mail = await lost(post, await answered(post, ticket))
    heard = post.world.listen("agent:anna", "agent:lena")
    assert await waited(post, mail) is False
    assert (await now_is(post.world, mail)).state == "ambiguous" and not await is_wished(post, mail)
    [alarm] = [frame for frame in heard if frame["type"] == "alarm"]
    assert (alarm["why"], alarm["ticket"], alarm["mail"]) == ("in_doubt", ticket, mail.id)
    last = (await told(post.world, f"{ticket}/i"))[-1]
    assert (last["alarm"], last["state"]) == ("in_doubt", "ambiguous") and last["asked_at"] is not None
    assert (await post.world.summary("anna", ticket))["in_doubt"] == 1
    assert "in_doubt" not in await post.world.summary("priya", ticket)


@pytest.mark.parametrize("severity", [3, 4, 5])
async def test_of_any_other_ticket_it_goes_once_more_and_then_somebody_is_asked(post: Post, severity: int) -> None:
    ticket = await severe(post, severity)
    mail = await lost(post, await answered(post, ticket))
    assert await waited(post, mail) is True
    assert (await now_is(post.world, mail)).asked_at is None
    mail = await lost(post, mail)
    assert await waited(post, mail) is False, "more than one more copy nobody gets unasked"
    assert (await now_is(post.world, mail)).asked_at is not None


@pytest.mark.parametrize(("urgent", "asks"), [(True, True), (False, False)])
async def test_while_no_severity_is_set_the_words_of_their_mail_count(post: Post, urgent: bool, asks: bool) -> None:
    ticket = await post.lands(letter(urgent=urgent))
    assert ticket is not None
    mail = await lost(post, await answered(post, ticket))
    assert await waited(post, mail) is not asks
    assert ((await now_is(post.world, mail)).asked_at is not None) is asks


async def test_what_the_desk_itself_wrote_goes_again_and_asks_nobody(post: Post) -> None:
    ticket = await severe(post)

    def verb(work: Work) -> None:
        found = work.ticket(ticket)
        posting.post(work, found, kind="ack", to=[To(PRIYA)], subject="Thank you", body="Anna", details={})

    await post.world.desk.run("ack", verb)
    [ack] = await mails(post.world, "ack")
    for again in (True, False):
        ack = await lost(post, ack)
        assert await waited(post, ack) is again
    assert (await now_is(post.world, ack)).asked_at is None and not await is_wished(post, ack)


async def test_the_question_stays_where_agents_see_it_also_of_a_solved_ticket_and_a_lead_may_answer(post: Post) -> None:
    ticket, mail = await in_question(post)
    assert (await post.world.summary("anna", ticket))["status"] == "solved"
    await post.world.go_on(60 * 60)
    for view, who in (("mine", "anna"), ("customers", "ben"), ("all", "lena")):
        page = await post.world.reading.tickets_page(await post.world.signed(who), view, "", None)
        assert [each["in_doubt"] for each in page["tickets"] if each["ticket"] == ticket] == [1], view
    assert [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm") == "late"] == []
    answer = await post.world.ask("lena", MarkArrived, ticket=ticket, mail=mail.id)
    assert answer["state"] == "accepted"


async def test_others_to_whom_it_goes_do_not_wait_for_the_answer(post: Post) -> None:
    ticket = await severe(post)
    await post.world.ask("anna", AddPerson, ticket=ticket, address=GUEST)
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    await settled(post.world, mail, {PRIYA: BROKE, GUEST: Outcome("deferred", "451 Later")}, PROOF.total_seconds())
    assert await waited(post, mail) is False
    asked = await now_is(post.world, mail)
    assert [each.address for each in asked.waiting] == [GUEST] and await is_wished(post, mail)
    await settled(post.world, asked, {GUEST: Outcome("accepted")})
    assert (await now_is(post.world, mail)).asked_at is not None


async def asked_by_mail(post: Post) -> list[str]:
    """To whom mails of the desk went that ask."""
    return sorted(each.recipient.partition("@")[0] for each in await mails(post.world, "alarm:in_doubt"))


async def test_the_owner_reads_of_it_by_mail_and_others_where_nobody_decides(post: Post) -> None:
    ticket, _ = await in_question(post)
    heard = post.world.listen("agent:lena", "agent:petra")
    await post.world.due()
    assert await asked_by_mail(post) == ["anna"]
    assert [frame for frame in heard if frame["type"] == "alarm"] == []
    await post.world.go_on(LATE.total_seconds() + 1)
    assert await asked_by_mail(post) == ["anna", "lena", "paul", "petra"]
    assert {frame["why"] for frame in heard if frame["type"] == "alarm"} == {"in_doubt"}
    assert (await post.found(ticket)).ticket.pooled == 1, "so that the pool may decide"
    await post.world.go_on(2 * LATE.total_seconds())
    assert len(await asked_by_mail(post)) == 4, "once"


async def test_others_are_asked_at_once_where_the_owner_is_not_there(post: Post) -> None:
    ticket = await severe(post)
    mail = await lost(post, await answered(post, ticket))
    await post.world.goes("agent", "anna")
    await post.world.go_on(PROOF.total_seconds())
    assert await waited(post, mail) is False
    await post.world.due()
    assert await asked_by_mail(post) == ["anna", "lena", "paul", "petra"]


async def test_nobody_else_is_asked_once_somebody_decided(post: Post) -> None:
    ticket, mail = await in_question(post)
    await post.world.ask("anna", MarkArrived, ticket=ticket, mail=mail.id)
    await post.world.go_on(LATE.total_seconds() + 1)
    assert await asked_by_mail(post) == ["anna"]


async def test_of_what_is_not_severe_the_pool_is_not_called(post: Post) -> None:
    ticket = await severe(post, 4)
    mail = await lost(post, await answered(post, ticket))
    assert await waited(post, mail) is True
    mail = await lost(post, mail)
    assert await waited(post, mail) is False
    await post.world.go_on(LATE.total_seconds() + 1)
    assert await asked_by_mail(post) == ["anna", "lena"] and (await post.found(ticket)).ticket.pooled == 0


# What they say ----------------------------------------------------------------------------------------------------


async def test_send_again_hands_the_same_mail_over_once_more(post: Post) -> None:
    ticket, mail = await in_question(post)
    before = await now_is(post.world, mail)
    answer = await post.world.ask("anna", SendAgain, ticket=ticket, mail=mail.id)
    assert (answer["ticket"], answer["mail"], answer["state"]) == (ticket, mail.id, "queued")
    after = await now_is(post.world, mail)
    assert (after.sha256, after.message_id) == (before.sha256, before.message_id)
    assert after.asked_at is None and await is_wished(post, mail)
    assert (await post.world.summary("anna", ticket))["in_doubt"] == 0
    assert await audited(post) == [("anna", "mail_sent_again", ticket)]
    last = [each for each in await post.world.events(f"{ticket}/i") if each["kind"] == "mail"][-1]
    assert (last["by"]["id"], last["data"]["decided"], last["data"]["asked_at"]) == ("anna", "again", None)
    with pytest.raises(Conflict, match="decided already"):
        await post.world.ask("anna", SendAgain, ticket=ticket, mail=mail.id)


async def test_sent_again_and_lost_again_it_is_asked_again(post: Post) -> None:
    ticket, mail = await in_question(post)
    await post.world.ask("anna", SendAgain, ticket=ticket, mail=mail.id)
    mail = await lost(post, mail)
    assert await waited(post, mail) is False
    assert (await now_is(post.world, mail)).asked_at is not None


async def test_it_arrived_counts_from_the_end_of_the_try_that_left_it_open(post: Post) -> None:
    ticket = await severe(post)
    mail = await lost(post, await answered(post, ticket))
    [ended] = [each.at for each in mail.recipients]
    assert ended == micros(post.world.clock.now())
    await waited(post, mail)
    await post.world.go_on(60 * 60)
    await post.world.ask("anna", MarkArrived, ticket=ticket, mail=mail.id)
    arrived = await now_is(post.world, mail)
    assert (arrived.state, arrived.accepted_at, arrived.vouched_by) == ("accepted", ended, "anna")
    assert [each.at for each in arrived.recipients] == [ended]
    assert arrived.asked_at is None and not await is_wished(post, mail)
    assert await audited(post) == [("anna", "mail_marked_arrived", ticket)]
    last = [each for each in await post.world.events(f"{ticket}/i") if each["kind"] == "mail"][-1]
    assert (last["by"]["id"], last["data"]["vouched"]["name"]) == ("anna", "Anna Kovács")
    assert [each["state"] for each in await told(post.world, ticket)][-1] == "accepted"
    with pytest.raises(Conflict):
        await post.world.ask("anna", SendAgain, ticket=ticket, mail=mail.id)


async def test_a_bounce_still_withdraws_what_somebody_said_had_arrived(post: Post) -> None:
    ticket, mail = await in_question(post)
    await post.world.ask("anna", MarkArrived, ticket=ticket, mail=mail.id)
    await post.world.desk.run(
        "bounced", lambda work: posting.bounced(work, mail.id, PRIYA, "5.1.1 No such user", delayed=False)
    )
    assert (await now_is(post.world, mail)).state == "bounced"
    assert (await post.world.summary("anna", ticket))["status"] == "open"


async def test_nobody_decides_of_a_mail_that_is_in_no_question_or_not_theirs_to_see(post: Post) -> None:
    ticket = await severe(post)
    mail = await lost(post, await answered(post, ticket))
    for verb in (SendAgain, MarkArrived):
        with pytest.raises(Conflict):
            await post.world.ask("anna", verb, ticket=ticket, mail=mail.id)
        with pytest.raises(NotFound):
            await post.world.ask("anna", verb, ticket=ticket, mail="nothing")
    await waited(post, mail)
    other = await post.lands(letter("two"))
    for verb in (SendAgain, MarkArrived):
        with pytest.raises(NotFound):
            await post.world.ask("anna", verb, ticket=other, mail=mail.id)
        with pytest.raises((NotFound, Forbidden)):
            await post.world.ask("adam", verb, ticket=ticket, mail=mail.id)
        with pytest.raises(BadRequest):  # contacts have no such verb
            await post.world.ask("priya", verb, ticket=ticket, mail=mail.id)
    assert (await now_is(post.world, mail)).asked_at is not None


# What settles it --------------------------------------------------------------------------------------------------


async def came_back(post: Post, mail: Mail) -> None:
    await post.world.desk.run("copy", lambda work: posting.proven(work, mail.id))


async def test_a_copy_that_comes_late_settles_it_and_withdraws_the_question(post: Post) -> None:
    ticket, mail = await in_question(post)
    [ended] = [each.at for each in (await now_is(post.world, mail)).recipients]
    await came_back(post, mail)
    settled = await now_is(post.world, mail)
    assert (settled.state, settled.asked_at, settled.accepted_at, settled.vouched_by) == ("accepted", None, ended, None)
    assert (await post.world.summary("anna", ticket))["in_doubt"] == 0
    assert (await told(post.world, f"{ticket}/i"))[-1]["asked_at"] is None


async def test_a_copy_that_comes_before_the_second_try_has_begun_makes_it_needless(post: Post) -> None:
    ticket, mail = await in_question(post)
    await post.world.ask("anna", SendAgain, ticket=ticket, mail=mail.id)
    await came_back(post, mail)
    assert (await now_is(post.world, mail)).state == "accepted" and not await is_wished(post, mail)


async def test_a_bounce_of_it_settles_it_too_and_a_delay_proves_that_a_server_has_it(post: Post) -> None:
    ticket, mail = await in_question(post)
    await post.world.desk.run(
        "delayed", lambda work: posting.bounced(work, mail.id, PRIYA, "4.4.1 No answer yet", delayed=True)
    )
    assert (await now_is(post.world, mail)).state == "accepted"
    assert (await post.world.summary("anna", ticket))["in_doubt"] == 0


async def test_where_sent_mail_is_filed_it_is_looked_for_while_somebody_is_asked(post: Post) -> None:
    ticket = await severe(post)
    mail = await lost(post, await answered(post, ticket))
    assert await waited(post, mail, looks=True) is False
    assert await is_wished(post, mail)
    await post.world.go_on(timedelta(hours=2).total_seconds())
    assert await waited(post, mail, looks=True) is False
    assert (await now_is(post.world, mail)).asked_at is not None and await is_wished(post, mail)


async def test_who_is_in_hand_alone_is_on_the_way(post: Post) -> None:
    ticket = await severe(post)
    await post.world.ask("anna", AddPerson, ticket=ticket, address=GUEST)
    mail = await answered(post, ticket)

    def begins(work: Work) -> None:
        posting.begin(work, mail.id, "<m@d>", "0" * 64, [GUEST])

    await post.world.desk.run("begin", begins)
    states: dict[str, Any] = {each.address: each.state for each in (await now_is(post.world, mail)).recipients}
    assert states == {PRIYA: "queued", GUEST: "sending"}


async def test_whoever_is_handed_the_ticket_decides(post: Post) -> None:
    ticket, mail = await in_question(post)
    await post.world.ask("anna", SetStatus, ticket=ticket, status="open")
    await post.world.ask("anna", Transfer, ticket=ticket, to="petra", owner=True)
    await post.world.due()
    ring = await post.world.ring_of("petra")
    assert ring and (await post.world.summary("petra", ticket))["in_doubt"] == 1
    answer = await post.world.ask("petra", SendAgain, ticket=ticket, mail=mail.id)
    assert answer["state"] == "queued"
