"""How often sessions and mailed codes are asked for, and codes tried: by one network, and by all of them together."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from live.base import Live
from live.memory import MemoryLive
from live.redis import RedisLive
from routing.errors import BadRequest, Forbidden, SlowDown
from store.engine import InlineRecord
from tests.desk.doors import KEY, OTHER_KEY, PRIYA, Doors
from tests.support.world import World


class Crowd:
    """Asks for sessions at the same button, and says what came of it."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors

    async def asks(self, source: int = 0, **body: str) -> str:
        """From this network: "ok", or the name of the refusal; waits are told."""
        try:
            await self.doors.identity.open_session(KEY, body, f"192.0.2.{source}")
        except SlowDown as error:
            assert error.retry_s is not None and 0 < error.retry_s <= 86400
            return "SlowDown"
        except (Forbidden, BadRequest) as error:
            return type(error).__name__
        return "ok"


@pytest.fixture(params=["memory", "redis"])
async def crowd(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Crowd]:
    """Askers of many networks, on either live; a busy machine makes none of them go on alone."""
    monkeypatch.setattr("live.redis.TIMEOUT_S", 30.0)
    live: Live | None = None
    if request.param == "redis":
        live = RedisLive(request.getfixturevalue("redis_url"), f"test-{secrets.token_hex(4)}")
    record = InlineRecord()
    world = await World.make(record, here=(), live=live)
    yield Crowd(Doors(world))
    await world.live.close()
    await record.close()


async def test_one_network_asks_for_thirty_codes(crowd: Crowd) -> None:
    asked = [await crowd.asks(email=f"a{number}@brightwater.example") for number in range(31)]
    assert asked == ["ok"] * 30 + ["SlowDown"]
    assert await crowd.asks(1, email="a@brightwater.example") == "ok"


async def test_one_network_tries_sixty_codes(crowd: Crowd) -> None:
    for button in range(2):  # of two customers: the limit of one is as large
        for number in range(30):
            with pytest.raises(Forbidden):
                key, body = (KEY, OTHER_KEY)[button], {"email": f"a{number}@x.example", "code": "1"}
                await crowd.doors.identity.open_session(key, body, "192.0.2.1")
    assert await crowd.asks(1, email=PRIYA, code="1") == "SlowDown"
    assert await crowd.asks(2, email=PRIYA, code="1") == "Forbidden"


async def test_one_network_opens_six_hundred_sessions_a_minute(crowd: Crowd) -> None:
    asked = [await crowd.asks(email="@") for _ in range(601)]
    assert asked == ["BadRequest"] * 600 + ["SlowDown"]
    assert await crowd.asks(1, email="@") == "BadRequest"


async def test_wrong_codes_from_many_networks_are_counted_together_and_right_ones_are_not(crowd: Crowd) -> None:
    for _ in range(3):
        crowd.doors.world.clock.move(timedelta(seconds=1))  # so that the mails have an order
        await crowd.asks(200, email=PRIYA)
        assert await crowd.asks(200, email=PRIYA, code=await crowd.doors.code()) == "ok"
    tried = [await crowd.asks(number, email=f"a{number}@brightwater.example", code="1") for number in range(61)]
    assert tried == ["Forbidden"] * 60 + ["SlowDown"]
    known, unknown = [await crowd.asks(100, email=email, code="1") for email in (PRIYA, "no@brightwater.example")]
    assert known == unknown == "SlowDown"


async def test_one_address_gets_ten_codes_a_day_whoever_asks(doors: Doors) -> None:
    crowd = Crowd(doors)
    for email in (PRIYA, "nobody@brightwater.example"):
        asked = []
        for number in range(12):
            asked.append(await crowd.asks(number, email=email))
            doors.world.clock.move(timedelta(minutes=6))
        assert asked == ["ok"] * 10 + ["SlowDown"] * 2
    doors.world.clock.move(timedelta(days=1))
    assert await crowd.asks(1, email=PRIYA) == "ok"


async def test_one_button_mails_two_hundred_codes_an_hour(crowd: Crowd) -> None:
    for _ in range(5):
        await crowd.asks(240, email=PRIYA)  # what an address is refused does not count for the button
    asked = [await crowd.asks(number // 20, email=f"a{number}@brightwater.example") for number in range(198)]
    assert asked == ["ok"] * 197 + ["SlowDown"]


async def test_a_network_is_counted_before_what_it_asks_for(doors: Doors) -> None:
    """Strangers choose addresses: else each would be a bucket, as many as they like."""
    live = doors.world.live
    assert isinstance(live, MemoryLive)
    crowd, kept = Crowd(doors), live._buckets
    for number in range(30):
        assert await crowd.asks(email=f"a{number}@elsewhere.example") == "Forbidden"
    before = len(kept)
    for number in range(50):
        assert await crowd.asks(email=f"b{number}@brightwater.example") == "SlowDown"
    assert len(kept) == before <= 2
