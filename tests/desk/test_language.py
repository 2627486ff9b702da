"""A contact is spoken to in their own language: in the chat, by the button and in refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from desk import texts
from desk.promising import button_state
from desk.requests import Accept, Press
from routing.errors import Conflict, Forbidden
from server.sockets import frames
from tests.support.catalogues import disguised
from tests.support.world import BUTTON, World


class Disguised(NullTranslations):
    """Has every text."""

    def gettext(self, message: str) -> str:
        return disguised(message)


@pytest.fixture(autouse=True)
def slovak() -> Iterator[None]:
    texts.speak({"sk": Disguised()})
    yield
    texts.speak({})


async def test_a_chat_speaks_the_contacts_language(world: World) -> None:
    await world.comes("contact", "priya")
    signed = (await world.signed("priya")).speaking("sk-SK", "Europe/Bratislava")
    answers: list[dict[str, object]] = []
    await world.desk.perform(signed, Press(rid="6f2c1a52-8e0d-4d2e-9b4a-0d6a7c1f3e10"), answers.append)
    ticket = str(answers[0]["ticket"])
    await world.ask("anna", Accept, ring=await world.ring_of("anna"))
    ringing, live = [event["data"]["words"] for event in await world.events(ticket) if event["kind"] == "chat"][-2:]
    assert ringing.startswith(disguised("Ringing {agent}. If {agent} cannot").format(agent="Anna"))
    assert live == disguised("{agent} is here.").format(agent="Anna")
    assert (await world.summary("priya", ticket))["chat"]["words"] == live


async def test_the_button_speaks_the_pages_language(world: World) -> None:
    present = await world.desk.present()

    async def label(language: str | None) -> str:
        found = await world.record.read(
            lambda connection: button_state(connection, BUTTON, world.clock.now(), present, language)
        )
        assert found is not None
        return str(found["label"])

    assert await label("sk") == disguised("{agent} is here").format(agent="Anna")
    assert await label("de") == await label(None) == "Anna is here"


def test_a_refusal_speaks_the_persons_language() -> None:
    said = json.loads(frames.refused(None, Forbidden(), "sk"))["message"]
    assert said == disguised(Forbidden.sentence)


def test_a_refusal_with_a_value_speaks_it_too() -> None:
    error = Conflict("{name} is not available now.", values={"name": "Anna"})
    assert error.message == "Anna is not available now."
    said = json.loads(frames.refused(None, error, "sk"))["message"]
    assert said == disguised("{name} is not available now.").format(name="Anna")
