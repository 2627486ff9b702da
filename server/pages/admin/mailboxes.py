"""Mailboxes: the list with how each is, a new one, and one with its settings, its health and a test of both ways."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from starlette.responses import Response

from desk.administration.mailboxes import MailboxDraft, drafted
from routing.errors import DeskError, NotFound
from server import mail_report, trying_mail
from server.mail_report import BoxReport
from server.pages.admin.asking import Asked, made, taken
from server.pages.admin.providers import providers
from server.pages.admin.times import when
from server.trying_mail import Way
from store import calendars, customers, mailboxes
from store.engine import Connection
from store.mailboxes import Mailbox

TICKS = {"plus", "active"}


@dataclass(frozen=True)
class Shown:
    """A mailbox's health in words; instants by the office's own clock."""

    id: str
    address: str
    whose: str
    host: str
    grade: str
    said: str
    todo: str
    facts: tuple[tuple[str, str], ...]


async def every(asked: Asked) -> Response:
    """`GET /admin/mailboxes`"""

    def query(connection: Connection) -> tuple[list[BoxReport], dict[str, str]]:
        names = {each.id: each.name for each in customers.every(connection)}
        return mail_report.reports(connection, asked.parts.desk.clock), names

    found, names = await asked.read(query)
    return asked.page("mailboxes.html", "mailboxes", {}, rows=[_shown(each, names, "UTC") for each in found])


async def begin(asked: Asked) -> Response:
    """`GET /admin/mailboxes/new`"""
    return await _new(asked, MailboxDraft("", ""))


async def add(asked: Asked) -> Response:
    """`POST /admin/mailboxes/new`"""
    draft = _draft(asked)
    doing = asked.admin.mailboxes.add(asked.signed, draft)
    return await made(doing, "/admin/mailboxes", lambda error: _new(asked, draft, error))


async def show(asked: Asked) -> Response:
    """`GET /admin/mailboxes/{id}`"""
    return await _one(asked)


async def save(asked: Asked) -> Response:
    """`POST /admin/mailboxes/{id}`"""
    draft = _draft(asked)
    doing = asked.admin.mailboxes.change(asked.signed, asked.id, draft)
    return await taken(doing, f"/admin/mailboxes/{asked.id}", lambda error: _one(asked, draft, error))


async def attempt(asked: Asked) -> Response:
    """`POST /admin/mailboxes/{id}/test`: as it is saved; looks and changes nothing."""
    box = await asked.read(lambda connection: _the(connection, asked.id))
    return await _one(asked, tried=await trying_mail.ways(box, asked.parts.sealer))


def _draft(asked: Asked) -> MailboxDraft:
    texts = {each.name: asked.text(each.name) for each in fields(MailboxDraft) if each.name not in TICKS}
    draft = MailboxDraft(**texts, plus="plus" in asked.form, active="active" in asked.form)
    return replace(draft, user=draft.user.strip() or draft.address.strip())


async def _new(asked: Asked, draft: MailboxDraft, error: DeskError | None = None) -> Response:
    found = await asked.read(_around)
    if not draft.calendar and len(found["calendars"]) == 1:
        draft = replace(draft, calendar=found["calendars"][0].id)
    return asked.page("mailbox.html", "mailboxes", asdict(draft), error, kept=None, shown=None, tried=[],
        known=providers(), **found)  # fmt: skip


async def _one(
    asked: Asked, draft: MailboxDraft | None = None, error: DeskError | None = None, *, tried: list[Way] | None = None
) -> Response:
    def query(connection: Connection) -> dict[str, Any]:
        kept = _the(connection, asked.id)
        reports = mail_report.reports(connection, asked.parts.desk.clock)
        calendar = calendars.find(connection, kept.calendar_id)
        zone = str(calendar.document["tz"]) if calendar is not None else "UTC"
        [report] = [each for each in reports if each.box.id == kept.id]
        return {"kept": kept, "report": report, "zone": zone} | _around(connection)

    found = await asked.read(query)
    names = {each.id: each.name for each in found["customers"]}
    shown = _shown(found.pop("report"), names, found.pop("zone"))
    form = asdict(draft or drafted(found["kept"]))
    return asked.page("mailbox.html", "mailboxes", form, error, shown=shown, tried=tried or [], known=providers(),
        **found)  # fmt: skip


def _the(connection: Connection, id: str) -> Mailbox:
    found = mailboxes.find(connection, id)
    if found is None:
        raise NotFound
    return found


def _around(connection: Connection) -> dict[str, Any]:
    return {"customers": customers.every(connection), "calendars": calendars.every(connection)}


def _shown(found: BoxReport, customers: dict[str, str], zone: str) -> Shown:
    box = found.box
    return Shown(
        box.id, box.address, customers.get(box.customer_id or "", ""), box.endpoint["host"], found.grade,
        mail_report.said(found), mail_report.todo(found),
        tuple(mail_report.facts(found, lambda at: f"{when(at, zone, seconds=True)} ({zone})")),
    )  # fmt: skip
