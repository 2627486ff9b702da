"""What somebody passes on is told from what they wrote above it, as mail programs of many languages put it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from mailbox.parsing.parse import parse
from mailbox.parsing.parsed import Forwarded, Ours


def passed_on(text: str, subject: str = "Fwd: Feed stopped") -> Forwarded | None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "anna@larkfield.example", "support@larkfield.example", subject
    mail.set_content(text)
    return parse(mail.as_bytes(), Ours(), ()).forwarded


GMAIL = """Can you take this?

---------- Forwarded message ---------
From: Priya Raman <priya.raman@brightwater.example>
Date: Thu, Nov 26, 2026 at 9:14 AM
Subject: Feed stopped
To: <anna@larkfield.example>


It stopped at nine.

Priya
"""
OUTLOOK = """Bitte übernehmen.

Von: Priya Raman <priya.raman@brightwater.example>
Gesendet: Donnerstag, 26. November 2026 09:14
An: Anna Kovács <anna@larkfield.example>
Betreff: Feed stopped

It stopped at nine.

Priya
"""
APPLE = """Begin forwarded message:

> From: Priya Raman <priya.raman@brightwater.example>
> Subject: Feed stopped
> Date: 26 November 2026 at 09:14:02 CET
> To: anna@larkfield.example
>
> It stopped at nine.
>
> Priya
"""
MAILTO = """-----Original Message-----
From: Priya Raman [mailto:priya.raman@brightwater.example]
Sent: Thursday, November 26, 2026 9:14 AM
To: Anna
Subject: Feed stopped

It stopped at nine.

Priya
"""


@pytest.mark.parametrize(
    ("text", "subject", "note"),
    [
        (GMAIL, "Fwd: Feed stopped", "Can you take this?"),
        (OUTLOOK, "WG: Feed stopped", "Bitte übernehmen."),
        (APPLE, "Fwd: Feed stopped", ""),
        (MAILTO, "FW: Feed stopped", "-----Original Message-----"),
    ],
    ids=["gmail", "outlook de", "apple", "mailto"],
)
def test_what_programs_write_above_is_understood(text: str, subject: str, note: str) -> None:
    found = passed_on(text, subject)
    assert found is not None
    assert (found.author.name, found.author.address) == ("Priya Raman", "priya.raman@brightwater.example")
    assert found.text == "It stopped at nine.\n\nPriya"
    assert (found.subject, found.note) == ("Feed stopped", note)


def test_a_mail_that_is_attached_whole_is_read_with_its_own_head() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Priya <priya.raman@brightwater.example>", "Feed stopped"
    inner["Date"] = "Thu, 26 Nov 2026 09:14:02 +0100"
    inner.set_content("It stopped at nine.")
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "anna@larkfield.example", "look"
    outer.set_content("See below.")
    outer.add_attachment(inner)
    found = parse(outer.as_bytes(), Ours(), ()).forwarded
    assert found is not None and found.date is not None
    assert (found.author.address, found.subject, found.text, found.note) == (
        "priya.raman@brightwater.example", "Feed stopped", "It stopped at nine.", "See below.",
    )  # fmt: skip
    assert found.date.isoformat() == "2026-11-26T08:14:02+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "The log says:\n\nFrom: 10.0.0.1\nTo: 10.0.0.2\n\ndropped",
        "From: the start it was broken.\nWe tried everything.",
        "-------- Forwarded message --------\n\nnothing below",
        "-------- Forwarded message --------\nFrom: nobody at all\nSubject: x\n\ntext",
        "",
    ],
)
def test_what_passes_nothing_on_is_not_taken_for_it(text: str) -> None:
    assert passed_on(text) is None


def test_an_answer_is_no_forward() -> None:
    assert passed_on(OUTLOOK, "AW: Feed stopped") is None
