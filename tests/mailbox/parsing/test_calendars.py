"""Invitations and answers to them: what finds the booking is read, all of it is passed on."""

from __future__ import annotations

from mailbox.parsing.parsed import Attendee, Calendar
from tests.mailbox.parsing.making import HEAD, multipart, read

REPLY = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "METHOD:REPLY",
        "PRODID:Microsoft Exchange Server 2010",
        "VERSION:2.0",
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Bratislava",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        'ATTENDEE;PARTSTAT=ACCEPTED;CN="Malá; Jana: ""x""":mailto:jana@brightwat',
        " er.example",
        "BEGIN:VALARM",
        "UID:early-alarm",
        "ATTENDEE:mailto:pager@x.example",
        "END:VALARM",
        "UID:booking-77@desk.example",
        "SEQUENCE:3",
        "DTSTART;TZID=Europe/Bratislava:20261127T100000",
        "BEGIN:VALARM",
        "UID:alarm",
        "END:VALARM",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:another",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)
READ = Calendar(
    "REPLY",
    "booking-77@desk.example",
    3,
    (Attendee("jana@brightwater.example", "ACCEPTED"),),
    REPLY.replace("\r\n", "\n"),
)


def test_an_answer_names_booking_version_and_who_comes() -> None:
    plain = REPLY.replace('"Malá; Jana: ""x"""', '"Malá; Jana: x"')
    found = multipart(
        "alternative", "\r\nAccepted.\r\n", f"Content-Type: text/calendar; charset=utf-8; method=REPLY\r\n\r\n{plain}"
    )
    assert found.kind == "calendar"
    assert found.text.strip() == "Accepted."
    calendar = found.calendar
    assert calendar is not None
    assert (calendar.method, calendar.uid, calendar.sequence, calendar.attendees) == (
        READ.method,
        READ.uid,
        READ.sequence,
        READ.attendees,
    )
    assert calendar.raw.rstrip() == plain.replace("\r\n", "\n").rstrip()
    assert [(one.name, one.type) for one in found.attachments] == [("part-1.ics", "text/calendar")]


def test_the_method_may_stand_in_the_head_only() -> None:
    found = read(
        HEAD + b"Content-Type: text/calendar; method=request\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:7\r\n"
    )
    assert found.calendar is not None
    assert (found.calendar.method, found.calendar.uid, found.calendar.attendees) == ("REQUEST", "7", ())


def test_what_is_no_calendar_is_passed_on_as_it_is() -> None:
    found = read(HEAD + b"Content-Type: text/calendar\r\n\r\nSEQUENCE:x\r\nATTENDEE\r\n:::\r\n")
    assert found.calendar == Calendar(None, None, None, (), "SEQUENCE:x\nATTENDEE\n:::\n")
    assert read(HEAD + b"\r\nBEGIN:VCALENDAR\r\n").calendar is None
