"""From the handshake to `ready`: who may come in, and what they are told first."""

from __future__ import annotations

import asyncio
import gc

import pytest
from websockets.exceptions import InvalidStatus
from websockets.server import ServerProtocol

from desk.actors import Signed
from live.base import Published
from server.openings import HttpProtocol
from server.sockets.connection import Connection
from server.sockets.protocol import SocketProtocol
from tests.sockets.conftest import House, Line
from tests.support.eventually import eventually


@pytest.mark.parametrize("origin", [None, "https://elsewhere.example", "null"])
@pytest.mark.parametrize("audience", ["contact", "agent"])
async def test_an_absent_or_foreign_origin_is_refused_before_the_accept(
    house: House, origin: str | None, audience: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await house.socket(audience, origin=origin)
    assert refused.value.response.status_code == 403


async def test_the_subprotocol_is_agreed_and_compression_is_not(house: House) -> None:
    socket = await house.socket()
    assert socket.subprotocol == "vipdesk.1"
    assert socket.response is not None
    assert "Sec-WebSocket-Extensions" not in socket.response.headers


async def test_ready_comes_first_and_names_you_your_tickets_and_the_epoch(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.contact()
    ready = await line.next()
    assert ready["type"] == "ready"
    assert ready["epoch"] == "epoch-1"
    assert ready["you"]["id"] == "vera"
    assert [ticket["ticket"] for ticket in ready["tickets"]] == ["T"]
    assert ready["now"].endswith("Z")
    assert "internal_seq" not in ready["tickets"][0]
    assert {"rings", "offers", "heartbeat_s"} <= set(ready)


async def test_an_agent_comes_in_with_cookie_and_csrf(house: House) -> None:
    house.desk.rings["anna"] = ["r1"]
    ready = await (await house.agent()).next()
    assert [ring["ring"] for ring in ready["rings"]] == ["r1"]


@pytest.mark.parametrize("hello", [{"token": "wrong"}, {"token": None}, {}])
async def test_whoever_is_not_signed_in_is_closed_with_4401(house: House, hello: dict[str, str]) -> None:
    line = Line(await house.socket())
    await line.send({"type": "hello", "resume": {}} | hello)
    assert await line.code() == 4401


async def test_an_agent_without_the_csrf_of_the_session_is_closed_with_4401(house: House) -> None:
    line = await house.agent(csrf="guess")
    assert await line.code() == 4401


@pytest.mark.parametrize(
    "first",
    [
        "no json",
        "[]",
        '{"type":"say"}',
        '{"type":"hello","resume":{"T":"x"}}',
        '{"type":"hello","resume":{"T":-1}}',
        '{"type":"hello","resume":3}',
        '{"type":"hello","token":5}',
        b"binary",
        '{"type":"hello","resume":{' + ",".join(f'"T{n}":0' for n in range(65)) + "}}",
    ],
)
async def test_a_bad_opening_is_closed_with_4400(house: House, first: str | bytes) -> None:
    line = Line(await house.socket())
    await line.send(first)
    assert await line.code() == 4400


async def test_without_hello_the_line_is_closed_with_4408(house: House) -> None:
    assert await Line(await house.socket()).code() == 4408


async def test_the_ninth_line_of_a_person_costs_the_oldest_idle_one(house: House) -> None:
    lines = [await house.ready() for _ in range(8)]
    await lines[0].request("leave", ticket="T")
    await lines[0].until("error")
    ninth = await house.ready()
    assert await lines[1].code() == 4409
    await ninth.request("leave", ticket="T")
    await ninth.until("error")
    assert len(house.sockets.connections) <= 9


async def test_a_dozen_lines_of_a_person_that_come_at_once_cost_all_but_eight(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, go, contact = 0, asyncio.Event(), house.desk.contact

    async def together(token: str) -> Signed | None:
        nonlocal arrived
        arrived += 1
        await go.wait()
        return await contact(token)

    monkeypatch.setattr(house.desk, "contact", together)
    for _ in range(12):
        await house.contact()
    await eventually(lambda: arrived == 12)
    go.set()
    await eventually(lambda: len(house.sockets.connections) == 8)


async def test_lines_of_other_people_do_not_count(house: House) -> None:
    for number in range(10):
        await house.ready(f"person{number}")
    assert len(house.sockets.connections) == 10


@pytest.mark.parametrize("code", [4410, 4401, 4403])
async def test_a_revoked_session_loses_its_lines_at_once(house: House, code: int) -> None:
    line = await house.ready()
    other = await house.ready("other")
    house.desk.revoked.add("vera")
    house.live.publish([Published(("contact:vera",), str(code).encode(), kind="revoked")])
    assert await line.code() == code
    await other.until("heartbeat")


async def test_the_end_of_one_session_leaves_the_persons_others_alone(house: House) -> None:
    line = await house.ready()
    house.live.publish([Published(("contact:vera",), b"4410", kind="revoked")])
    await line.until("heartbeat")
    await line.until("heartbeat")
    assert [each.closed for each in house.sockets.connections] == [False]


async def test_an_opening_while_the_record_is_away_is_closed_for_now(house: House) -> None:
    house.desk.ticket("T", "vera")
    house.desk.away = True
    assert await (await house.contact()).code() == 1013
    await eventually(lambda: not house.sockets.connections)


async def test_a_revocation_that_live_lost_is_found_within_a_minute(house: House) -> None:
    line = await house.ready()
    house.desk.revoked.add("vera")
    house.clock.offset += 54  # a beat before the minute is over
    await line.send({"type": "pong"})
    assert await line.code() == 4410


async def test_the_desk_hears_who_comes_and_a_good_bye_on_the_last_line(house: House) -> None:
    first, second = await house.ready(), await house.ready()
    assert house.desk.calls.count("here vera") == 2
    await first.socket.close()
    await eventually(lambda: len(house.sockets.connections) == 1)
    assert house.desk.gone == []
    await second.socket.close()
    await eventually(lambda: house.desk.gone == ["vera"])


async def test_a_line_that_breaks_leaves_its_lease(house: House) -> None:
    line = await house.ready()
    line.socket.transport.abort()
    await eventually(lambda: not house.sockets.connections)
    assert house.desk.gone == []
    assert (await house.live.present("contact")).people == {"vera"}


async def test_a_line_that_is_over_leaves_nothing_to_the_garbage_collector(house: House) -> None:
    parts = (HttpProtocol, SocketProtocol, ServerProtocol, Connection)
    house.desk.ticket("T", "vera")
    gc.collect()
    before = _how_many(parts)
    gc.disable()
    try:
        for leaves in ("with a word", "without"):
            line = await house.ready(resume={"T": 0})
            assert _how_many((HttpProtocol,)) == 0  # it was for the handshake
            if leaves == "with a word":
                await line.socket.close()
            else:
                line.socket.transport.abort()
            await eventually(lambda: not house.sockets.connections)
            await eventually(lambda: _how_many(parts) == before)
    finally:
        gc.enable()


def _how_many(types: tuple[type, ...]) -> int:
    return sum(isinstance(each, types) for each in gc.get_objects())
