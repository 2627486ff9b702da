"""Mail that nobody wrote is told from mail that somebody wrote, by the table in its order."""

from __future__ import annotations

import pytest

from mailbox.parsing.parsed import Kind, Ours
from tests.mailbox.parsing.making import HEAD, mail, multipart, read

LOOP = "X-Vipdesk-Id, and From is our own address"
OURS = Ours(addresses=("desk@desk.example",), bounce_prefixes=("desk+b.",))

SIGNS: dict[str, tuple[dict[str, str], Kind, str | None]] = {
    "nothing": ({}, "human", None),
    "Exchange's wish": ({"X_Auto_Response_Suppress": "All"}, "human", None),
    "said no": ({"Auto_Submitted": "no"}, "human", None),
    "said No with a comment": ({"Auto_Submitted": "No (by hand)"}, "human", None),
    "vacation": ({"Auto_Submitted": "auto-replied"}, "auto", "Auto-Submitted: auto-replied"),
    "vacation of Exim": ({"Auto_Submitted": "auto-replied (vacation)"}, "auto", "Auto-Submitted: auto-replied"),
    "generated": ({"Auto_Submitted": "auto-generated; x=y"}, "auto", "Auto-Submitted: auto-generated"),
    "old reply": ({"X_Autoreply": "yes"}, "auto", "X-Autoreply"),
    "old respond": ({"X_Autorespond": "Away"}, "auto", "X-Autorespond"),
    "old reply from": ({"X_Auto_Reply_From": "a@b.example"}, "auto", "X-Auto-Reply-From"),
    "old vacation": ({"X_Vacation": "yes"}, "auto", "X-Vacation"),
    "old said no": ({"X_Autoreply": "no"}, "human", None),
    "precedence reply": ({"Precedence": "auto_reply"}, "auto", "Precedence: auto_reply"),
    "precedence bulk": ({"Precedence": "Bulk"}, "bulk", "Precedence: bulk"),
    "precedence list": ({"Precedence": "list"}, "bulk", "Precedence: list"),
    "precedence junk": ({"Precedence": "junk"}, "bulk", "Precedence: junk"),
    "precedence first-class": ({"Precedence": "first-class"}, "human", None),
    "list": ({"List_Id": "<x.example>"}, "bulk", "List-ID"),
    "newsletter": ({"List_Unsubscribe": "<mailto:x@x.example>"}, "bulk", "List-Unsubscribe"),
    "campaign": ({"Feedback_ID": "1:2:3"}, "bulk", "Feedback-ID"),
    "empty path": ({"Return_Path": "<>"}, "bounce", "Return-Path: <>"),
    "empty path of a vacation": (
        {"Return_Path": "<>", "Auto_Submitted": "auto-replied"},
        "auto",
        "Auto-Submitted: auto-replied",
    ),
    "empty path of an old vacation": ({"Return_Path": "<>", "X_Autoreply": "yes"}, "auto", "X-Autoreply"),
    "a path": ({"Return_Path": "<jana@brightwater.example>"}, "human", None),
    "Exim's failure": ({"X_Failed_Recipients": "a@b.example"}, "bounce", "X-Failed-Recipients"),
    "bounce address": ({"To": "desk+B.77-abc@desk.example"}, "bounce", "sent to a bounce address"),
    "bounce address of the envelope": (
        {"Delivered_To": "desk+b.77-abc@desk.example"},
        "bounce",
        "sent to a bounce address",
    ),
    "ticket address": ({"To": "desk+c.77-abc@desk.example"}, "human", None),
    "another desk's": ({"X_Vipdesk_Id": "m.77"}, "human", None),
    "a form of a website": ({"From": "desk@desk.example"}, "human", None),
    "vacation of a list": (
        {"Auto_Submitted": "auto-replied", "List_Id": "<x>"},
        "auto",
        "Auto-Submitted: auto-replied",
    ),
}


@pytest.mark.parametrize("more", [b"", b"Return-Path: <>\r\nPrecedence: bulk\r\n"])
def test_what_we_wrote_ourselves_is_known_before_all_other_signs(more: bytes) -> None:
    found = read(b"From: Desk <desk@Desk.Example>\r\nX-Vipdesk-Id: m.77\r\n" + more + b"\r\nHello.\r\n", OURS)
    assert (found.kind, found.auto, found.own_id) == ("loop", LOOP, "m.77")


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_makes_a_kind(name: str) -> None:
    fields, kind, reason = SIGNS[name]
    found = mail("Hello.\n", OURS, (), **fields)
    assert (found.kind, found.auto) == (kind, reason)


@pytest.mark.parametrize(
    ("author", "kind"),
    [
        ("MAILER-DAEMON@mx.example", "bounce"),
        ("Mail Delivery System <mailer-daemon>", "bounce"),
        ("Desk <Desk@Desk.Example>", "human"),
        ("postmaster@mx.example", "human"),
        ("daemon.smith@mx.example", "human"),
    ],
)
def test_who_writes_makes_a_kind(author: str, kind: Kind) -> None:
    assert read(f"From: {author}\r\n\r\nHello.\r\n".encode(), OURS).kind == kind


def test_a_receipt_is_no_bounce_though_its_path_is_empty() -> None:
    notification = (
        "Content-Type: message/disposition-notification\r\n\r\nDisposition: automatic-action/MDN-sent; displayed"
    )
    assert multipart("report", "\r\nRead.", notification, Return_Path="<>").kind == "receipt"
    assert multipart("mixed", "\r\nRead.", notification, Return_Path="<>").kind == "receipt"
    assert multipart("mixed", "\r\nWhat is this?", notification).kind == "human", "somebody shows what they got"


def test_an_invitation_is_by_somebody_unless_it_says_otherwise() -> None:
    invitation = HEAD + b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"
    assert (read(invitation).kind, read(invitation).auto) == ("calendar", None)
    assert read(b"Auto-Submitted: auto-generated\r\n" + invitation).kind == "auto"
    assert read(b"List-Id: <x>\r\n" + invitation).kind == "calendar"


def test_a_delivery_status_of_a_machine_makes_a_bounce_wherever_it_stands() -> None:
    status = "Content-Type: message/delivery-status\r\n\r\nAction: failed"
    for kind, sign in (("report", {}), ("mixed", {"Return_Path": "<>"}), ("mixed", {"Auto_Submitted": "auto-replied"})):
        found = multipart(kind, "\r\nSorry.", status, **sign)
        assert (found.kind, found.auto) == ("bounce", "delivery-status")


@pytest.mark.parametrize("path", [{}, {"Return_Path": "<jana@brightwater.example>"}])
def test_who_shows_a_delivery_status_is_somebody(path: dict[str, str]) -> None:
    status = "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nAction: failed"
    inner = f"Content-Type: multipart/report; report-type=delivery-status; boundary=i\r\n\r\n--i\r\n{status}\r\n--i--"
    for shown in (status, inner):
        found = multipart("mixed", "\r\nProduction is down.", shown, **path)
        assert (found.kind, found.auto, found.reply.strip()) == ("human", None, "Production is down.")
        assert [each.declared for each in found.attachments] == ["message/delivery-status"]
