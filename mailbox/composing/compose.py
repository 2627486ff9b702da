"""One mail: fields, plain text and HTML, the quoted last message, pictures in the text, attachments."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.texts import direction, say
from mailbox.composing import fields, parts
from mailbox.composing.fields import Person
from mailbox.composing.page import PICTURE, page
from mailbox.composing.parts import Boundaries, Enclosed, Part

MOST_REFERENCES = 20
MOST_QUOTED = 20_000
"""Signs of the last message that go along."""
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What mail programs show in a text."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Quote:
    """The message that is answered."""

    name: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Draft:
    """What a mail shall say. `id`: of its row. `created_at` is its Date. `references`: newest last. `zone`: whose
    clock tells when the quoted message was written. `automatic`: no person wrote it, and no program shall answer it.
    """

    id: str
    message_id: str
    sender: Person
    to: tuple[Person, ...]
    subject: str
    text: str
    created_at: datetime
    cc: tuple[Person, ...] = ()
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    quote: Quote | None = None
    signature: str = ""
    files: tuple[Enclosed, ...] = ()
    automatic: bool = False
    language: str = "en"
    zone: str = "UTC"


def compose(draft: Draft) -> bytes:
    """Its bytes, the same each time, lines ended by CRLF. Raises OddAddress."""
    content = _content(draft)
    return parts.whole([*_head(draft), *content.fields], content.body) + b"\r\n"


# Fields ---------------------------------------------------------------------------------------------------------------


def _head(draft: Draft) -> list[str]:
    head = [
        f"Date: {fields.date(draft.created_at)}",
        f"From: {fields.people([draft.sender])}",
        f"To: {fields.people(draft.to) or 'undisclosed-recipients:;'}",
    ]
    if draft.cc:
        head.append(f"Cc: {fields.people(draft.cc)}")
    if draft.reply_to is not None:
        head.append(f"Reply-To: {fields.people([Person(draft.sender.name, draft.reply_to)])}")
    head += [f"Subject: {fields.subject(draft.subject)}", f"Message-ID: {draft.message_id}"]
    if draft.in_reply_to is not None and fields.is_id(draft.in_reply_to):
        head.append(f"In-Reply-To: {draft.in_reply_to}")
    ancestors = fields.ids(_references(draft))
    if ancestors:
        head.append(f"References: {ancestors}")
    head += [f"X-Vipdesk-Id: {draft.id}", "MIME-Version: 1.0"]
    if draft.automatic:
        head += ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All"]
    return head


def _references(draft: Draft) -> list[str]:
    """The newest twenty, what is answered at their end."""
    answered = [] if draft.in_reply_to is None else [draft.in_reply_to]
    known = [each for each in draft.references if each not in answered]
    return [each for each in dict.fromkeys([*known, *answered]) if fields.is_id(each)][-MOST_REFERENCES:]


# Content --------------------------------------------------------------------------------------------------------------


def _content(draft: Draft) -> Part:
    boundaries = Boundaries(draft.message_id)
    text, signature = _plain(draft.text), _plain(draft.signature)
    said, quoted = _quoted(draft)
    shown = _shown(draft, text)
    ids = {name: content_id for name, (content_id, _) in shown.items()}
    html = page(text, signature, said, quoted, ids, draft.language, direction(draft.language))
    pictures = [parts.file(enclosed, content_id) for content_id, enclosed in shown.values()]
    related = parts.together("related", [parts.text(html, "html"), *pictures], boundaries)
    plain = parts.text(_whole_text(text, signature, said, quoted), "plain")
    both = parts.together("alternative", [plain, related], boundaries)
    enclosed = {id(each) for _, each in shown.values()}
    others = [parts.file(each, None) for each in draft.files if id(each) not in enclosed]
    return parts.together("mixed", [both, *others], boundaries)


def _whole_text(text: str, signature: str, said: str, quoted: str) -> str:
    whole = f"{text}\n"
    if signature:
        whole += f"\n-- \n{signature}\n"
    if quoted:
        lines = (f">{line}" if line.startswith(">") or not line else f"> {line}" for line in quoted.split("\n"))
        whole += f"\n{said}\n" + "\n".join(lines) + "\n"
    return whole.rstrip("\n")


def _plain(text: str) -> str:
    """Its lines ended by LF, without what no mail program shows."""
    whole = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", whole).strip("\n").rstrip()


def _quoted(draft: Draft) -> tuple[str, str]:
    """The line above it, and the text."""
    if draft.quote is None or not draft.quote.text.strip():
        return "", ""
    text = _plain(draft.quote.text)
    cut = text if len(text) <= MOST_QUOTED else text[:MOST_QUOTED].rstrip() + "\n[…]"
    return wrote(draft.language, fields.clean(draft.quote.name), draft.quote.at, draft.zone), cut


def wrote(language: str, name: str, at: datetime, zone: str) -> str:
    """Who wrote, and when, above what is quoted."""
    local = at.astimezone(ZoneInfo(zone))
    time = f"{local:%H:%M} {local.tzname()}"
    return say(language, "{name} wrote on {date}, {time}:", name=name, date=_date(language, local), time=time)


def _date(language: str, local: datetime) -> str:
    of_month = (
        say(language, "{day} January {year}", day=local.day, year=local.year),
        say(language, "{day} February {year}", day=local.day, year=local.year),
        say(language, "{day} March {year}", day=local.day, year=local.year),
        say(language, "{day} April {year}", day=local.day, year=local.year),
        say(language, "{day} May {year}", day=local.day, year=local.year),
        say(language, "{day} June {year}", day=local.day, year=local.year),
        say(language, "{day} July {year}", day=local.day, year=local.year),
        say(language, "{day} August {year}", day=local.day, year=local.year),
        say(language, "{day} September {year}", day=local.day, year=local.year),
        say(language, "{day} October {year}", day=local.day, year=local.year),
        say(language, "{day} November {year}", day=local.day, year=local.year),
        say(language, "{day} December {year}", day=local.day, year=local.year),
    )
    return of_month[local.month - 1]


def _shown(draft: Draft, text: str) -> dict[str, tuple[str, Enclosed]]:
    """Content id and file of each picture that the text names in a line of its own."""
    named = {found[1] for line in text.split("\n") if (found := PICTURE.fullmatch(line))}
    seed = hashlib.sha256(draft.message_id.encode()).hexdigest()[:16]
    domain = draft.message_id.rpartition("@")[2].rstrip(">")
    shown: dict[str, tuple[str, Enclosed]] = {}
    for number, enclosed in enumerate(draft.files, 1):
        if enclosed.name in named and enclosed.name not in shown and enclosed.type in SHOWN:
            shown[enclosed.name] = (f"p{number}.{seed}@{domain}", enclosed)
    return shown
