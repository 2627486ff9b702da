"""Mails made to cost: each is read, cut where it must be, and says so. What they cost is bounded in mailbox.worker."""

from __future__ import annotations

import pytest

from tests.mailbox.parsing.making import HEAD, read

PAGE = HEAD + b"Content-Type: text/html\r\n\r\n"
BOMBS = {
    "recipients": (
        HEAD + b"To: " + b", ".join(b"u%d@example.com" % n for n in range(20_000)) + b"\r\n\r\nx",
        "addresses cut after 1,000",
    ),
    "encoded words": (
        HEAD + b"Subject: " + b" ".join([b"=?utf-8?q?=C3=A1?="] * 100_000) + b"\r\n\r\nx",
        "header field cut",
    ),
    "beginnings of encoded words": (HEAD + b"Subject: " + b"=?utf-8?q?" * 6_000 + b"\r\n\r\nx", ""),
    "parts": (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nhi\r\n" * 50_000 + b"--b--",
        "parts cut after 1,000",
    ),
    "nested parts": (
        HEAD
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1_200))
        + b"\r\nhi",
        "parts nested deeper than 30, kept unread",
    ),
    "nested mails": (HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5_000, ""),
    "nested comments": (HEAD + b"To: " + b"(" * 60_000 + b"\r\n\r\nx", "address unreadable"),
    "quotes in addresses": (HEAD + b"To: " + b'"\\' * 30_000 + b"\r\n\r\nx", "address unreadable"),
    "references": (HEAD + b"References: " + b"<a" * 300_000 + b"\r\n\r\nx", "header field cut"),
    "parameters": (HEAD + b"Content-Type: text/plain" + b"; a*7=b" * 5_000 + b'; x="' * 5_000 + b"\r\n\r\nx", ""),
    "nested div": (PAGE + b"<div>" * 50_000, "HTML nested too deep, not shown"),
    "reopened elements": (
        PAGE + b"".join(b"<b a=%d>" % n for n in range(490)) + b"<p>x" * 100_000,
        "HTML nested too deep, not shown",
    ),
    "angles": (PAGE + b"<" * 400_000, ""),
    "entities": (PAGE + b"&amp" * 100_000, ""),
    "quoted lines": (HEAD + b"\r\n" + b"> x\n" * 200_000, ""),
    "quoted lines with an end": (HEAD + b"In-Reply-To: <a@b>\r\n\r\n" + b"> a\n" * 9_000 + b"b\n", ""),
    "attributions": (HEAD + b"\r\n" + b"On 2026-01-01 10:00 a@b.c wrote:\n>\n" * 5_000, ""),
    "fields in the text": (HEAD + b"\r\n" + b"From: a@b.c 10:00\n" * 60_000, "text cut after 1,000,000 signs"),
    "hyphens": (HEAD + b"\r\n" + b"-- " * 100_000 + b"x\n", ""),
    "a head of 10 MB": (HEAD + b"X: " + b"a" * 10_000_000 + b"\r\n\r\nx", ""),
    "a million fields": (HEAD + b"X: a\r\n" * 1_000_000 + b"\r\nx", "head longer than is read"),
    "a boundary everywhere": (
        HEAD + b"Content-Type: multipart/mixed; boundary=-\r\n\r\n" + b"-" * 20_000_000,
        "boundary stands too often",
    ),
    "48 MB of text": (HEAD + b"\r\n" + b"hello world\r\n" * 3_700_000, "text cut after 4,000,000 bytes"),
    "invitation": (HEAD + b"Content-Type: text/calendar\r\n\r\nATTENDEE" + b';A="a","b"' * 80_000, ""),
    "delivery status": (
        HEAD + b"Content-Type: message/delivery-status\r\n\r\n" + b"Final-Recipient: rfc822; a@b.c\n\n" * 100_000,
        "",
    ),
    "severity words": (HEAD + b"Subject: " + b"nobody can " * 5_000 + b"\r\n\r\n" + b"everything is " * 70_000, ""),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_and_says_where_it_was_cut(name: str) -> None:
    raw, defect = BOMBS[name]
    found = read(raw)
    assert found.message_id == "<1@brightwater.example>"
    assert any(each.startswith(defect) for each in (*found.defects, ""))


def test_a_sent_text_makes_no_bomb_of_an_honest_mail() -> None:
    raw = HEAD + b"\r\n" + b"On 2026-01-01 10:00 a@b.c said:\n> one two three four five six\n" * 5_000
    assert read(raw, sent=("one two three four five six " * 20_000,)).reply
