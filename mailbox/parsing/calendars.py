"""The invitation in a mail, or the answer to one (RFC 5546): what finds the booking; the rest is passed on."""

from __future__ import annotations

import re

from mailbox.parsing.charsets import text_of
from mailbox.parsing.defects import Defects
from mailbox.parsing.mime import Part
from mailbox.parsing.parsed import Attendee, Calendar

MOST_BYTES = 1_000_000
MOST_ATTENDEES = 200
_LINE = re.compile(r'([A-Za-z-]{1,40})((?:;[A-Za-z-]{1,40}=(?:"[^"]*"|[^";:]*)(?:,"[^"]*")*)*):(.*)')
_PARTSTAT = re.compile(r';PARTSTAT="?([A-Za-z-]+)', re.I)


def calendar(mail: Part, defects: Defects) -> Calendar | None:
    """Of the first text/calendar part, None without one."""
    part = next((part for part in mail.leaves() if part.type == "text/calendar"), None)
    if part is None:
        return None
    content = part.content(defects)
    if len(content) > MOST_BYTES:
        defects.note("calendar cut after 1,000,000 bytes")
    raw = text_of(content[:MOST_BYTES], part.parameters.get("charset"), defects)
    return _read(raw, part.parameters.get("method", "").upper() or None)


def _read(raw: str, method: str | None) -> Calendar:
    uid: str | None = None
    sequence: int | None = None
    attendees: list[Attendee] = []
    inside = 0
    for line in re.sub(r"\n[ \t]", "", raw).split("\n"):
        found = _LINE.fullmatch(line.rstrip())
        if found is None:
            continue
        name, value = found[1].upper(), found[3].strip()
        if name == "METHOD" and value:
            method = value.upper()
        elif name in ("BEGIN", "END"):
            inside += (name == "BEGIN") - (name == "END")
            if name == "END" and value.upper() == "VEVENT":
                break  # the first event of a series stands for it
        elif inside > 2:
            continue  # an alarm in the event
        elif name == "UID" and uid is None:
            uid = value or None
        elif name == "SEQUENCE" and re.fullmatch(r"[0-9]{1,9}", value):
            sequence = int(value)
        elif name == "ATTENDEE" and len(attendees) < MOST_ATTENDEES:
            status = _PARTSTAT.search(found[2])
            attendees.append(Attendee(re.sub(r"(?i)^mailto:", "", value), status[1].upper() if status else None))
    return Calendar(method, uid, sequence, tuple(attendees), raw)
