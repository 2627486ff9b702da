"""The whole way with a real Postfix and a real Dovecot: out by SMTP, back by LMTP and IMAP, and what is known then."""

from __future__ import annotations

from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours
from mailbox.smtp.endpoint import Limits
from store.outbox import To
from tests.mailbox.round_trip import Round, of
from tests.support.eventually import eventually
from tests.support.postfix import GONE, SLOW

DEAF = Limits(content_s=0, slowest_bytes_s=1e12)
"""Who hears no server's last word."""


async def test_an_answer_comes_to_its_reader_whole(round: Round) -> None:
    reader = round.dovecot.mailbox()
    async with round.runs():
        id = await round.sends(To(f"{reader}@example.org", "Priya Raman"))
        await eventually(lambda: round.office.is_now(id, "accepted"))

        async def came() -> bool:
            return len(await round.lie(reader)) == 1

        await eventually(came)
    [raw] = await round.lie(reader)
    read = parse(raw, Ours(), ())
    assert (read.own_id, read.message_id) == (id, (await round.office.mail(id)).message_id)
    assert read.from_ is not None and read.from_.name == "Anna Kovács, Larkfield"
    assert read.reply.startswith("It runs again.") and read.defects == ()


async def test_what_is_not_known_is_proven_by_the_copy_that_comes_back_and_not_sent_again(round: Round) -> None:
    reader = round.dovecot.mailbox()
    async with round.runs(DEAF):
        id = await round.sends(To(f"{reader}@example.org"))

        async def heard() -> bool:
            return of(await round.office.mail(id), f"{reader}@example.org")[0] == "accepted"

        await eventually(heard)
        assert of(await round.office.mail(id), f"{reader}@example.org")[1] == ""  # nothing that a server said
        round.office.passes(minutes=11)

        async def came() -> bool:
            return len(await round.lie(reader)) >= 1

        await eventually(came)
    assert len(await round.lie(reader)) == 1
    assert await round.tickets() == 1


async def test_a_bounce_of_a_real_server_is_told_on_the_message(round: Round) -> None:
    reader, nobody = round.dovecot.mailbox(), f"nobody@{GONE}"
    async with round.runs():
        id = await round.sends(To(f"{reader}@example.org"), To(nobody, role="cc"))

        async def told() -> bool:
            return of(await round.office.mail(id), nobody)[0] == "bounced"

        await eventually(told)
    mail = await round.office.mail(id)
    assert of(mail, f"{reader}@example.org")[0] == mail.state == "accepted", "who it is to has it"
    state, reason = of(mail, nobody)
    assert state == "bounced" and reason.startswith("5.1.1") and "nobody of that name" in reason
    assert await round.tickets() == 1


async def test_a_delay_that_a_real_server_tells_is_a_reason_and_no_bounce(round: Round) -> None:
    slow = f"priya@{SLOW}"
    async with round.runs():
        id = await round.sends(To(slow))

        async def told() -> bool:
            return of(await round.office.mail(id), slow)[1].startswith("4.4.1")

        await eventually(told)
    assert of(await round.office.mail(id), slow)[0] == "accepted"
    assert await round.tickets() == 1
