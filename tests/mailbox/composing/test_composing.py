"""What is composed reads as what was meant: by our own reader, by Python's, and by the rules of the wire."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.composing.compose import Draft, Quote, compose
from mailbox.composing.fields import OddAddress, Person
from mailbox.composing.parts import Enclosed
from mailbox.parsing.attachments import clean_name
from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Ours, Parsed

AT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
ID = "<m.abc.def-ghi@larkfield.example>"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
ANNA = Person("Anna Kovács, Larkfield", "support@larkfield.example")
PRIYA = Person("Priya Raman", "priya@brightwater.example")


def draft(**changed: Any) -> Draft:
    given: dict[str, Any] = {
        "id": "mail-1",
        "message_id": ID,
        "sender": ANNA,
        "to": (PRIYA,),
        "subject": "Rates",
        "text": "Hello Priya,\n\nit works again.",
        "created_at": AT,
    }
    return Draft(**(given | changed))


def read(made: Draft) -> Parsed:
    return parse(compose(made), Ours(), ())


def parts(made: Draft) -> list[email.message.EmailMessage]:
    parsed = email.message_from_bytes(compose(made), policy=email.policy.default)
    assert isinstance(parsed, email.message.EmailMessage)
    return [part for part in parsed.walk() if isinstance(part, email.message.EmailMessage)]


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn", "Zl", "Zp"], include_characters="\n"), max_size=400
)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn", "Zl", "Zp"]), max_size=120)
addresses = st.from_regex(r"[a-z0-9._+-]{1,20}", fullmatch=True).filter(
    lambda local: not re.search(r"^\.|\.$|\.\.", local)
)
people = st.builds(lambda name, local: Person(name, f"{local}@brightwater.example"), lines, addresses)
files = st.builds(
    lambda name, content: Enclosed(name, "application/octet-stream", content),
    lines,
    st.binary(max_size=300).map(b"\0\0".__add__),
)
drafts = st.builds(
    draft,
    sender=people,
    to=st.lists(people, min_size=1, max_size=4).map(tuple),
    cc=st.lists(people, max_size=3).map(tuple),
    subject=lines,
    text=texts,
    signature=texts,
    quote=st.none() | st.builds(lambda name, text: Quote(name, AT, text), lines, texts),
    files=st.lists(files, max_size=3).map(tuple),
    automatic=st.booleans(),
)


def shown(text: str) -> str:
    """As a reader of lines sees it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


@given(made=drafts)
def test_what_was_composed_is_read_back(made: Draft) -> None:
    raw = compose(made)
    back = parse(raw, Ours(), ())
    assert back.from_ is not None and back.from_.address == made.sender.address
    assert shown(back.from_.name) == shown(made.sender.name[:200])
    assert [person.address for person in back.to] == [person.address for person in made.to]
    assert [person.address for person in back.cc] == [person.address for person in made.cc]
    assert shown(back.subject or "") == shown(made.subject)
    assert (back.message_id, back.date, back.own_id) == (ID, AT, "mail-1")
    assert shown(back.text).startswith(shown(made.text))
    assert shown(made.signature) in shown(back.text)
    assert [each.content for each in back.attachments] == [each.content for each in made.files]
    for kept, meant in zip(back.attachments, made.files, strict=True):
        assert kept.name == (clean_name(meant.name) or "file")
    assert back.defects == ()


@given(made=drafts)
def test_what_goes_over_the_wire_is_ascii_in_lines_that_every_server_takes(made: Draft) -> None:
    raw = compose(made)
    assert raw.isascii() and raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\0" not in raw and compose(made) == raw


@given(made=drafts)
def test_pythons_own_reader_finds_the_same_and_no_defect(made: Draft) -> None:
    whole, *_ = found = parts(made)
    assert [defect for part in found for defect in part.defects] == []
    assert shown(str(whole["Subject"])) == shown(made.subject)
    attached = [part.get_payload(decode=True) for part in whole.iter_attachments()]
    assert attached == [each.content for each in made.files]


@given(text=st.text(max_size=200), name=st.text(max_size=80))
def test_nothing_that_is_written_makes_a_field_of_its_own(text: str, name: str) -> None:
    """Whatever signs there are in what people wrote: line ends, NUL, halves of letters, what looks encoded."""
    evil = f"x\r\nBcc: eva@evil.example\r\n\r\n{text}"
    made = draft(
        subject=evil, sender=Person(f"{name}\nTo: x", ANNA.address), signature=evil, text=evil,
        files=(Enclosed(evil, evil, b"x"),), quote=Quote(evil, AT, evil),
    )  # fmt: skip
    head = compose(made).split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [
        b"Date", b"From", b"To", b"Subject", b"Message-ID", b"X-Vipdesk-Id", b"MIME-Version", b"Content-Type",
    ]  # fmt: skip


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\r", "\0", "\x0b", "\u2028", "\x85"])
@pytest.mark.parametrize("place", ["sender", "to", "cc", "reply_to"])
def test_an_address_that_would_make_a_field_of_its_own_is_refused(place: str, sign: str) -> None:
    evil = f"priya@brightwater.example{sign}Bcc: all@evil.example"
    value = {"sender": Person("", evil), "reply_to": evil}.get(place, (PRIYA, Person("Eva", evil)))
    with pytest.raises(OddAddress, match="holds a line end"):
        compose(draft(**{place: value}))


# Fields ---------------------------------------------------------------------------------------------------------------


def test_the_fields_thread_it_and_only_automatic_mail_says_that_it_is() -> None:
    ancestors = tuple(f"<{number}@brightwater.example>" for number in range(30))
    made = draft(reply_to="support+c.abc-def@larkfield.example", in_reply_to=ancestors[-1], references=ancestors)
    back = read(made)
    assert back.references == ancestors[-20:] and back.in_reply_to == ancestors[-1]
    assert [person.address for person in back.reply_to] == ["support+c.abc-def@larkfield.example"]
    raw = compose(made)
    for name in (b"Auto-Submitted", b"X-Auto-Response-Suppress", b"Precedence", b"List-", b"Bcc"):
        assert name not in raw
    automatic = compose(draft(automatic=True))
    assert b"\r\nAuto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n" in automatic


def test_what_is_answered_stands_last_even_when_nobody_told_its_ancestors() -> None:
    back = read(draft(in_reply_to="<b@x.example>", references=("<b@x.example>", "no id", "<a@x.example>")))
    assert back.references == ("<a@x.example>", "<b@x.example>")


def test_an_address_with_letters_that_not_all_servers_take_is_shown_and_not_written_as_one() -> None:
    raw = compose(draft(to=(Person("Jörg", "jörg@brightwater.example"), Person("", "eva@müller.example"))))
    assert [person.address for person in parse(raw, Ours(), ()).to] == ["eva@xn--mller-kva.example"]
    assert "Jörg jörg@brightwater.example" in str(email.message_from_bytes(raw, policy=email.policy.default)["To"])


def test_a_mail_as_an_attachment_is_a_file() -> None:
    """In base64 it may not be called a mail (RFC 2046, 5.2.1)."""
    *_, attached = parts(draft(files=(Enclosed("old.eml", "message/rfc822", b"From: a\r\n\r\nb"),)))
    assert (attached.get_content_type(), attached.get_filename()) == ("application/octet-stream", "old.eml")


# Text and HTML --------------------------------------------------------------------------------------------------------


def test_the_html_is_the_text_in_paragraphs_with_links_and_nothing_of_it_is_markup() -> None:
    html = read(draft(text="<b>Look</b> at\nhttps://a.example/x_(y)?a=1&b=2.\n\n  & (https://b.example)")).html or ""
    assert "&lt;b&gt;Look&lt;/b&gt; at<br>" in html
    assert 'href="https://a.example/x_(y)?a=1&amp;b=2"' in html and ">https://a.example/x_(y)?a=1&amp;b=2</a>." in html
    assert 'href="https://b.example"' in html and "<p>&nbsp; &amp; (" in html


def test_nothing_in_the_html_is_loaded_from_outside() -> None:
    evil = draft(text="<img src=https://evil.example/x.png>", signature='<link rel="x" href="//e.example">')
    html = parts(evil)[-1].get_content()
    assert not re.search(r"<(img|link|script|style|iframe)|url\(|@import", html)


def test_the_quoted_message_is_below_with_who_and_when_and_the_reader_folds_it() -> None:
    quote = Quote("Priya Raman", datetime(2026, 3, 4, 8, 5, tzinfo=UTC), "It stopped.\n> earlier\n\nThe feed.")
    back = read(draft(quote=quote, signature="Anna", zone="Europe/Bratislava", in_reply_to="<a@b.example>"))
    said = "Priya Raman wrote on 4 March 2026, 09:05 CET:"
    assert back.quote == f"{said}\n> It stopped.\n>> earlier\n>\n> The feed."
    assert back.reply.rstrip() == "Hello Priya,\n\nit works again.\n\n-- \nAnna"
    assert f"<p>{said}</p>\n<blockquote>\n<p>It stopped.<br>\n&gt; earlier</p>" in (back.html or "")


def test_of_a_long_message_the_begin_is_quoted() -> None:
    quote = Quote("Priya", AT, "word " * 10_000)
    assert len(compose(draft(quote=quote))) < 120_000
    assert read(draft(quote=quote)).text.endswith("[…]")


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_lines_end_alike_whoever_wrote_them(newline: str) -> None:
    assert read(draft(text=f"one{newline}two\x00\x07")).text == "one\ntwo"


# Pictures and files ---------------------------------------------------------------------------------------------------


def test_a_picture_that_the_text_names_is_shown_there_and_stays_words_in_the_plain_text() -> None:
    named, other = Enclosed("Graf 1.png", "image/png", PNG), Enclosed("other.png", "image/png", PNG + b"x")
    made = draft(text="Look:\n[picture: Graf 1.png]\nSee?", files=(named, other))
    types = [part.get_content_type() for part in parts(made)]
    assert types == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "image/png",
    ]  # fmt: skip
    back = read(made)
    shown, attached = back.attachments
    assert (shown.inline, attached.inline, attached.name) == (True, False, "other.png")
    assert f'<img src="cid:{shown.content_id}" alt="Graf 1.png">' in (back.html or "")
    assert back.text == "Look:\n[picture: Graf 1.png]\nSee?"


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("[picture: missing.png]", "image/png"),
        ("so [picture: a.png] here", "image/png"),
        ("[picture: a.png]", "image/svg+xml"),
        ("[picture: a.png]", "text/html"),
    ],
)
def test_what_is_no_picture_of_the_mail_stays_words_and_attached(text: str, type: str) -> None:
    made = draft(text=text, files=(Enclosed("a.png", type, b"<x/>"),))
    assert b"cid:" not in compose(made)
    assert [part.get_content_disposition() for part in parts(made)][-1] == "attachment"


def test_a_mail_without_files_has_two_parts_only() -> None:
    assert [part.get_content_type() for part in parts(draft())] == ["multipart/alternative", "text/plain", "text/html"]
