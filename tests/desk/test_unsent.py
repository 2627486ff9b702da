"""An answer of which nothing left: its writer has it back at any time, or anybody has it tried again."""

from __future__ import annotations

import pytest

from desk.posting import Outcome
from desk.requests import MarkArrived, SendAgain, TakeBack
from routing.errors import Conflict
from store.outgoing import Mail
from tests.desk.answering import answered, now_is, settled, told, under_way
from tests.desk.post import PRIYA, Post, letter

SECONDS_UNTIL_LATE = 15 * 60 + 6


async def failed(post: Post) -> tuple[str, Mail]:
    """An answer that could not be made, so that nothing of it left."""
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket, next="solved")
    await post.world.go_on(6)
    await settled(post.world, mail, {PRIYA: Outcome("bounced", "A file of this mail is not there any more.")})
    return ticket, mail


async def test_what_never_left_is_taken_back_also_later(post: Post) -> None:
    ticket, mail = await failed(post)
    [alarm] = [each for each in await told(post.world, f"{ticket}/i") if each.get("alarm")]
    assert (alarm["alarm"], alarm["left"]) == ("bounced", False)
    await post.world.go_on(600)
    answer = await post.world.ask("anna", TakeBack, ticket=ticket, mail=mail.id)
    assert answer["body"] == "It runs again." and (await now_is(post.world, mail)).state == "withdrawn"
    with pytest.raises(Conflict):
        await post.world.ask("anna", SendAgain, ticket=ticket, mail=mail.id)


async def test_what_never_left_is_tried_again_and_is_an_answer_again(post: Post) -> None:
    ticket, mail = await failed(post)
    starts = (await post.world.summary("anna", ticket))["starts_at"]
    assert starts is not None
    with pytest.raises(Conflict):
        await post.world.ask("lena", MarkArrived, ticket=ticket, mail=mail.id)
    answer = await post.world.ask("lena", SendAgain, ticket=ticket, mail=mail.id)
    assert answer["state"] == "queued" and (await post.world.summary("anna", ticket))["starts_at"] is None
    assert (await told(post.world, f"{ticket}/i"))[-1]["decided"] == "tried"
    await post.world.go_on(SECONDS_UNTIL_LATE)
    alarms = [each["alarm"] for each in await told(post.world, f"{ticket}/i") if each.get("alarm")]
    assert alarms == ["bounced", "late"], "who answers for it hears when that fails too"


async def test_what_bounced_after_it_had_left_is_not_tried_again(post: Post) -> None:
    ticket, mail = await under_way(post)
    await settled(post.world, mail, {PRIYA: Outcome("bounced", "550 5.1.1 No such user")})
    for verb in (SendAgain, TakeBack):
        with pytest.raises(Conflict):
            await post.world.ask("anna", verb, ticket=ticket, mail=mail.id)
