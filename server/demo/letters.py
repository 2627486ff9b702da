"""The demo's mail as a customer has it: what lies in their inbox, writing to the desk, answering it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import aiosmtplib
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailbox.errors import MailError
from routing.errors import NotFound, Unavailable
from server.demo import cast, forms, post
from server.demo.post import Draft, Letter, Post
from server.pages.sessions import MOST_FILE
from server.pages.texts import _
from server.parts import Parts

MOST_NAME = 200


async def show(parts: Parts, request: Request) -> Response:
    """The inbox of one of the cast, with a form to write."""
    customer, contact = _who(request.query_params.get("as", ""))
    sent = _("Your mail is with the desk.") if request.query_params.get("sent") else ""
    return await _page(parts, customer, contact, {"sent": sent})


async def send(parts: Parts, request: Request) -> Response:
    """The form: a new mail, or an answer to one of the inbox."""
    form = await forms.form(parts, request, most_bytes=MOST_FILE, max_files=1)
    customer, contact = _who(str(form.get("as", "")))
    box = _open(parts)
    draft = await _draft(box, customer, contact, form)
    if not draft.text.strip():
        said = {"error": _("Write something first."), "subject": draft.subject, "to": draft.to}
        return await _page(parts, customer, contact, said, 400)
    try:
        await box.send(contact, draft)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        said = {"error": _("The mail server did not take it."), "subject": draft.subject, "to": draft.to}
        return await _page(parts, customer, contact, said | {"text": draft.text, "why": str(error)}, 400)
    return RedirectResponse(f"/demo/mail?as={contact.id}&sent=1", 303)


async def _draft(box: Post, customer: cast.Customer, contact: cast.Contact, form: FormData) -> Draft:
    """Only to the desk: a new mail to one of its addresses, an answer to where the answered one wants it."""
    subject, text, file = str(form.get("subject", "")), str(form.get("text", "")), await _file(form)
    answered = str(form.get("answers", ""))
    if answered:
        for each in await _letters(box, contact):
            if str(each.uid) == answered and each.parsed is not None:
                to = (each.parsed.reply_to or (each.parsed.from_,))[0]
                if to is None:
                    break
                return Draft(to.address, _answering(each.parsed.subject or ""), text, file, each.parsed)
        raise NotFound
    to_address = str(form.get("to", ""))
    if to_address not in _addresses(customer):
        raise NotFound
    return Draft(to_address, subject, text, file)


async def _file(form: FormData) -> tuple[str, bytes] | None:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return None
    name = "".join(each for each in file.filename if each.isprintable())[-MOST_NAME:]
    return name or "file", await file.read()


def _answering(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _addresses(customer: cast.Customer) -> list[str]:
    """To which a customer writes, their own first."""
    return [*filter(None, [post.DEDICATED.get(customer.id)]), post.GENERAL]


async def _page(
    parts: Parts, customer: cast.Customer, contact: cast.Contact, said: dict[str, Any], status: int = 200
) -> Response:
    box = _open(parts)
    values = {
        "sent": "", "error": "", "why": "", "to": "", "subject": "", "text": "",
        "customer": customer, "contact": contact, "addresses": _addresses(customer), "where": box.where,
        "password": post.password(contact), "letters": [_shown(each) for each in await _letters(box, contact)],
        "people": [(each, person) for each in cast.CUSTOMERS for person in each.contacts],
    }  # fmt: skip
    strip = await forms.strip(parts, f"/demo/mail?as={contact.id}")
    return parts.pages.page("demo/mail.html", values | strip | said, status=status)


def _shown(letter: Letter) -> dict[str, Any]:
    parsed, at = letter.parsed, letter.at
    when = f"{at.astimezone(ZoneInfo(cast.ZONE)):%a %d %b %H:%M:%S}" if at else ""
    if parsed is None:
        bare = dict.fromkeys(("sender", "address", "text", "files"), "")
        return bare | {"uid": letter.uid, "when": when, "subject": _("A mail that cannot be read")}
    sender = parsed.from_
    return {
        "uid": letter.uid, "when": when, "subject": parsed.subject or _("(no subject)"),
        "sender": (sender.name or sender.address) if sender else "", "address": sender.address if sender else "",
        "text": parsed.text, "files": [(each.name, each.size) for each in parsed.attachments],
    }  # fmt: skip


async def _letters(box: Post, contact: cast.Contact) -> list[Letter]:
    try:
        return await box.letters(contact)
    except MailError as error:
        raise Unavailable from error


def _open(parts: Parts) -> Post:
    """Raises NotFound where this demo has no mail server, or not yet."""
    if parts.post is None or not parts.post.is_open:
        raise NotFound
    return parts.post


def _who(named: str) -> tuple[cast.Customer, cast.Contact]:
    for customer in cast.CUSTOMERS:
        for contact in customer.contacts:
            if contact.id == named:
                return customer, contact
    raise NotFound
