"""What is kept of a mail for showing it, and who may look: agents whom its ticket concerns, nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import letters, mail_views, mailing
from desk.mail_views import Named, Part, Shown, View
from desk.requests import AgentSay, SetStatus
from routing.errors import NotFound
from store import erasing
from store.engine import Connection
from store.files import File
from store.schema import event, mail_item
from tests.desk.conftest import NewWorld
from tests.desk.post import BOX, PRIYA, Post, item_of, letter, opened
from tests.support.world import NIGHT


async def rid_of(post: Post, ticket: str) -> str:
    [*_, last] = [each for each in await post.world.events(ticket) if each["kind"] == "message"]
    return str(last["data"]["rid"])


async def seen(post: Post, who: str, id: str) -> Shown:
    signed = await post.world.signed(who)
    return await post.world.record.read(lambda connection: mail_views.may_see(connection, signed, id))


async def view_of(post: Post, id: str) -> View:
    return await post.world.record.read(lambda connection: mail_views.view_of(connection, id))


async def test_the_named_agent_and_a_lead_see_a_mail_and_nobody_else(post: Post) -> None:
    id = await rid_of(post, str(await post.lands(letter())))
    assert (await seen(post, "anna", id)).mail.sender == PRIYA
    for name in ("petra", "clara", "priya"):
        with pytest.raises(NotFound):
            await seen(post, name, id)
    with pytest.raises(NotFound):
        await seen(post, "anna", "nothing")


async def test_what_was_kept_comes_back_with_the_files_of_its_message(post: Post) -> None:
    part = Part("logo.png", "image/png", "image/png", 4, "a" * 64, "logo@x", True)
    view = View((Named("", "x@larkfield.example"),), quote="> old", html="<p>x</p>", remote=("u",), parts=(part,))
    file = File("f1", "logo.png", "image/png", 4, "a" * 64, None, "")
    id = await rid_of(post, str(await post.lands(letter(files=(file,), view=mail_views.packed(view)))))
    shown = await seen(post, "anna", id)
    assert await view_of(post, id) == view
    told = mail_views.described(shown, view)
    assert (told["quote"], told["html"], told["remote"]) == ("> old", True, 1)
    assert [each["file"] for each in told["files"]] == ["f1"]


async def test_of_a_mail_that_could_not_be_read_there_is_where_its_bytes_are(post: Post) -> None:
    mail = await post.stored()
    bad = replace(letters.unreadable(mail, "took more than 5 s"), sender=PRIYA)
    await post.world.desk.run("mail", lambda work: mailing.land(work, BOX, mail, bad))
    item = await post.world.record.read(lambda connection: item_of(connection, mail.id))
    assert item is not None
    shown = await seen(post, "anna", item.id)
    assert (shown.mail.kind, shown.mail.sha256) == ("unreadable", mail.sha256)
    assert await view_of(post, item.id) == mail_views.EMPTY


async def test_a_ticket_says_when_the_clock_of_its_earliest_unanswered_mail_starts(new_world: NewWorld) -> None:
    post = await opened(await new_world(start=NIGHT))
    world = post.world
    ticket = str(await post.lands(letter()))

    async def starts() -> Any:
        return (await world.summary("anna", ticket))["starts_at"]

    first = await starts()
    assert first == "2026-03-05T08:00:00.000000Z"
    world.clock.move(timedelta(hours=1))
    await post.lands(letter("two", tokens=(ticket,)))
    assert await starts() == first
    await world.ask("anna", AgentSay, ticket=ticket, body="a note", visibility="internal")
    assert await starts() == first
    await world.ask("anna", AgentSay, ticket=ticket, body="We look at it.", anyway=True)
    assert await starts() is None
    await post.lands(letter("three", tokens=(ticket,)))
    assert await starts() == first
    await world.ask("anna", SetStatus, ticket=ticket, status="solved")
    assert await starts() is None
    await post.lands(letter("four", kind="auto", tokens=(ticket,)))
    assert await starts() is None
    assert "starts_at" not in await world.summary("priya", ticket)


async def test_of_who_is_erased_nothing_is_left_that_was_shown(post: Post) -> None:
    world = post.world
    named = Named("Priya Raman", PRIYA)
    kept = mail_views.packed(View(quote="> the canary"))
    ticket = str(await post.lands(letter(view=kept, text="the canary")))
    id = await rid_of(post, ticket)
    await post.lands(letter("two", "mei.tan@brightwater.example", tokens=(ticket,), to=(named,), cc=(named,)))
    await world.ask("anna", AgentSay, ticket=ticket, body="We look at it.", anyway=True)

    def erase(connection: Connection) -> str:
        erasing.erase(connection, ["priya"])
        return repr([*connection.all(select(event)), *connection.all(select(mail_item))])

    left = await world.record.write(erase, name="erase")
    assert [each for each in (PRIYA, "Priya Raman", "the canary") if each in left] == []
    assert await view_of(post, id) == mail_views.EMPTY
