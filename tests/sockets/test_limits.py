"""Bounds: slow readers, floods, sizes, silence. Nobody pays for somebody else."""

from __future__ import annotations

import gc

import pytest
from websockets.frames import Frame, Opcode

from server import serving
from server.sockets import protocol
from server.sockets.buckets import Bucket, Exhausted, Patience, Rate
from server.sockets.outgoing import BEHIND, MOST_BYTES, MOST_FRAMES, Outgoing
from tests.sockets.conftest import House, Line
from tests.support.eventually import eventually

BIG = "x" * 15_000


async def slow_reader(house: House) -> Line:
    """Opened, resuming nothing, and from now on not reading."""
    line = Line(await house.socket(reads_ahead=False))
    await line.send({"type": "hello", "token": "token-slow", "epoch": None, "resume": {}})
    await line.until("ready")
    return line


async def flood(house: House, fast: Line, seconds_seq: int) -> None:
    """Writes until the slow reader's queue must have run over, each event being read by the fast one first."""
    for _ in range(seconds_seq):
        house.desk.say("T", BIG)
        await fast.until("event")


async def test_a_slow_reader_slows_nobody_and_is_told_that_it_is_behind(house: House) -> None:
    house.desk.ticket("T", "slow", "vera")
    slow, fast = await slow_reader(house), await house.ready()
    await flood(house, fast, 1000)
    assert fast.seqs("T") == list(range(1, 1001))
    await slow.until("behind")
    shown = slow.seqs("T")
    assert shown == list(range(1, len(shown) + 1))
    await slow.send({"type": "resume", "resume": {"T": 900}})
    await slow.until("resumed")
    assert slow.seqs("T")[len(shown) :] == list(range(901, 1001))
    house.desk.say("T")
    assert (await slow.until("event"))["seq"] == 1001


async def test_nothing_of_a_stream_comes_between_behind_and_resume(house: House) -> None:
    house.desk.ticket("T", "slow", "vera")
    slow, fast = await slow_reader(house), await house.ready()
    await flood(house, fast, 1000)
    await slow.until("behind")
    before = len(slow.seqs("T"))
    house.desk.say("T")
    heartbeat = await slow.until(lambda frame: frame["type"] == "heartbeat" and frame["heads"].get("T") == 1001)
    assert heartbeat
    assert len(slow.seqs("T")) == before


async def test_a_reader_that_makes_no_progress_for_ten_seconds_is_closed_with_4008(house: House) -> None:
    house.desk.ticket("T", "slow", "vera")
    slow, fast = await slow_reader(house), await house.ready()
    await flood(house, fast, 1000)
    house.clock.offset += 11
    await fast.send({"type": "pong"})
    await eventually(lambda: len(house.sockets.connections) == 1)
    assert await slow.code() == 4008


async def test_a_reader_whose_window_stays_shut_is_dropped_by_the_system(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "TAKES_NOTHING_S", 0.5)
    house.desk.ticket("T", "slow", "vera")
    slow, fast = await slow_reader(house), await house.ready()
    await flood(house, fast, 1000)
    await eventually(lambda: len(house.sockets.connections) == 1)
    assert await slow.code() == 1006


async def test_a_line_that_says_nothing_for_fifteen_seconds_is_dropped(house: House) -> None:
    silent = await house.ready("silent")
    house.clock.offset += 16
    assert await silent.code() == 1006
    await eventually(lambda: not house.sockets.connections)
    assert house.desk.gone == []


def test_a_burst_of_messages_does_not_set_the_collector_off() -> None:
    async def thresholds() -> tuple[int, int, int]:
        return gc.get_threshold()

    before = gc.get_threshold()
    try:
        assert serving.run(thresholds()) == serving.GC_THRESHOLDS
    finally:
        gc.set_threshold(*before)


async def test_any_frame_keeps_a_line_alive(house: House) -> None:
    line = await house.ready()
    for _ in range(4):
        house.clock.offset += 10
        await line.send({"type": "pong"})
        await line.until("heartbeat")
    assert house.sockets.connections


async def test_frames_beyond_the_burst_are_told_to_slow_down(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    rids = [await line.request("say", ticket="T", body=str(number)) for number in range(50)]
    refused = await line.until("error")
    assert refused["code"] == "slow_down"
    assert refused["retry_s"] > 0
    assert refused["rid"] in rids[40:]


async def test_whoever_goes_on_is_closed_with_4029_and_others_are_not(house: House) -> None:
    line, other = await house.ready("flood"), await house.ready()
    for _ in range(200):
        await line.send({"type": "pong"})
    assert await line.code() == 4029
    await other.until("heartbeat")


async def test_a_flood_of_pings_is_closed_with_4029(house: House) -> None:
    line = await house.ready()
    for _ in range(100):
        await line.socket.ping()
    assert await line.code() == 4029


async def test_a_frame_of_more_than_64_kib_closes_with_1009(house: House) -> None:
    line, other = await house.ready("large"), await house.ready()
    await line.send("x" * (64 * 1024 + 1))
    assert await line.code() == 1009
    await other.until("heartbeat")


async def test_a_frame_in_a_hundred_thousand_pieces_closes_with_1009(house: House) -> None:
    line, other = await house.ready("pieces"), await house.ready()
    pieces = [Frame(Opcode.TEXT, b"x", fin=False)] + [Frame(Opcode.CONT, b"x", fin=False)] * 100_000
    line.socket.transport.write(b"".join(piece.serialize(mask=True) for piece in pieces))
    assert await line.code() == 1009
    await other.until("heartbeat")


async def test_text_that_is_not_utf_8_closes_with_1007(house: House) -> None:
    line, other = await house.ready("odd"), await house.ready()
    await line.socket.send(b"\xff\xfe", text=True)
    assert await line.code() == 1007
    await other.until("heartbeat")


@pytest.mark.parametrize("field", ["body"])
async def test_a_body_of_more_than_16_kib_is_too_large_and_one_of_16_kib_is_not(house: House, field: str) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    rid = await line.request("say", ticket="T", **{field: "x" * (16 * 1024 + 1)})
    refused = await line.until("error")
    assert (refused["code"], refused["field"], refused["rid"]) == ("too_large", field, rid)
    await line.request("say", ticket="T", body="ü" * (8 * 1024))
    await line.until("ok")


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(Rate(20, 40), 0.0)
    assert [bucket.take(0.0) for _ in range(40)] == [0.0] * 40
    assert bucket.take(0.0) == pytest.approx(0.05)
    assert bucket.take(0.05) == 0.0
    assert [bucket.take(100.0) for _ in range(41)].count(0.0) == 40


def test_patience_ends_only_for_those_who_go_on() -> None:
    patient = Patience(Rate(20, 40), 0.0)
    for tick in range(10_000):
        patient.take(tick / 21)  # a little too fast, for long
    impatient = Patience(Rate(20, 40), 0.0)
    with pytest.raises(Exhausted):
        for _ in range(81):
            impatient.take(0.0)


def test_the_queue_runs_over_at_256_frames_and_says_behind_once() -> None:
    out = Outgoing()
    assert all(out.event(b"%d" % number) for number in range(MOST_FRAMES))
    assert not out.event(b"one more")
    assert (out.next(), out.next()) == (BEHIND, None)


def test_the_queue_runs_over_at_512_kib() -> None:
    out = Outgoing()
    assert out.event(b"x" * (MOST_BYTES - 1))
    assert out.event(b"x")
    assert not out.event(b"x")
    assert len(out) == 1


def test_answers_survive_the_emptying_in_order() -> None:
    out = Outgoing()
    out.answer(b"ok 1")
    for number in range(MOST_FRAMES - 2):
        out.event(b"%d" % number)
    out.answer(b"ok 2")
    assert not out.event(b"one more")
    assert [out.next() for _ in range(4)] == [b"ok 1", b"ok 2", BEHIND, None]


def test_one_large_answer_alone_fits() -> None:
    out = Outgoing()
    assert out.answer(b"x" * (2 * MOST_BYTES))
    assert out.next() is not None


def test_of_what_is_ephemeral_the_latest_wins_and_comes_after_what_is_durable() -> None:
    out = Outgoing()
    out.whisper(("typing", "T"), b"on")
    out.event(b"event")
    out.whisper(("typing", "T"), b"off")
    assert [out.next() for _ in range(3)] == [b"event", b"off", None]


def test_whispers_are_bounded_and_the_oldest_goes() -> None:
    out = Outgoing()
    for number in range(1000):
        out.whisper(number, b"%d" % number)
    assert len(out) <= MOST_FRAMES
    assert out.next() != b"0"
