"""Frames of strangers: each gets one plain error, nothing of ours inside, and the line lives on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from routing.errors import BadRequest
from server.sockets import frames
from server.sockets.frames import CONTACT, Unread, read_frame
from server.sockets.strict import read_object
from tests.sockets.conftest import House

RID = "5b6a8c7e-0000-4000-8000-000000000000"
SAY = f'{{"type":"say","rid":"{RID}","ticket":"T","body":"x"'

UNREADABLE = [
    "",
    "no json",
    "[]",
    "3",
    "null",
    '"text"',
    "{",
    '{"type":"say"',
    "\ufeff{}",
    SAY + ',"n":NaN}',
    SAY + ',"n":Infinity}',
    SAY + ',"n":-Infinity}',
    SAY + ',"n":1e999}',
    SAY + ',"n":' + "9" * 5000 + "}",
    SAY + ',"n":' + "[" * 20_000 + "]" * 20_000 + "}",
    SAY + ',"n":' + "[" * 30_000,
    SAY + ',"n":' + '{"a":' * 16 + "1" + "}" * 16 + "}",
    SAY + ',"body":"y"}',
    SAY + ',"n":{"a":1,"a":2}}',
    SAY + ',"n":"\\ud800"}',
    SAY + ',"\\udfff":1}',
    SAY + ',"n":"\\u0000"}',
    '{"type":"say","rid":"' + RID + '","ticket":"T","body":"\x00"}',
]
WRONG = [
    (SAY.replace('"x"', "5") + "}", "body"),
    (SAY.replace('"T"', "null") + "}", "ticket"),
    (f'{{"type":"say","rid":"{RID}","ticket":"T"}}', "body"),
    (f'{{"type":"nonsense","rid":"{RID}"}}', "type"),
    (f'{{"type":5,"rid":"{RID}"}}', "type"),
    (f'{{"rid":"{RID}"}}', "type"),
    (f'{{"type":"hello","rid":"{RID}"}}', "type"),
    (f'{{"type":"read","rid":"{RID}","ticket":"T","seq":true}}', "seq"),
    (f'{{"type":"read","rid":"{RID}","ticket":"T","seq":"1"}}', "seq"),
    (f'{{"type":"read","rid":"{RID}","ticket":"T","seq":1.5}}', "seq"),
    (f'{{"type":"read","rid":"{RID}","ticket":"T","seq":{2**31}}}', "seq"),
    (f'{{"type":"history","rid":"{RID}","stream":"T","before":{2**31}}}', "before"),
    (f'{{"type":"resume","rid":"{RID}","resume":{{"T":{2**31}}}}}', "resume"),
    (f'{{"type":"accept","rid":"{RID}","ring":"r"}}', "type"),
    *((SAY + f',"{name}":1}}', name) for name in ("by", "author", "role", "seq", "at")),
]


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
async def test_what_is_no_proper_json_object_is_refused_and_the_line_lives_on(house: House, text: str) -> None:
    line = await house.ready()
    await line.send(text)
    refused = await line.until("error")
    assert refused["code"] == "bad_request"
    assert refused["rid"] is None
    assert_plain(refused["message"])
    await line.until("heartbeat")
    assert house.desk.calls == ["here vera"]


@pytest.mark.parametrize(("text", "field"), WRONG)
async def test_wrong_fields_are_named_and_the_rid_is_echoed(house: House, text: str, field: str) -> None:
    line = await house.ready()
    await line.send(text)
    refused = await line.until("error")
    assert (refused["code"], refused["field"], refused["rid"]) == ("bad_request", field, RID)
    assert_plain(refused["message"])
    assert house.desk.calls == ["here vera"]


def assert_plain(message: str) -> None:
    """One sentence, with nothing of ours in it."""
    assert message.endswith(".")
    for ours in ("`", "$", "Struct", "msgspec", "Traceback", "Error", "expected", "Expected", "str", "int "):
        assert ours not in message


async def test_unknown_fields_are_ignored(house: House) -> None:
    house.desk.ticket("T", "vera")
    line = await house.ready()
    await line.send(SAY + ',"colour":"green"}')
    assert (await line.until("ok"))["rid"] == RID


async def test_binary_frames_are_refused(house: House) -> None:
    line = await house.ready()
    await line.send(b"{}")
    refused = await line.until("error")
    assert (refused["code"], refused["rid"]) == ("bad_request", None)


async def test_a_fault_of_ours_says_unavailable_and_nothing_else(house: House) -> None:
    line = await house.ready()
    rid = await line.request("leave", ticket="T")
    refused = await line.until("error")
    assert (refused["code"], refused["rid"]) == ("unavailable", rid)
    assert refused["retry_s"] > 0
    assert "fault" not in refused["message"]
    await line.until("heartbeat")


async def test_a_refusal_of_the_desk_reaches_the_asker_only(house: House) -> None:
    line, tab = await house.ready(), await house.ready()
    rid = await line.request("say", ticket="unknown", body="x")
    assert (await line.until("error"))["rid"] == rid
    await tab.until("heartbeat")
    assert not [frame for frame in tab.got if frame["type"] == "error"]


async def test_more_than_64_cursors_in_one_resume_are_refused(house: House) -> None:
    line = await house.ready()
    await line.send({"type": "resume", "resume": {f"T{number}": 0 for number in range(65)}})
    assert (await line.until("error"))["code"] == "bad_request"


def test_seq_is_the_clients_own_in_read_resume_and_history() -> None:
    assert read_frame(f'{{"type":"read","rid":"{RID}","ticket":"T","seq":3}}', CONTACT).seq == 3
    assert read_frame('{"type":"resume","resume":{"T":3}}', CONTACT).resume == {"T": 3}
    assert read_frame(f'{{"type":"history","rid":"{RID}","stream":"T","before":3}}', CONTACT).before == 3


def test_escapes_that_are_text_are_text() -> None:
    assert read_object('{"a":"\\ud83d\\ude00 \\\\u0000 \\u00e9"}') == {"a": "😀 \\u0000 é"}
    assert read_object('{"a":' + "[" * 15 + "]" * 15 + "}")


@given(some.text(max_size=200) | some.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_no_text_whatever_does_more_than_be_refused(text: str) -> None:
    try:
        read_frame(text, CONTACT)
    except Unread as unread:
        assert isinstance(unread.error, BadRequest)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
)


@given(
    some.dictionaries(some.sampled_from(["type", "rid", "ticket", "body", "seq", "resume", "on"]), JSON),
    some.sampled_from(["say", "press", "read", "resume", "typing", "history"]),
)
def test_no_object_whatever_does_more_than_be_refused(fields: dict[str, object], verb: str) -> None:
    try:
        frame = read_frame(json.dumps(fields | {"type": verb}), CONTACT)
    except Unread as unread:
        frames.encode(json.loads(frames.refused(unread.rid, unread.error)))
    else:
        assert type(frame).__struct_config__.tag == verb
