"""Odd mails of the real world, that packages ship for tests of their own, and mails that nobody would write."""

from __future__ import annotations

import email
import email.headerregistry
import email.message
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbox.parsing.parsed import Parsed
from tests.mailbox.parsing.making import read
from tests.mailbox.parsing.test_bounces import SHAPES
from tests.support import services
from tests.support.running import ROOT

CORPORA = {"Python's": ("test_email/data/msg_*", 40), "Mailman's": ("*.eml", 10), "SpamAssassin's": ("sample-*.txt", 2)}


@pytest.fixture
def corpus(request: pytest.FixtureRequest) -> Callable[[str], list[Path]]:
    def found(name: str) -> list[Path]:
        pattern, least = CORPORA[name]
        files = sorted((ROOT / ".services" / "mails").rglob(pattern))
        if len(files) < least:
            services.missing.note(f"{name} odd mails", request.node.nodeid)
            pytest.skip(f"{name} odd mails are not here")
        return files

    return found


@pytest.mark.parametrize("name", CORPORA)
def test_odd_mails_are_read_without_a_failure(name: str, corpus: Callable[[str], list[Path]]) -> None:
    for file in corpus(name):
        found = read(file.read_bytes())
        assert found.text or found.attachments or found.defects, file


@pytest.mark.parametrize("name", CORPORA)
def test_what_the_standard_library_reads_of_them_is_read(name: str, corpus: Callable[[str], list[Path]]) -> None:
    """Subject and number of parts, where it reads the mail without complaint itself."""
    compared = 0
    for file in corpus(name):
        raw = file.read_bytes()
        standard = email.message_from_bytes(raw, policy=email.policy.compat32)
        if any(part.defects for part in standard.walk()) or standard.get_content_type() == "text/plain":
            continue
        found = read(raw)
        assert (found.message_id is None) == (standard["message-id"] is None), file
        leaves = [
            part for part in _leaves(standard) if not part.get_content_type().startswith(("text/plain", "text/html"))
        ]
        assert len(found.attachments) >= len(leaves), file
        compared += 1
    assert compared or name == "SpamAssassin's"


def _leaves(message: email.message.Message) -> list[email.message.Message]:
    """As we count them: a mail in a mail is one part."""
    if message.get_content_maintype() != "multipart":
        return [message]
    parts = message.get_payload()
    assert isinstance(parts, list)
    return [leaf for part in parts if isinstance(part, email.message.Message) for leaf in _leaves(part)]


def assert_sound(found: Parsed) -> None:
    """Whatever it is made of, it can be kept and sent on as text."""
    words = [
        found.text,
        found.reply,
        found.quote,
        found.subject or "",
        found.html or "",
        *found.defects,
        *found.recipients,
    ]
    words += [one.name for one in found.attachments] + [one.type for one in found.attachments]
    for each in words:
        assert each.encode("utf-8").decode("utf-8") == each
        assert "\0" not in each
    assert found.reply.endswith(found.signature)
    assert len(found.defects) <= 40


@given(st.binary(max_size=2_000))
@settings(deadline=None)
def test_no_bytes_are_a_failure(raw: bytes) -> None:
    assert_sound(read(raw))


PIECES = st.sampled_from(
    [
        b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Content-Type: ", b"Content-Disposition: ", b"Message-ID: ", b"References: ",
        b"Content-Transfer-Encoding: ", b"Authentication-Results: ", b"Received: ", b"Auto-Submitted: ", b"Final-Recipient: ",
        b"multipart/mixed; boundary=b", b"multipart/alternative; boundary=b", b"multipart/report; boundary=b", b"text/html", b"text/plain; charset=", b"text/calendar; method=REPLY",
        b"message/rfc822", b"message/delivery-status", b"image/png; name*0*=utf-8''%", b"base64", b"quoted-printable", b"x-uuencode",
        b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"--b", b"--b--", b"\r\n--b\r\n", b" ", b"\t", b";", b'"', b"\\", b"(", b")", b"<", b">", b"@", b",", b":", b"=",
        b"=?utf-8?q?", b"=?utf-8?b?", b"?=", b"a@b.c", b"<1@x>", b"Fri, 27 Nov 2026 10:00:00 +0100", b"\0", b"\xff", b"\xc5\xbe", "\u202e".encode(),
        b"<p>", b"<a href=http://x.example>", b"<img src=cid:a>", b"</", b"<!--", b"> quoted", b"On 2026-01-01 10:00 a@b.c wrote:", b"-- ",
        b"BEGIN:VCALENDAR", b"BEGIN:VEVENT", b"UID:1", b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.c", b"Action: failed", b"Status: 5.1.1",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=4), max_size=60).map(b"".join))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_that_looks_like_a_mail_is_a_failure(raw: bytes) -> None:
    assert_sound(read(raw))


@given(
    st.sampled_from([raw for raw, _ in SHAPES.values()]),
    st.integers(0, 3_000),
    st.integers(0, 3_000),
    st.binary(max_size=3),
)
@settings(max_examples=300, deadline=None)
def test_a_damaged_mail_is_no_failure(raw: str, start: int, stop: int, instead: bytes) -> None:
    content = raw.encode()
    assert_sound(read(content[:start] + instead + content[max(start, stop) :]))


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=40)
LINES = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=("Cc", "Cs", "Zl", "Zp"),
        include_characters="\n",
        exclude_characters="\ufeff\x85",
    ),
    max_size=200,
)


@given(WORDS, WORDS, LINES, st.binary(max_size=100), st.sampled_from(["8bit", "quoted-printable", "base64"]))
@settings(max_examples=150, deadline=None)
def test_what_a_program_writes_is_read_as_it_was_meant(
    name: str, subject: str, text: str, content: bytes, encoding: str
) -> None:
    written = EmailMessage(policy=email.policy.SMTP)
    written["From"] = email.headerregistry.Address(name, "jana", "brightwater.example")
    written["Subject"] = subject
    written.set_content(text, cte=encoding)
    written.add_attachment(content, maintype="application", subtype="x-dump", filename="dump.bin")
    found = read(written.as_bytes())
    assert found.from_ is not None
    assert found.from_.address == "jana@brightwater.example"
    assert " ".join(found.from_.name.split()) == " ".join(name.split())
    assert found.subject is not None
    assert found.subject.split() == subject.split()
    assert found.text.rstrip("\n") == text.rstrip("\n")
    assert [(one.name, one.content) for one in found.attachments] == [("dump.bin", content)]
