"""Frames as bytes: reads what a client sent, writes what the sockets answer. Events come ready-made from the desk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from desk.requests import MOST_SEQ, AgentRequest, ContactRequest, Seq
from desk.texts import ENGLISH, say
from routing.errors import BadRequest, DeskError, TooLarge
from server.sockets.strict import read_object

MOST_BODY_BYTES = 16 * 1024
MOST_RESUMED = 64
MOST_OUT_BYTES = 1024 * 1024
SERVER_ONLY = ("by", "author", "role", "seq", "at")
T = TypeVar("T")
Cursor = Annotated[int, Meta(le=MOST_SEQ)]
PONG_TEXT = '{"type":"pong"}'


class Hello(msgspec.Struct, tag="hello", frozen=True):
    """The opening frame of both audiences: `token` is a contact's, `csrf` an agent's."""

    token: str | None = None
    csrf: str | None = None
    epoch: str | None = None
    resume: dict[str, Cursor] = {}
    lang: str = "en"
    zone: str = "UTC"


class Resume(msgspec.Struct, tag="resume", frozen=True):
    """Asks for what came after the given seqs."""

    resume: dict[str, Cursor] = {}


class History(msgspec.Struct, tag="history", frozen=True):
    """Asks for events before a seq."""

    rid: str
    stream: str
    before: Seq
    limit: int = 50


class Typing(msgspec.Struct, tag="typing", frozen=True):
    """Somebody types, or stopped."""

    ticket: str
    on: bool


class Pong(msgspec.Struct, tag="pong", frozen=True):
    """The answer to a heartbeat."""


Wire = Resume | History | Typing | Pong
ContactFrame = ContactRequest | Wire
AgentFrame = AgentRequest | Wire

CONTACT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ContactFrame)
AGENT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(AgentFrame)
PONG = Pong()
_hello = msgspec.json.Decoder(Hello)
_encoder = msgspec.json.Encoder()
_PLACE = re.compile(r"at `\$\.(\w{1,40})")


class Unread(Exception):
    """A frame that cannot be read as a request: what was wrong, and its rid if that much could be read."""

    def __init__(self, rid: str | None, error: DeskError) -> None:
        super().__init__(error.message)
        self.rid = rid
        self.error = error


def read_hello(text: str) -> Hello:
    """Raises BadRequest when it is not a proper opening."""
    read_object(text)
    hello = _typed(text, _hello)
    _check_cursors(hello.resume)
    return hello


def read_frame(text: str, decoder: msgspec.json.Decoder[Any]) -> Any:
    """A frame of one audience. Raises Unread."""
    if text == PONG_TEXT:
        return PONG
    rid = None
    try:
        found = read_object(text)
        rid = _readable_rid(found)
        _check_fields(found)
        frame = _typed(text, decoder)
        if isinstance(frame, Resume):
            _check_cursors(frame.resume)
        return frame
    except DeskError as error:
        raise Unread(rid, error) from None


def _readable_rid(found: dict[str, Any]) -> str | None:
    rid = found.get("rid")
    return rid if isinstance(rid, str) and 0 < len(rid) <= 64 else None


def _check_fields(found: dict[str, Any]) -> None:
    for name in SERVER_ONLY:
        if name in found and not (name == "seq" and found.get("type") == "read"):
            raise BadRequest("Only the desk sets this field.", field=name)
    for name in ("body", "text", "note", "reason"):
        value = found.get(name)
        if isinstance(value, str) and len(value) * 4 > MOST_BODY_BYTES and len(value.encode()) > MOST_BODY_BYTES:
            raise TooLarge("The text is longer than 16 KiB.", field=name)


def _check_cursors(resume: Mapping[str, int]) -> None:
    if len(resume) > MOST_RESUMED:
        raise BadRequest("At most 64 streams can be resumed at once.", field="resume")
    if any(seq < 0 for seq in resume.values()):
        raise BadRequest("A stream is resumed from 0 or later.", field="resume")


def _typed(text: str, decoder: msgspec.json.Decoder[T]) -> T:
    """Read once more, into the type: cheaper than converting what was read."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from None
    except msgspec.DecodeError:
        raise BadRequest("This is not a JSON object.") from None


def _refusal(words: str) -> BadRequest:
    """The parser's words name types of ours: only the field's name goes out."""
    place = _PLACE.search(words)
    missing = re.search(r"missing required field `(\w{1,40})`", words)
    if missing:
        return BadRequest("A field is missing.", field=missing[1])
    elif place and place[1] == "type":
        return BadRequest("There is no request of this type here.", field="type")
    elif place:
        return BadRequest("A field has the wrong type or value.", field=place[1])
    else:
        return BadRequest()


def encode(frame: Mapping[str, Any]) -> bytes:
    """Any frame as the bytes that go out; values may be msgspec.Raw."""
    return _encoder.encode(frame)


def ok(rid: str, answer: Mapping[str, Any]) -> bytes:
    return _encoder.encode({"type": "ok", "rid": rid} | dict(answer))


def refused(rid: str | None, error: DeskError, language: str = ENGLISH, **more: Any) -> bytes:
    """An error frame: code and sentence, and what helps the client."""
    message = say(language, error.msgid, **error.values)
    frame: dict[str, Any] = {"type": "error", "rid": rid, "code": error.code, "message": message}
    if error.field is not None:
        frame["field"] = error.field
    if error.retry_s is not None:
        frame["retry_s"] = error.retry_s
    return _encoder.encode(frame | dict(error.extra) | more)


def fitting(events: list[bytes], budget: int = MOST_OUT_BYTES - 4096) -> list[msgspec.Raw]:
    """The newest of the events that fit into one frame, in order."""
    kept: list[msgspec.Raw] = []
    for event in reversed(events):
        budget -= len(event) + 1
        if budget < 0:
            break
        kept.append(msgspec.Raw(event))
    return kept[::-1]
