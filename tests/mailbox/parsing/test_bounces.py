"""What mail servers say of a mail that did not arrive, in the shapes of the servers that are met."""

from __future__ import annotations

import pytest

from mailbox.parsing.parsed import Bounce
from tests.mailbox.parsing.making import mail, read

RETURNED = "Received: from desk.example by mx.example\nFrom: Anna <desk@desk.example>\nTo: jana@brightwater.example\nMessage-ID: <m.77@desk.example>\nSubject: Re: Printers\n"

POSTFIX = f"""Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: desk+b.77-abc@desk.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4B2F.1/mx.example"

This is a MIME-encapsulated message.

--4B2F.1/mx.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

<jana@brightwater.example>: host mx.brightwater.example[192.0.2.1] said: 550 5.1.1 unknown

--4B2F.1/mx.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4B2F
X-Postfix-Sender: rfc822; desk+b.77-abc@desk.example
Arrival-Date: Fri, 27 Nov 2026 10:00:00 +0100 (CET)

Final-Recipient: rfc822; jana@brightwater.example
Original-Recipient: rfc822;jana@brightwater.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.brightwater.example
Diagnostic-Code: smtp; 550 5.1.1
    unknown

--4B2F.1/mx.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

{RETURNED}
Hello.

--4B2F.1/mx.example--
"""
POSTFIX_DELAY = POSTFIX.replace("Action: failed", "Action: delayed").replace("Status: 5.1.1", "Status: 4.4.1")
POSTFIX_HEADERS = POSTFIX.replace("Content-Type: message/rfc822", "Content-Type: text/rfc822-headers")
EXIM = f"""Return-path: <>
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: desk@desk.example
Auto-Submitted: auto-replied
X-Failed-Recipients: jana@brightwater.example
Subject: Mail delivery failed: returning message to sender
Content-Type: multipart/report; report-type=delivery-status; boundary=1700-eximdsn-1
MIME-Version: 1.0

--1700-eximdsn-1
Content-type: text/plain; charset=us-ascii

A message that you sent could not be delivered to one or more of its recipients.

--1700-eximdsn-1
Content-type: message/delivery-status

Reporting-MTA: dns; mx.example

Action: failed
Final-Recipient: rfc822;jana@brightwater.example
Status: 5.0.0
Remote-MTA: dns; mx.brightwater.example
Diagnostic-Code: smtp; 550 no such user

--1700-eximdsn-1
Content-type: message/rfc822

{RETURNED}
--1700-eximdsn-1--
"""
EXIM_OLD = f"""Return-path: <>
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: desk@desk.example
Auto-Submitted: auto-replied
X-Failed-Recipients: jana@brightwater.example, petra@brightwater.example
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  jana@brightwater.example
    SMTP error from remote mail server after RCPT TO: 550 5.1.1 unknown

------ This is a copy of the message, including all the headers. ------

{RETURNED}
Hello.
"""
OPENSMTPD = f"""From: Mailer Daemon <MAILER-DAEMON@mx.example>
To: desk+b.77-abc@desk.example
Subject: Delivery status notification: error
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="123/mx.example"

This is a MIME-encapsulated message.

--123/mx.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

--123/mx.example
Content-Description: Delivery Report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; jana@brightwater.example
Action: failed
Status: 5.0.0

--123/mx.example
Content-Description: Message headers
Content-Type: text/rfc822-headers

{RETURNED}
--123/mx.example--
"""
EXCHANGE = f"""From: Microsoft Outlook
\t<MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@brightwater.example>
To: <desk@desk.example>
Subject: Undeliverable: Re: Printers
Auto-Submitted: auto-replied
X-MS-Exchange-Message-Is-Ndr:
Content-Type: multipart/report; report-type=delivery-status; boundary="_ex_"
In-Reply-To: <m.77@desk.example>
MIME-Version: 1.0

--_ex_
Content-Type: multipart/alternative; differences=Content-Type; boundary="_in_"

--_in_
Content-Type: text/plain; charset="us-ascii"

Delivery has failed to these recipients or groups:

--_in_
Content-Type: text/html; charset="us-ascii"

<p>Delivery has failed</p>
--_in_--

--_ex_
Content-Type: message/delivery-status

Reporting-MTA: dns;EX1.brightwater.example
Received-From-MTA: dns;mx.example
Arrival-Date: Fri, 27 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822;jana@brightwater.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound

--_ex_
Content-Type: message/rfc822

{RETURNED}
--_ex_--
"""
QMAIL = f"""Return-Path: <>
From: MAILER-DAEMON@mx.example
To: desk@desk.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<jana@brightwater.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{RETURNED}
"""

SHAPES = {
    "Postfix": (
        POSTFIX,
        Bounce("jana@brightwater.example", "5.1.1", "failed", "<m.77@desk.example>", "550 5.1.1 unknown"),
    ),
    "Postfix, delayed": (
        POSTFIX_DELAY,
        Bounce("jana@brightwater.example", "4.4.1", "delayed", "<m.77@desk.example>", "550 5.1.1 unknown"),
    ),
    "Postfix, headers only": (
        POSTFIX_HEADERS,
        Bounce("jana@brightwater.example", "5.1.1", "failed", "<m.77@desk.example>", "550 5.1.1 unknown"),
    ),
    "Exim": (EXIM, Bounce("jana@brightwater.example", "5.0.0", "failed", "<m.77@desk.example>", "550 no such user")),
    "OpenSMTPD": (OPENSMTPD, Bounce("jana@brightwater.example", "5.0.0", "failed", "<m.77@desk.example>", None)),
    "Exchange": (
        EXCHANGE,
        Bounce(
            "jana@brightwater.example",
            "5.1.10",
            "failed",
            "<m.77@desk.example>",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound",
        ),
    ),
    "qmail": (QMAIL, Bounce("jana@brightwater.example", "5.1.1", None, "<m.77@desk.example>", None)),
}


@pytest.mark.parametrize("server", SHAPES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_bounce_is_linked_to_what_bounced(server: str, ends: str) -> None:
    raw, bounce = SHAPES[server]
    found = read(raw.replace("\n", ends).encode())
    assert found.kind == "bounce"
    assert found.bounces == (bounce,)


def test_an_old_bounce_names_every_recipient() -> None:
    found = read(EXIM_OLD.encode())
    assert [(each.recipient, each.status, each.original_message_id) for each in found.bounces] == [
        ("jana@brightwater.example", "5.1.1", "<m.77@desk.example>"),
        ("petra@brightwater.example", "5.1.1", "<m.77@desk.example>"),
    ]


def test_of_several_recipients_the_failed_come_first() -> None:
    more = "Action: delayed\nStatus: 4.2.2\nFinal-Recipient: rfc822; a@x.example\n\nFinal-Recipient: rfc822; jana"
    found = read(POSTFIX.replace("Final-Recipient: rfc822; jana", more).encode())
    assert [(each.recipient, each.action) for each in found.bounces] == [
        ("jana@brightwater.example", "failed"),
        ("a@x.example", "delayed"),
    ]


def test_what_a_forwarder_says_is_of_the_recipient_we_wrote_to() -> None:
    found = read(POSTFIX.replace("Final-Recipient: rfc822; jana@", "Final-Recipient: rfc822; j.mala@").encode())
    assert found.bounces[0].recipient == "jana@brightwater.example"


def test_a_bounce_that_says_nothing_is_still_one() -> None:
    found = mail("Something went wrong.\n", Return_Path="<>", In_Reply_To="<m.77@desk.example>")
    assert found.bounces == (Bounce(None, None, None, "<m.77@desk.example>", None),)


def test_a_version_number_is_no_status() -> None:
    assert mail("Server 15.1.2507.5 at 5.1.1.9\n", Return_Path="<>").bounces[0].status is None


def test_a_mail_that_is_no_bounce_has_none() -> None:
    assert mail("550 5.1.1 is what their server said.\n").bounces == ()
