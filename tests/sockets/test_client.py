"""The Python client keeps the client's side of the protocol; these are also whole conversations over the wire."""

from __future__ import annotations

import asyncio
import random

import pytest

from live.base import Published
from server.demo.client import longest_pause_s
from tests.sockets.conftest import House
from tests.support.client import Client, Closed, Credentials, HttpWay, Refusal, SocketWay, Way
from tests.support.eventually import eventually

VERA = Credentials(token="token-vera")
ANNA = Credentials(cookie="session=session-anna", csrf="csrf")


def client(house: House, audience: str = "contact", *, way: type[Way] = SocketWay) -> Client:
    agent = audience == "agent"
    return Client(
        house.url,
        "agent" if agent else "contact",
        ANNA if agent else VERA,
        way=way,
        chance=random.Random(1),
        patience_s=0.05,
    )


def bodies(line: Client, stream: str) -> list[str]:
    return [event["data"]["body"] for event in line.events(stream)]


@pytest.mark.parametrize("way", [SocketWay, HttpWay])
async def test_both_sides_show_the_same_conversation(house: House, way: type[Way]) -> None:
    house.desk.ticket("T", "vera", "anna")
    async with client(house, way=way) as vera, client(house, "agent", way=way) as anna:
        for number in range(10):
            await vera.ask("say", ticket="T", body=f"vera {number}")
            await anna.ask("say", ticket="T", body=f"anna {number}")
        await eventually(lambda: len(vera.events("T")) == len(anna.events("T")) == 20)
        assert bodies(vera, "T") == bodies(anna, "T")


@pytest.mark.parametrize("way", [SocketWay, HttpWay])
async def test_after_a_loss_exactly_what_was_missed_comes(house: House, way: type[Way]) -> None:
    house.desk.ticket("T", "vera")
    async with client(house, way=way) as vera:
        house.desk.say("T", "1")
        await eventually(lambda: len(vera.events("T")) == 1)
        for connection in list(house.sockets.connections):
            connection.transport.abort()
        house.desk.write("T", "2")
        house.desk.write("T", "3")
        await eventually(lambda: bodies(vera, "T") == ["1", "2", "3"])
        assert vera.connections >= 2


async def test_what_was_asked_while_away_goes_out_in_order_afterwards(house: House) -> None:
    house.desk.ticket("T", "vera")
    async with client(house) as vera:
        vera.drop()
        answers = [vera.send("say", ticket="T", body=str(number)) for number in range(30)]
        await asyncio.wait_for(asyncio.gather(*answers), 20)
        await eventually(lambda: len(vera.events("T")) == 30)
        assert bodies(vera, "T") == [str(number) for number in range(30)]


async def test_lost_publishes_heal_on_the_client_too(house: House) -> None:
    house.desk.ticket("T", "vera")
    async with client(house) as vera:
        house.live.publish([house.desk.write("T", "1")])
        house.desk.write("T", "2")
        house.live.publish([house.desk.write("T", "3")])
        house.desk.write("T", "4")
        await eventually(lambda: bodies(vera, "T") == ["1", "2", "3", "4"])


async def test_a_new_ticket_reaches_every_tab(house: House) -> None:
    async with client(house) as vera, client(house) as tab:
        answer = await vera.ask("press")
        await eventually(lambda: len(tab.events(answer["ticket"])) == len(vera.events(answer["ticket"])) == 2)


async def test_a_refusal_is_raised_and_slow_down_is_waited_for(house: House) -> None:
    house.desk.ticket("T", "vera")
    async with client(house) as vera:
        with pytest.raises(Refusal, match="not_found"):
            await vera.ask("say", ticket="unknown", body="x")
        answers = [vera.send("say", ticket="T", body=str(number)) for number in range(60)]
        await asyncio.wait_for(asyncio.gather(*answers), 30)
        await eventually(lambda: len(bodies(vera, "T")) == 60)
        assert sorted(bodies(vera, "T"), key=int) == [str(number) for number in range(60)]


async def test_history_before_the_beginning_is_refused(house: House) -> None:
    house.desk.ticket("T", "vera")
    async with client(house) as vera:
        with pytest.raises(Refusal, match="bad_request"):
            await vera.ask("history", stream="T", before=-1)


async def test_a_reset_starts_anew_behind_its_snapshot(house: House) -> None:
    house.desk.ticket("T", "vera")
    async with client(house) as vera:
        house.desk.say("T", "1")
        await eventually(lambda: len(vera.events("T")) == 1)
        house.desk.epoch = "epoch-2"
        house.desk.streams["T"] = []
        for number in range(3):
            house.desk.write("T", f"restored {number}")
        vera.drop()
        await eventually(lambda: bodies(vera, "T") == ["restored 0", "restored 1", "restored 2"])
        house.desk.say("T", "after")
        await eventually(lambda: len(vera.events("T")) == 4)


@pytest.mark.parametrize("way", [SocketWay, HttpWay])
async def test_a_final_close_ends_it_and_the_desk_waits_for_nobody(house: House, way: type[Way]) -> None:
    async with client(house, way=way) as vera:
        house.desk.revoked.add("vera")
        house.live.publish([Published(("contact:vera",), b"4410", kind="revoked")])
        await eventually(lambda: vera.closed_with == 4410)
        await eventually(lambda: house.desk.gone == ["vera"])
    with pytest.raises(Closed):
        async with Client(house.url, "contact", Credentials(token="wrong"), patience_s=0.05):
            pass


def test_who_was_away_for_long_may_come_later() -> None:
    assert [longest_pause_s(away_s) for away_s in (0, 2, 4, 8, 20, 600)] == [2, 2, 2, 4, 10, 15]
