"""Rights that a change of the configuration takes away: the lines of whom it concerns are looked at at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from desk.administration import Administration
from desk.administration.answering import Answering
from desk.administration.buttons import drafted
from desk.administration.contacts import ContactDraft
from live.base import Published
from store import buttons
from tests.support.world import BUTTON, World

Taking = Callable[[World, Administration], Awaitable[None]]


async def coordinator(world: World, admin: Administration) -> None:
    await admin.contacts.change(None, "owen", ContactDraft("Owen Hughes", "owen.hughes@brightwater.example"))


async def button(world: World, admin: Administration) -> None:
    kept = await world.record.read(lambda connection: buttons.find(connection, BUTTON))
    assert kept is not None
    await admin.buttons.change(None, BUTTON, replace(drafted(kept), active=False))


async def stand_in(world: World, admin: Administration) -> None:
    await admin.customers.name(None, "brightwater", Answering("anna", ("ben",)))


async def named(world: World, admin: Administration) -> None:
    await admin.customers.name(None, "brightwater", Answering("ben", ("jana",)))


@pytest.mark.parametrize(
    ("take", "topic", "code"),
    [
        (coordinator, "contact:owen", b"4410"),
        (button, f"button:{BUTTON}", b"4410"),
        (stand_in, "agent:jana", b"4401"),
        (named, "agent:anna", b"4401"),
    ],
)
async def test_lines_of_whom_a_right_is_taken_are_looked_at_and_nobody_elses(
    world: World, admin: Administration, take: Taking, topic: str, code: bytes
) -> None:
    told: list[tuple[tuple[str, ...], bytes]] = []

    def receive(item: Published) -> None:
        if item.kind == "revoked":
            told.append((item.topics, item.frame))

    everybody = [f"agent:{each}" for each in ("anna", "ben", "jana", "lena", "petra")]
    for each in {*everybody, "contact:owen", "contact:priya", f"button:{BUTTON}"}:
        world.live.follow(each, receive)
    await take(world, admin)
    await world.due()
    assert told == [((topic,), code)]
