"""Who wrote, to whom, when, in answer to what, and what our own servers say of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.parsing.addresses import addresses
from mailbox.parsing.defects import Defects
from mailbox.parsing.parsed import Address, Ours
from tests.mailbox.parsing.making import HEAD, mail, read

LISTS: dict[str, list[tuple[str, str]]] = {
    "jana@Brightwater.Example": [("", "jana@brightwater.example")],
    "Jana Malá <jana@b.example>": [("Jana Malá", "jana@b.example")],
    '"Malá, Jana" <jana@b.example>, petra@b.example': [("Malá, Jana", "jana@b.example"), ("", "petra@b.example")],
    '"Mal\\"á" <jana@b.example>': [('Mal"á', "jana@b.example")],
    "jana@b.example (Jana (Printers) Malá)": [("Jana (Printers) Malá", "jana@b.example")],
    "=?utf-8?q?Jana_Mal=C3=A1?= <jana@b.example>": [("Jana Malá", "jana@b.example")],
    '"=?utf-8?q?Mal=C3=A1=2C?= Jana" <jana@b.example>': [("Malá, Jana", "jana@b.example")],
    "undisclosed-recipients:;": [],
    "Printers: jana@b.example, Petra <petra@b.example>;, last@b.example": [
        ("", "jana@b.example"),
        ("Petra", "petra@b.example"),
        ("", "last@b.example"),
    ],
    "<@relay.example,@other.example:jana@b.example>": [("", "jana@b.example")],
    '"jana malá"@b.example': [("", '"jana malá"@b.example')],
    "'jana@b.example' <jana@b.example>": [("'jana@b.example'", "jana@b.example")],
    "Boss <boss@b.example> <evil@x.example>": [("Boss", "evil@x.example")],
    "MAILER-DAEMON": [("", "MAILER-DAEMON")],
    "Jana Malá": [],
    "<>": [],
    ",,;": [],
    "jana@b.example; petra@b.example": [("", "jana@b.example"), ("", "petra@b.example")],
    "Jana <jana @ b.example>": [("Jana", "jana@b.example")],
    "Jana <jana@b.example": [("Jana", "jana@b.example")],
    "jana@büro.example": [("", "jana@büro.example")],
}


@pytest.mark.parametrize("value", LISTS)
def test_addresses_are_read_as_programs_write_them(value: str) -> None:
    assert [(one.name, one.address) for one in addresses(value, Defects())] == LISTS[value]


@given(st.text(alphabet='ab@.,;:<>()"\\ =?', max_size=60) | st.text(max_size=60))
@settings(deadline=None)
def test_no_list_of_addresses_is_a_failure(value: str) -> None:
    for one in addresses(value, Defects()):
        assert one.address
        assert not set(one.address) & set("\r\n<>")


def test_everybody_it_was_sent_to_is_named_once() -> None:
    found = mail(
        To="a@x.example, A <A@x.example>",
        Cc="b@x.example",
        Bcc="c@x.example",
        Delivered_To="a@x.example",
        X_Original_To="d@x.example",
        Envelope_To="e@x.example",
    )
    assert found.recipients == (
        "a@x.example",
        "A@x.example",
        "b@x.example",
        "c@x.example",
        "d@x.example",
        "e@x.example",
    )
    assert found.cc == (Address("", "b@x.example"),)


def test_the_head_is_taken_apart() -> None:
    found = mail(
        Sender="Office <office@b.example>",
        Reply_To="c.1-abc@desk.example",
        Subject="Re: Printers",
        In_Reply_To="Your message <m.2@desk.example> of today",
        References="<m.1@desk.example>\r\n\t<m.2@desk.example> <m.1@desk.example>",
    )
    assert found.from_ == Address("Jana", "jana@brightwater.example")
    assert found.sender == Address("Office", "office@b.example")
    assert found.reply_to == (Address("", "c.1-abc@desk.example"),)
    assert found.message_id == "<1@brightwater.example>"
    assert found.in_reply_to == "<m.2@desk.example>"
    assert found.references == ("<m.1@desk.example>", "<m.2@desk.example>")
    assert found.date == datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert found.defects == ()


def test_of_many_references_the_newest_stay() -> None:
    found = mail(References=" ".join(f"<{number}@x>" for number in range(80)))
    assert (len(found.references), found.references[-1], found.references[0]) == (50, "<79@x>", "<30@x>")


DATES = {
    "Fri, 27 Nov 2026 10:00:00 +0100": "2026-11-27T09:00:00+00:00",
    "27 Nov 2026 10:00 GMT": "2026-11-27T10:00:00+00:00",
    "Fri, 27 Nov 2026 10:00:00 -0000": "2026-11-27T10:00:00+00:00",
    "Fri, 27 Nov 2026 10:00:00 (CET)": "2026-11-27T10:00:00+00:00",
    "Fri, 27 Nov 26 10:00:00 EST": "2026-11-27T15:00:00+00:00",
    "yesterday": None,
    "": None,
    "Fri, 99 Nov 2026 10:00:00 +0100": None,
    "Fri, 27 Nov 1066 10:00:00 +0100": None,
    "Fri, 27 Nov 9999 23:59:59 -9999": None,
    "0 0 0 0 0": None,
}


@pytest.mark.parametrize("value", DATES)
def test_a_date_is_read_or_there_is_none(value: str) -> None:
    found = read(f"Date: {value}\r\n\r\n".encode())
    assert (found.date.isoformat() if found.date else None) == DATES[value]
    assert ("Date unreadable" in found.defects) == (DATES[value] is None)


def test_what_is_missing_is_told() -> None:
    assert read(b"\r\nHello.").defects == ("no From", "no Date", "no Message-ID")
    assert read(b"From: ?\r\nFrom: a@b.c, d@e.f\r\n\r\n").defects[0] == "several in From"


OURS = Ours(authservs=("mx.desk.example",), relays=("mx.desk.example", "in.desk.example"))
PASS = "mx.desk.example; dkim=pass header.d=brightwater.example; dmarc=pass (p=NONE) header.from=brightwater.example"
RESULTS = {
    "pass": ([PASS], "pass"),
    "pass with a version": ([PASS.replace(";", " 1;", 1)], "pass"),
    "fail": ([PASS.replace("dmarc=pass", "dmarc=fail")], "fail"),
    "none said": (["mx.desk.example; spf=pass"], "none"),
    "no check at all": ([], "none"),
    "another server": ([PASS.replace("mx.desk.example", "mx.evil.example")], "none"),
    "our name below another's": (["mx.evil.example; dmarc=fail", PASS], "pass"),
    "a forged one below ours": ([PASS.replace("dmarc=pass", "dmarc=fail"), PASS], "fail"),
    "pass for another domain": ([PASS.replace("header.from=b", "header.from=evil-b")], "none"),
    "pass in a comment": (["mx.desk.example; spf=none (dmarc=pass header.from=brightwater.example)"], "none"),
    "pass in a reason": (['mx.desk.example; spf=none reason="; dmarc=pass header.from=brightwater.example"'], "none"),
    "temporary error": ([PASS.replace("dmarc=pass", "dmarc=temperror")], "none"),
    "noise": (["=?;;;(((", "mx.desk.example"], "none"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_sender_is_proven_by_our_own_server_only(name: str) -> None:
    values, result = RESULTS[name]
    head = "".join(f"Authentication-Results: {value}\r\n" for value in values).encode()
    assert read(head + HEAD + b"\r\n", OURS).dmarc == result


def test_two_authors_are_not_proven_by_one_pass() -> None:
    head = f"Authentication-Results: {PASS}\r\nFrom: jana@brightwater.example, boss@x.example\r\n\r\n"
    assert read(head.encode(), OURS).dmarc == "none"
    assert read(head.encode().replace(b", boss@x.example", b"\r\nFrom: boss@x.example"), OURS).dmarc == "none"


def test_when_it_came_is_what_the_first_of_our_servers_says() -> None:
    fields = (
        "Received: from in.desk.example by mx.desk.example; Fri, 27 Nov 2026 10:00:09 +0100\r\n"
        "Received: from out.b.example (by evil.example) by in.desk.example (Postfix) with ESMTPS\r\n id 7; Fri, 27 Nov 2026 10:00:05 +0100\r\n"
        "Received: by mx.b.example; Fri, 27 Nov 2026 08:00:00 +0100\r\n"
        "Received: by mx.desk.example; Fri, 27 Nov 2026 07:00:00 +0100\r\n"
    )
    found = read(fields.encode() + HEAD + b"\r\n", OURS)
    assert found.received_at == datetime(2026, 11, 27, 9, 0, 5, tzinfo=UTC)
    assert found.hops == 4
    assert read(fields.encode() + HEAD + b"\r\n").received_at is None


def test_a_mail_that_goes_round_is_told() -> None:
    found = read(b"Received: by a; x\r\n" * 51 + HEAD + b"\r\n")
    assert (found.hops, found.defects) == (51, ("went through more than 50 servers",))


def test_the_same_mail_has_the_same_key_by_whichever_way_it_came() -> None:
    plain = HEAD + b"Subject: Printers\r\n\r\nHello.\r\n"
    copies = [
        b"Received: by a; x\r\nDelivered-To: b@x\r\nReturn-Path: <c@x>\r\n" + plain,
        plain.replace(b"\r\n", b"\n"),
        plain + b"\r\n",
        plain.replace(b"Subject: ", b"subject:\r\n\t"),
        b"From jana@x Fri Nov 27 10:00:00 2026\n" + plain,
    ]
    assert {read(copy).key for copy in copies} == {read(plain).key}
    others = [
        plain.replace(b"Hello", b"Hallo"),
        plain.replace(b"<1@", b"<2@"),
        plain.replace(b"Printers", b"Phones"),
        plain.replace(b"jana@", b"jane@"),
        plain.replace(b"10:00", b"10:01"),
    ]
    assert len({read(each).key for each in (plain, *others)}) == 6


def test_message_ids_that_a_program_encoded_are_read() -> None:
    found = read(
        b"From: a@b.example\nMessage-ID: =?utf-8?q?=3Cone=40b=2Eexample=3E?=\n"
        b"In-Reply-To: =?utf-8?q?=3Cm=2Eabc=2Ede?=\n =?utf-8?q?f-ghi=40desk=2Eexample=3E?=\n"
        b"References: <first@b.example> =?utf-8?q?=3Cm=2Eabc=2Edef-ghi=40desk=2Eexample=3E?=\n\nx\n"
    )
    assert found.message_id == "<one@b.example>"
    assert found.in_reply_to == "<m.abc.def-ghi@desk.example>"
    assert found.references == ("<first@b.example>", "<m.abc.def-ghi@desk.example>")
