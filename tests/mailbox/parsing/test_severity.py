"""Words by which a mail is offered to the pool at once, in the languages that customers write."""

from __future__ import annotations

import pytest

from tests.mailbox.parsing.making import mail

WRITTEN = {
    "Production is down": 1,
    "OUTAGE in Vienna": 1,
    "Nobody can log in since eight": 1,
    "Sev 1: mail": 1,
    "P1 please": 1,
    "We have lost all data, data loss": 1,
    "Totalausfall im Lager": 1,
    "Der Server ist komplett ausgefallen": 1,
    "Bei uns geht nichts mehr": 1,
    "Die Produktion steht still": 1,
    "Výpadok systému": 1,
    "vypadku systemu": 1,
    "Nikto sa nemôže prihlásiť": 1,
    "Havária skladu": 1,
    "Urgent: printers": 2,
    "The shop can\u2019t work with it": 2,
    "Dringend, bitte": 2,
    "eine dringende Störung": 2,
    "Das Formular funktioniert nicht": 2,
    "Súrne!": 2,
    "Tlačiareň nefunguje": 2,
    "kritická chyba": 2,
    "Invoice for November": None,
    "Download the new price list": None,
    "Could you shut down the old server on Friday?": None,
    "Bitte um Rückruf": None,
    "Prosím o zmenu mena": None,
    "P11 is the room": None,
}


@pytest.mark.parametrize("words", WRITTEN)
def test_a_word_offers_a_severity(words: str) -> None:
    for found in (mail(Subject=words), mail(f"Hello,\n{words}\n")):
        assert next((each.severity for each in found.urgencies), None) == WRITTEN[words]


def test_words_of_what_is_quoted_offer_nothing() -> None:
    body = "Thank you.\n\nOn 4 Mar 2026, at 10:12, Anna <anna@desk.example> wrote:\n\n> If it is urgent, call us.\n"
    assert mail(body).urgencies == ()


def test_the_graver_word_comes_first_and_each_once() -> None:
    found = mail("urgent urgent\noutage\n", Subject="Urgent")
    assert [(each.severity, each.word) for each in found.urgencies] == [(1, "outage"), (2, "urgent")]
