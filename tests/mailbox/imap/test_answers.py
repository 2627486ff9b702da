"""Bytes into answers, answers into values: wherever the stream is cut, whatever a server writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.imap import answers, names
from mailbox.imap.reader import Answer, Reader, TooLong
from tests.support.imap_script import mail

STREAM = (
    b"* 1 FETCH (UID 5 BODY[] {7}\r\n)\r\n{9}\r FLAGS (\\Seen))\r\n"
    b"* 2 FETCH (UID 6 BODY[] {0}\r\n)\r\n"
    b"* OK a text that ends like a literal {5}\r\n"
    b"A1 OK done {3}\r\n+ \r\n"
)
WHOLE = [
    [b"* 1 FETCH (UID 5 BODY[] ", b")\r\n{9}\r", b" FLAGS (\\Seen))"],
    [b"* 2 FETCH (UID 6 BODY[] ", b"", b")"],
    [b"* OK a text that ends like a literal {5}"],
    [b"A1 OK done {3}"],
    [b"+ "],
]


def read(*pieces: bytes) -> list[Answer]:
    reader = Reader(1000, 1000)
    return [answer for piece in pieces for answer in reader.feed(piece)]


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_stream_cut_at_any_byte_gives_the_same_answers(cut: int) -> None:
    assert [answer.pieces for answer in read(STREAM[:cut], STREAM[cut:])] == WHOLE


def test_a_stream_that_comes_byte_by_byte_gives_the_same_answers() -> None:
    assert [answer.pieces for answer in read(*(STREAM[at : at + 1] for at in range(len(STREAM))))] == WHOLE


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    try:
        for answer in read(*pieces):
            answers.fetched(answer), answers.listed(answer), answers.uids(answer), answers.count(answer)
            answers.capabilities(answer), answers.personal_prefix(answer), answers.status(answer)
    except TooLong:
        pass


@pytest.mark.parametrize("flood", [b"x" * 1001, b"* 1 FETCH (BODY[] {1001}\r\n"])
def test_what_is_longer_than_we_take_is_refused(flood: bytes) -> None:
    with pytest.raises(TooLong):
        read(flood)


def test_a_mail_is_read_with_its_date_as_an_instant() -> None:
    found = answers.fetched(read(mail(1, 5, b"hello"))[0])
    assert found is not None
    assert (found.uid, found.body) == (5, b"hello")
    assert found.internaldate == datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "uid", "body"),
    [
        (b'* 1 FETCH (UID 5 BODY[] "q \\"(\\\\")', 5, b'q "(\\'),
        (b"* 1 fetch (body[] nil uid 5)", 5, None),
        (b"* 1 FETCH (UID 5 FLAGS (\\Seen $a[b]) MODSEQ (12))", 5, None),
        (b'* 1 FETCH (X-ODD ("(" (")" NIL)) UID 5 BODY[HEADER.FIELDS (A B)]<12> "x")', 5, b"x"),
        (b"* 1 FETCH (UID none BODY[] {1}\r\nx)", None, b"x"),
    ],
)
def test_fetch_answers_are_read_whatever_stands_beside(line: bytes, uid: int | None, body: bytes | None) -> None:
    found = answers.fetched(read(line + b"\r\n")[0])
    assert found is not None
    assert (found.uid, found.body) == (uid, body)


@pytest.mark.parametrize(
    "line", [b"* 1 FETCH ((", b"* 1 FETCH )(", b'* 1 FETCH ("', b"* 1 FETCH", b"* 1 FETCH x", b"*"]
)
def test_what_cannot_be_read_is_no_mail(line: bytes) -> None:
    assert answers.fetched(Answer([line])) is None


def test_brackets_nested_a_hundred_thousand_deep_are_read() -> None:
    deep = b"(" * 100_000 + b")" * 100_000
    assert answers.fetched(Answer([b"* 1 FETCH (UID 5 X " + deep + b")"])) is not None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        (b" 7-jul-2026 02:44:25 +0530", datetime(2026, 7, 6, 21, 14, 25, tzinfo=UTC)),
        (b"07-Jul-2026 02:44:25 +0000", datetime(2026, 7, 7, 2, 44, 25, tzinfo=UTC)),
        (b"31-Dec-2026 23:59:59 -1200", datetime(2027, 1, 1, 11, 59, 59, tzinfo=UTC)),
        (b"31-Feb-2026 00:00:00 +0000", None),
        (b"01-Jan-0001 00:00:00 +2300", None),
        (b"01-Jan-2026 00:00:00 +9999", None),
        (b"01-Foo-2026 00:00:00 +0000", None),
        (b"yesterday", None),
        (None, None),
    ],
)
def test_internaldates_become_instants_or_nothing(text: bytes | None, instant: datetime | None) -> None:
    assert answers.instant(text) == instant


@given(st.text())
def test_any_folder_name_survives_the_wire(name: str) -> None:
    encoded = names.encode(name)
    assert encoded.isascii()
    assert names.decode(encoded.encode()) == name


@pytest.mark.parametrize(
    ("name", "wire"),
    [("Spät & früh", "Sp&AOQ-t &- fr&APw-h"), ("台北", "&U,BTFw-"), ("😀", "&2D3eAA-"), ("INBOX", "INBOX")],
)
def test_folder_names_are_written_in_modified_utf_7(name: str, wire: str) -> None:
    assert names.encode(name) == wire


@pytest.mark.parametrize(("wire", "name"), [(b"Sp\xc3\xa4t", "Spät"), (b"A&B", "A&B"), (b"&A-", "&A-"), (b"\xff", "�")])
def test_folder_names_that_servers_write_otherwise_are_taken_as_they_are(wire: bytes, name: str) -> None:
    assert names.decode(wire) == name
