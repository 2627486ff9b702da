"""Events of streams: in order, without gap or twin, whatever got lost on the way."""

from __future__ import annotations

import asyncio

import pytest

from live.base import Published
from tests.sockets.conftest import House
from tests.support.eventually import calm


async def test_ok_comes_before_the_event_on_the_sending_socket(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    rid = await line.request("say", ticket="T", body="hello")
    first, second = await line.next(), await line.next()
    assert (first["type"], first["rid"], first["seq"]) == ("ok", rid, 1)
    assert (second["type"], second["seq"], second["data"]["rid"]) == ("event", 1, rid)


async def test_everyone_on_the_stream_gets_the_same_bytes(house: House) -> None:
    house.desk.ticket("T", "vera", "anna")
    vera, tab, anna = await house.ready(), await house.ready(), await house.agent()
    await anna.until("ready")
    await vera.request("say", ticket="T", body="hello")
    events = [await line.until("event") for line in (vera, tab, anna)]
    assert events[0] == events[1] == events[2]


async def test_a_contact_never_gets_the_internal_stream(house: House) -> None:
    house.desk.ticket("T", "vera", "anna")
    vera, anna = await house.ready(), await house.agent()
    await anna.until("ready")
    house.desk.say("T/i", "a note")
    house.desk.say("T", "a message")
    assert (await anna.until("event"))["stream"] == "T/i"
    assert (await vera.until("event"))["stream"] == "T"
    await vera.send({"type": "resume", "resume": {"T/i": 0}})
    refused = await vera.until("error")
    assert (refused["code"], refused["stream"], refused["rid"]) == ("not_found", "T/i", None)


@pytest.mark.parametrize("missing", [0, 1, 99, 100, 101, 500])
async def test_resume_brings_exactly_what_is_missing_then_resumed(house: House, missing: int) -> None:
    house.desk.ticket("T", "vera")
    for _ in range(3 + missing):
        house.desk.write("T")
    line = await house.ready(resume={"T": 3}, epoch="epoch-1")
    resumed = await line.until("resumed")
    assert line.seqs("T") == list(range(4, 4 + missing))
    assert (resumed["stream"], resumed["seq"]) == ("T", 3 + missing)
    house.desk.say("T")
    assert (await line.until("event"))["seq"] == 4 + missing


async def test_more_than_500_behind_gets_a_reset_with_the_last_50(house: House) -> None:
    house.desk.ticket("T", "vera")
    for _ in range(501):
        house.desk.write("T")
    line = await house.ready(resume={"T": 0}, epoch="epoch-1")
    reset = await line.until("reset")
    assert (reset["stream"], reset["seq"]) == ("T", 501)
    assert [event["seq"] for event in reset["snapshot"]["events"]] == list(range(452, 502))
    assert line.seqs("T") == []
    house.desk.say("T")
    assert (await line.until("event"))["seq"] == 502


@pytest.mark.parametrize(("epoch", "after"), [("epoch-0", 1), (None, 1), ("epoch-1", 99)])
async def test_a_cursor_of_another_epoch_or_from_the_future_gets_a_reset(
    house: House, epoch: str | None, after: int
) -> None:
    house.desk.ticket("T", "vera")
    house.desk.write("T")
    house.desk.write("T")
    line = await house.ready(resume={"T": after}, epoch=epoch)
    assert (await line.until("reset"))["seq"] == 2


async def test_a_ticket_that_is_not_resumed_is_followed_from_now(house: House) -> None:
    house.desk.ticket("T", "vera")
    house.desk.write("T")
    line = await house.ready()
    house.desk.say("T")
    assert (await line.until("event"))["seq"] == 2


async def test_a_stream_one_may_not_follow_is_not_found(house: House) -> None:
    house.desk.ticket("T", "vera")
    house.desk.ticket("S", "somebody")
    line = await house.ready(resume={"S": 0, "unknown": 0, "T": 0}, epoch="epoch-1")
    await line.until("resumed")
    refused = [frame for frame in line.got if frame["type"] == "error"]
    assert [(frame["code"], frame["stream"]) for frame in refused] == [("not_found", "S"), ("not_found", "unknown")]
    house.desk.say("S")
    house.desk.say("T")
    assert (await line.until("event"))["stream"] == "T"


async def test_a_gap_in_the_fan_out_is_filled_from_the_record(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    house.desk.say("T")
    for _ in range(3):
        house.desk.write("T", "committed, its publish got lost")
    house.desk.say("T")
    await line.until(lambda frame: frame.get("seq") == 5)
    assert line.seqs("T") == [1, 2, 3, 4, 5]


async def test_a_lost_last_event_is_found_by_the_next_heartbeat(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    house.desk.write("T", "committed, its publish got lost")
    assert (await line.until("event"))["seq"] == 1
    heartbeat = await line.until("heartbeat")
    assert heartbeat["heads"] == {"T": 1}


async def test_twins_and_stragglers_of_the_fan_out_are_dropped(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    items = [house.desk.write("T") for _ in range(4)]
    house.live.publish([items[0], items[1], items[0], items[3], items[2], items[3], items[1]])
    await line.until(lambda frame: frame.get("seq") == 4)
    house.desk.say("T")
    await line.until(lambda frame: frame.get("seq") == 5)
    assert line.seqs("T") == [1, 2, 3, 4, 5]


async def test_events_during_a_replay_come_after_it_in_order(house: House) -> None:
    house.desk.ticket("T", "vera")
    for _ in range(400):
        house.desk.write("T")
    line = await house.contact(resume={"T": 0}, epoch="epoch-1")
    for _ in range(50):
        house.desk.say("T")
        await asyncio.sleep(0)
    resumed = await line.until("resumed")
    while line.seqs("T")[-1] < 450:
        await line.until("event")
    assert line.seqs("T") == list(range(1, 451))
    assert resumed["seq"] >= 400


async def test_a_press_is_sent_from_its_first_event_and_other_tabs_get_inbox(house: House) -> None:
    tab, other = await house.ready(), await house.ready()
    await tab.request("press")
    await tab.until("ok")
    await tab.until(lambda frame: frame.get("seq") == 2 and frame["type"] == "event")
    assert tab.seqs("ticket-of-vera") == [1, 2]
    inbox = await other.until("inbox")
    assert inbox["ticket"] == "ticket-of-vera"
    await calm()
    assert other.seqs("ticket-of-vera") == []
    await other.send({"type": "resume", "resume": {"ticket-of-vera": 0}})
    await other.until("resumed")
    assert other.seqs("ticket-of-vera") == [1, 2]


async def test_a_ticket_that_is_viewed_is_followed_until_one_looks_away(house: House) -> None:
    house.desk.ticket("T")
    house.desk.write("T")
    anna = await house.agent()
    await anna.until("ready")
    await anna.request("view", ticket="T", on=True)
    await anna.until("ok")
    house.desk.say("T")
    assert (await anna.until("event"))["seq"] == 2
    await anna.request("view", ticket="T", on=False)
    await anna.until("ok")
    house.desk.say("T")
    house.desk.ticket("S", "anna")
    await anna.send({"type": "resume", "resume": {"S": 0}})
    await anna.until("resumed")
    assert anna.seqs("T") == [2]


async def test_who_loses_the_right_gets_nothing_more(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    house.desk.tickets["vera"] = []
    house.live.publish([Published(("contact:vera",), b"T", kind="unfollow")])
    house.desk.say("T")
    await line.send({"type": "resume", "resume": {"T": 0}})
    assert (await line.until("error"))["code"] == "not_found"
    assert line.seqs("T") == []


@pytest.mark.parametrize("told", [True, False], ids=["told", "live lost it"])
async def test_an_agent_whom_a_ticket_concerns_no_more_gets_nothing_more_of_it(house: House, told: bool) -> None:
    for ticket in ("T", "S"):
        house.desk.ticket(ticket, "anna")
    anna = await house.agent()
    await anna.until("ready")
    house.desk.tickets["anna"] = ["S"]
    if told:
        house.live.publish([Published(("agent:anna",), b"T", kind="rights")])
    else:
        house.clock.offset += 54
        await anna.send({"type": "pong"})
    told_of = {(await anna.until("error"))["stream"], (await anna.until("error"))["stream"]}
    for stream in ("T", "T/i", "S"):
        house.desk.say(stream)
    await anna.until(lambda frame: frame.get("stream") == "S")
    assert told_of == {"T", "T/i"} and anna.seqs("T") == anna.seqs("T/i") == []


@pytest.mark.parametrize("who", ["vera", "anna"])
async def test_a_ticket_of_which_live_lost_the_word_is_followed_within_a_minute(house: House, who: str) -> None:
    line = await (house.agent() if who == "anna" else house.contact(who))
    await line.until("ready")
    house.desk.ticket("T", who)
    house.desk.write("T")
    house.clock.offset += 54
    await line.send({"type": "pong"})
    assert (await line.until("event"))["seq"] == 1
    house.desk.say("T")
    await line.until(lambda frame: frame.get("seq") == 2)


async def test_history_gives_the_events_before_a_seq(house: House) -> None:
    house.desk.ticket("T", "vera")
    for _ in range(10):
        house.desk.write("T")
    line = await house.ready()
    rid = await line.request("history", stream="T", before=6, limit=3)
    answer = await line.until("ok")
    assert answer["rid"] == rid
    assert [event["seq"] for event in answer["events"]] == [3, 4, 5]
    await line.request("history", stream="T", before=6, limit=101)
    assert (await line.until("error"))["field"] == "limit"


async def test_history_gives_fewer_events_rather_than_more_than_a_mebibyte(house: House) -> None:
    house.desk.ticket("T", "vera")
    for _ in range(100):
        house.desk.write("T", "x" * 16_000)
    line = await house.ready()
    await line.request("history", stream="T", before=101, limit=100)
    async with asyncio.timeout(20):
        raw = await line.socket.recv()
        while '"ok"' not in raw[:20]:
            raw = await line.socket.recv()
    assert len(raw) <= 1024 * 1024
    assert '"seq":100' in raw


async def test_what_is_ephemeral_goes_to_those_concerned_and_not_back_to_the_one_who_typed(house: House) -> None:
    house.desk.ticket("T", "vera", "anna")
    vera, anna = await house.ready(), await house.agent()
    await anna.until("ready")
    await vera.send({"type": "typing", "ticket": "T", "on": True})
    assert (await anna.until("typing"))["by"]["id"] == "vera"
    house.live.publish([Published(("T",), b'{"type":"viewers","ticket":"T"}', kind="viewers")])
    house.desk.say("T")
    await vera.until("event")
    assert not [frame for frame in vera.got if frame["type"] in ("typing", "viewers")]


async def test_a_ring_that_got_lost_is_told_with_the_heartbeat(house: House) -> None:
    anna = await house.agent()
    await anna.until("ready")
    house.desk.rings["anna"] = ["r1"]
    assert (await anna.until("ring"))["ring"] == "r1"
    assert (await anna.until("heartbeat"))["rings"] == ["r1"]
    await anna.until("heartbeat")
    assert len([frame for frame in anna.got if frame["type"] == "ring"]) == 1


async def test_one_query_per_beat_serves_all_lines(house: House) -> None:
    for number in range(20):
        house.desk.ticket(f"T{number}", f"p{number}")
    lines = [await house.ready(f"p{number}") for number in range(20)]
    before = house.desk.head_queries
    beats = [await line.until("heartbeat") for line in lines]
    assert house.desk.head_queries - before <= 4
    assert [list(beat["heads"]) for beat in beats] == [[f"T{number}"] for number in range(20)]


async def test_when_the_record_is_away_lines_live_on_and_heal_when_it_is_back(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    house.desk.away = True
    house.desk.write("T")
    house.desk.say("T")
    assert (await line.until("heartbeat"))["now"]
    await line.until("heartbeat")
    house.desk.away = False
    await line.until(lambda frame: frame.get("seq") == 2)
    assert line.seqs("T") == [1, 2]
