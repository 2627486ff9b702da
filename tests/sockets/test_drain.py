"""A stop: no new work, what was accepted is committed and answered, everyone is told when to come back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from desk.actors import Signed
from server.sockets.ports import Acknowledge
from tests.sockets.conftest import House
from tests.support.eventually import eventually
from tests.support.kept import PLAIN, UPGRADE, kept


async def test_everyone_is_told_to_move_with_a_delay_and_closed_with_1012(house: House) -> None:
    lines = [await house.ready(f"p{number}") for number in range(5)]
    house.stop.set()
    for line in lines:
        moving = await line.until("moving")
        assert 0 <= moving["retry_ms"] <= 1000
        assert await line.code() == 1012


async def test_work_that_was_accepted_is_committed_and_answered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    entered, go_on = asyncio.Event(), asyncio.Event()
    perform = house.desk.perform

    async def slow(signed: Signed, request: Any, acknowledge: Acknowledge) -> None:
        entered.set()
        await go_on.wait()
        await perform(signed, request, acknowledge)

    monkeypatch.setattr(house.desk, "perform", slow)
    rid = await line.request("say", ticket="T", body="accepted")
    await entered.wait()
    late = await line.request("say", ticket="T", body="came too late")
    house.stop.set()
    await eventually(lambda: house.sockets.draining)
    go_on.set()
    assert (await line.until("ok"))["rid"] == rid
    await line.until("moving")
    assert await line.code() == 1012
    assert len(house.desk.streams["T"]) == 1
    assert not [frame for frame in line.got if frame.get("rid") == late]


async def test_while_it_drains_nobody_new_comes_in(house: House) -> None:
    await house.ready()
    house.stop.set()
    await eventually(lambda: house.sockets.draining)
    with pytest.raises(Exception, match=r"503|refused|Connect call failed"):
        await house.socket()


async def test_who_comes_to_a_desk_that_drains_is_told_so_and_alarms_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(signed: Signed, request: Any, acknowledge: Acknowledge) -> None:
        entered.set()
        await go_on.wait()
        acknowledge({})

    monkeypatch.setattr(house.desk, "perform", slow)
    line = await house.ready()
    await line.request("say", ticket="T", body="holds the drain up")
    await entered.wait()
    async with kept(house.port) as late:
        assert (await late.ask(PLAIN, "/"))[0] == 404
        house.stop.set()
        await eventually(lambda: house.sockets.draining)
        assert await late.ask(UPGRADE, "/ws/contact", house.url) == (503, "The desk is moving.")
        go_on.set()
        assert await line.code() == 1012
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_drain_takes_nobody_for_gone(house: House) -> None:
    line = await house.ready()
    house.stop.set()
    await line.code()
    assert house.desk.gone == []
    assert (await house.live.present("contact")).people == {"vera"}
