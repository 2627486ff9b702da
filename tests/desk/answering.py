"""What agents answer by mail in a world, as it is queued, begun and settled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from desk import posting
from desk.posting import Outcome
from desk.requests import AgentSay
from desk.work import Work
from store import jobs, outgoing
from store.outgoing import Mail
from tests.desk.post import Post, letter
from tests.support.world import World


async def mails(world: World, kind: str = "reply") -> list[Mail]:
    found = await world.record.read(outgoing.latest)
    return sorted((mail for mail in found if mail.kind == kind), key=lambda mail: mail.created_at)


async def seq_of(world: World, ticket: str) -> int:
    return len(await world.events(ticket))


async def answered(post: Post, ticket: str, body: str = "It runs again.", **fields: Any) -> Mail:
    """Anna's answer, as it is queued."""
    post.world.clock.move(timedelta(milliseconds=1))
    base = await seq_of(post.world, ticket)
    await post.world.ask("anna", AgentSay, ticket=ticket, body=body, base_seq=base, **fields)
    return (await mails(post.world))[-1]


async def told(world: World, ticket: str, kind: str = "mail") -> list[dict[str, Any]]:
    return [each["data"] for each in await world.events(ticket) if each["kind"] == kind]


async def begun(world: World, mail: Mail) -> Mail | None:
    """Its bytes are made, and it is on its way."""
    found: list[Mail | None] = []
    to = [each.address for each in mail.recipients]
    await world.desk.run(
        "begin", lambda work: found.append(posting.begin(work, mail.id, f"<{mail.id}@d>", "0" * 64, to))
    )
    return found[-1]


async def settled(world: World, mail: Mail, outcomes: dict[str, Outcome], again_s: float | None = None) -> None:
    def verb(work: Work) -> None:
        job = jobs.claim(work.connection, f"send:{mail.id}", work.now)
        assert job is not None
        again = None if again_s is None else world.clock.now() + timedelta(seconds=again_s)
        posting.settle(work, job, mail.id, outcomes, again)

    await world.desk.run("settle", verb)


async def now_is(world: World, mail: Mail) -> Mail:
    found = await world.record.read(lambda connection: outgoing.find(connection, mail.id))
    assert found is not None
    return found


async def under_way(post: Post) -> tuple[str, Mail]:
    """The ticket of a mail, and Anna's answer, which a server is being given."""
    ticket = await post.lands(letter())
    assert ticket is not None
    mail = await answered(post, ticket)
    await post.world.go_on(6)
    await begun(post.world, mail)
    return ticket, mail
